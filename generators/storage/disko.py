"""The layout as attributes of disko's types (disko, lib/types/*.nix)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sovereign.generators.storage.layout import (
    Array,
    ArrayMember,
    Content,
    Disk,
    FileSystem,
    Partition,
    PoolMember,
    Swap,
)
from sovereign.generators.storage.pools import Dataset, Pool, Vdevs
from sovereign.nix.value import NixValue

Attributes: TypeAlias = Mapping[str, NixValue]


@dataclass(frozen=True, slots=True)
class DiskoDisk:
    """A disk by its name, and its partitions by theirs."""

    name: str
    device: str
    partitions: tuple[tuple[str, Attributes], ...]


@dataclass(frozen=True, slots=True)
class DiskoPool:
    """A pool by its name, and its datasets by their names in it."""

    name: str
    topology: Attributes
    options: Attributes
    root_options: Attributes
    mount: str | None
    datasets: tuple[tuple[str, Attributes], ...]


def disko_disk(disk: Disk) -> DiskoDisk:
    """A disk with a partition table."""
    return DiskoDisk(
        disk.name, disk.path, tuple((part.name, _partition(part)) for part in disk.partitions)
    )


def disko_array(array: Array) -> Attributes:
    """An md array with a file system."""
    return {
        "type": "mdadm",
        "level": array.level,
        **({"extraArgs": array.options} if array.options else {}),
        "content": _filesystem(array.content),
    }


def disko_pool(pool: Pool) -> DiskoPool:
    """A pool with its datasets."""
    return DiskoPool(
        pool.name,
        _topology(pool.topology),
        pool.options,
        pool.root.properties,
        pool.root.mount,
        tuple((each.name.partition("/")[2], _dataset(each)) for each in pool.datasets),
    )


def _partition(part: Partition) -> Attributes:
    return {
        "priority": part.number,
        "type": part.type,
        "size": part.size or "100%",
        **({"content": _content(part.content)} if part.content else {}),
    }


def _content(content: Content) -> Attributes:
    match content:
        case FileSystem():
            return _filesystem(content)
        case Swap():
            return {
                "type": "swap",
                "priority": content.priority,
                "randomEncryption": content.encrypted,
                "mountOptions": ("nofail",),
            }
        case ArrayMember():
            return {"type": "mdraid", "name": content.array}
        case PoolMember():
            return {"type": "zfs", "pool": content.pool}


def _filesystem(content: FileSystem) -> Attributes:
    options = (*content.options, "nofail") if content.spare else content.options
    return {
        "type": "filesystem",
        "format": content.format,
        "mountpoint": content.mount,
        **({"mountOptions": options} if options else {}),
    }


def _topology(parts: tuple[Vdevs, ...]) -> Attributes:
    topology: dict[str, list[NixValue]] = {}
    for part in parts:
        if part.role in {"spare", "cache"}:
            topology[part.role] = list(part.disko_members)
        else:
            vdev: Attributes = {"mode": part.mode, "members": part.disko_members}
            topology.setdefault(part.role or "vdev", []).append(vdev)
    return {"type": "topology", **topology}


def _dataset(dataset: Dataset) -> Attributes:
    return {
        "type": "zfs_fs",
        **({"mountpoint": dataset.mount} if dataset.mount else {}),
        "options": dataset.properties,
    }
