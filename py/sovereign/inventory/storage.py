"""Disks in use: partitions, md arrays, swap, pools and datasets."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from sovereign.inventory.base import AbsolutePath, AtLeastOne, Many, Model, Name, spelled
from sovereign.units import Size

Member: TypeAlias = Annotated[
    str,
    *spelled(
        r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*)?", "nvme-a.swap", 55
    ),
]
"""A whole disk ("hdd-1") or a partition of one ("nvme-a.swap")."""

DatasetName: TypeAlias = Annotated[
    str,
    *spelled("[a-z][a-z0-9_.-]*(?:/[a-z][a-z0-9_.-]*)*", "databases/postgresql", 120),
]
Toggle: TypeAlias = Literal["on", "off"]


def _kind_of_size(value: object) -> str:
    return "rest" if value == "rest" else "size"


PartitionSize: TypeAlias = Annotated[
    Annotated[Size, Tag("size")] | Annotated[Literal["rest"], Tag("rest")],
    Discriminator(_kind_of_size),
]


class Partition(Model):
    """A partition; `size = "rest"` takes what the others leave."""

    name: Name
    size: PartitionSize
    type: Literal["esp", "swap", "md", "zfs"]


class Layout(Model):
    """The partitions of one or more disks that are laid out alike."""

    disks: AtLeastOne[Name]
    partitions: AtLeastOne[Partition]


class MdArray(Model):
    """A Linux md array with a file system."""

    level: Literal[0, 1, 10] = 1
    members: AtLeastOne[Member]
    filesystem: Literal["ext4", "xfs"] = "ext4"
    mount: AbsolutePath
    options: Many[Annotated[str, *spelled("[a-z0-9_]+(?:=[A-Za-z0-9]+)?", "noatime", 64)]] = ()


class Swap(Model):
    """Swap partitions of equal priority."""

    members: AtLeastOne[Member]
    priority: Annotated[int, Field(ge=0, le=32767)] = 10
    encryption: Literal["random", "none"] = "random"
    """random: a new key at every boot."""


class Properties(Model):
    """ZFS properties, spelt as `zfs set` takes them; what is absent is inherited."""

    recordsize: Size | None = None
    special_small_blocks: Size | None = None
    compression: (
        Annotated[
            str,
            *spelled(
                "on|off|lz4|zle|gzip(?:-[1-9])?|zstd(?:-(?:[1-9]|1[0-9]|fast(?:-(?:[1-9]|[1-9]0|100|500|1000))?))?",
                "zstd-3",
                14,
            ),
        ]
        | None
    ) = None
    atime: Toggle | None = None
    relatime: Toggle | None = None
    xattr: Literal["sa", "on", "off"] | None = None
    acltype: Literal["off", "posix", "nfsv4"] | None = None
    dnodesize: Literal["legacy", "auto", "1k", "2k", "4k", "8k", "16k"] | None = None
    logbias: Literal["latency", "throughput"] | None = None
    primarycache: Literal["all", "none", "metadata"] | None = None
    sync: Literal["standard", "always", "disabled"] | None = None
    snapdir: Literal["hidden", "visible"] | None = None
    copies: Literal[1, 2, 3] | None = None
    exec: Toggle | None = None
    setuid: Toggle | None = None
    devices: Toggle | None = None
    quota: Size | None = None
    refquota: Size | None = None
    reservation: Size | None = None
    refreservation: Size | None = None


class Dataset(Properties):
    """A ZFS file system."""

    mount: AbsolutePath | None = None
    """Where it is mounted; absent: nowhere."""


class Vdev(Model):
    """A group of disks or partitions that stands or falls together."""

    kind: Literal["stripe", "mirror", "raidz1", "raidz2", "raidz3"]
    members: AtLeastOne[Member]


class Pool(Model):
    """A ZFS pool."""

    ashift: Annotated[int, Field(ge=9, le=16)] = 12
    """Sector size as a power of two."""

    autotrim: bool = False
    autoexpand: bool = False
    mount: AbsolutePath | None = None
    """Where the pool's root dataset is mounted; absent: nowhere."""

    properties: Properties = Properties()
    """Properties of the root dataset, which the others inherit."""

    vdevs: AtLeastOne[Vdev]
    special: Vdev | None = None
    """Metadata and small blocks."""

    log: Vdev | None = None
    cache: Many[Member] = ()
    spares: Many[Member] = ()
    datasets: Mapping[DatasetName, Dataset] = {}


class Storage(Model):
    """Everything on the disks."""

    layouts: Many[Layout] = ()
    arrays: Mapping[Name, MdArray] = {}
    swap: Swap | None = None
    pools: Mapping[Name, Pool] = {}
