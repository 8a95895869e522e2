"""What lies on a host's disks: partitions, arrays, swap. Disko and the rescue script both print it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sovereign.inventory.devices import ALIGNMENT, layout_of, pool_members
from sovereign.inventory.host import Host
from sovereign.units import Size

_TYPES = {"esp": "EF00", "swap": "8200", "md": "FD00", "zfs": "BF01"}
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system; a `spare` one may be missing when the host starts."""

    format: str
    mount: str
    options: tuple[str, ...] = ()
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Swap:
    """Swap space, perhaps encrypted with a new key at every boot."""

    priority: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class ArrayMember:
    """A member of a Linux md array."""

    array: str


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A member of a ZFS pool."""

    pool: str


Content = FileSystem | Swap | ArrayMember | PoolMember

_USES: Mapping[type[Content], str] = {
    FileSystem: "esp",
    Swap: "swap",
    ArrayMember: "md",
    PoolMember: "zfs",
}


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition; `type` and `size` are sgdisk's, `size` is None for all that is left."""

    number: int
    name: str
    label: str
    type: str
    size: str | None
    content: Content | None

    @property
    def path(self) -> str:
        """Where udev shows it."""
        return f"/dev/disk/by-partlabel/{self.label}"

    @property
    def sgdisk(self) -> tuple[str, ...]:
        """The options that make it."""
        return (
            f"--new={self.number}:0:{f'+{self.size}' if self.size else '-0'}",
            f"--typecode={self.number}:{self.type}",
            f"--change-name={self.number}:{self.label}",
        )


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk, and its partitions as they follow each other."""

    name: str
    path: str
    serial: str
    size: int
    partitions: tuple[Partition, ...]

    @property
    def links(self) -> tuple[str, ...]:
        """Where udev shows its partitions."""
        return tuple(part.path for part in self.partitions)


@dataclass(frozen=True, slots=True)
class Array:
    """A Linux md array."""

    name: str
    level: int
    members: tuple[str, ...]
    """Paths of the partitions that it is made of."""

    content: FileSystem
    options: tuple[str, ...]
    """What mdadm is told beyond what disko says by itself."""

    @property
    def path(self) -> str:
        """Where udev shows it."""
        return f"/dev/md/{self.name}"

    @property
    def mkfs(self) -> str:
        """The program that makes its file system."""
        return f"mkfs.{self.content.format}"

    @property
    def mdadm(self) -> tuple[str, ...]:
        """The options that make it, and its members."""
        return (
            f"--level={self.level}",
            f"--raid-devices={len(self.members)}",
            "--metadata=default",
            # Otherwise it bears the rescue system's name, and the host finds it as /dev/md127.
            "--homehost=any",
            *self.options,
            *self.members,
        )


@lru_cache(maxsize=8)
def disks(host: Host) -> tuple[Disk, ...]:
    """The disks with something on them. One that is used whole gets one partition, named by its use."""
    contents = _contents(host)
    found = (_disk(host, name, contents) for name in host.hardware.disks)
    return tuple(disk for disk in found if disk.partitions)


@lru_cache(maxsize=8)
def arrays(host: Host) -> tuple[Array, ...]:
    """The md arrays."""
    return tuple(
        Array(
            name,
            array.level,
            tuple(partition_path(member, "md") for member in array.members),
            FileSystem(array.filesystem, array.mount, array.options),
            # Said outright, because newer releases of mdadm stop and ask. RAID0 cannot have one.
            ("--bitmap=internal",) if array.level else (),
        )
        for name, array in host.storage.arrays.items()
    )


def partition_path(member: str, use: str) -> str:
    """The path of the partition that a member is, or that is made on it when it is a whole disk."""
    disk, _, name = member.partition(".")
    return f"/dev/disk/by-partlabel/{_label(disk, name or use)}"


def binary(size: int) -> str:
    """A size in G or M, as sgdisk and tmpfs read them, rounded up to the alignment of partitions."""
    if size % _GIB == 0:
        return f"{size // _GIB}G"
    return f"{-(-size // ALIGNMENT)}M"


def _label(disk: str, partition: str) -> str:
    return f"disk-{disk}-{partition}"


def _disk(host: Host, name: str, contents: Mapping[str, Content]) -> Disk:
    described = host.hardware.disks[name]
    partitions: tuple[Partition, ...] = ()
    if layout := layout_of(host, name):
        # What takes the rest comes last, wherever it is written.
        ordered = sorted(layout.partitions, key=lambda part: part.size == "rest")
        partitions = tuple(
            Partition(
                number,
                part.name,
                _label(name, part.name),
                _TYPES[part.type],
                binary(part.size) if isinstance(part.size, Size) else None,
                contents.get(f"{name}.{part.name}"),
            )
            for number, part in enumerate(ordered, start=1)
        )
    elif content := contents.get(name):
        use = _USES[type(content)]
        partitions = (Partition(1, use, _label(name, use), _TYPES[use], None, content),)
    return Disk(name, described.path, described.serial, int(described.size), partitions)


def _contents(host: Host) -> Mapping[str, Content]:
    """Member → what is on it."""
    contents: dict[str, Content] = {}
    several = len(host.boot.esps) > 1
    for esp in host.boot.esps:
        contents[esp.partition] = FileSystem("vfat", esp.mount, ("umask=0077",), spare=several)
    for name, array in host.storage.arrays.items():
        contents |= dict.fromkeys(array.members, ArrayMember(name))
    if swap := host.storage.swap:
        contents |= dict.fromkeys(swap.members, Swap(swap.priority, swap.encryption == "random"))
    for name in host.storage.pools:
        contents |= dict.fromkeys(pool_members(host, name), PoolMember(name))
    return contents
