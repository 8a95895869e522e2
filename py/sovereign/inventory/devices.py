"""Where disks and partitions are found on a host, and how large they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sovereign.inventory.hardware import Disk
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Layout, Partition
from sovereign.units import Size

ALIGNMENT = Size(1024 * 1024)
"""sgdisk begins partitions on multiples of 1 MiB."""

TABLE = Size(33 * 512)
"""The backup partition table at the end of a disk: 33 sectors of 512 bytes."""


@dataclass(frozen=True, slots=True)
class Device:
    """A disk or a partition that something is built on."""

    member: str
    disk_name: str
    disk: Disk
    partition: Partition | None
    size: Size

    @property
    def path(self) -> str:
        """Its path on the host. Disko labels a partition disk-<disk>-<partition>."""
        if self.partition is None:
            return self.disk.path
        return f"/dev/disk/by-partlabel/disk-{self.disk_name}-{self.partition.name}"


def layout_of(host: Host, disk: str) -> Layout | None:
    """The layout that a disk is partitioned by; None for a disk that is used whole."""
    return next((layout for layout in host.storage.layouts if disk in layout.disks), None)


def left_over(host: Host, disk: str) -> int:
    """Bytes that a disk has left for a partition of size "rest"; negative when nothing fits."""
    layout = layout_of(host, disk)
    parts = layout.partitions if layout else ()
    fixed = sum(_aligned(part.size) for part in parts if isinstance(part.size, Size))
    usable = (host.hardware.disks[disk].size - TABLE) // ALIGNMENT * ALIGNMENT - ALIGNMENT
    return usable - fixed


@lru_cache(maxsize=1024)
def device(host: Host, member: str) -> Device:
    """The device that a member names: "hdd-1" or "nvme-a.swap"."""
    disk_name, _, part_name = member.partition(".")
    disk = host.hardware.disks[disk_name]
    layout = layout_of(host, disk_name)
    for part in layout.partitions if layout else ():
        if part.name == part_name:
            size = part.size if isinstance(part.size, Size) else Size(left_over(host, disk_name))
            return Device(member, disk_name, disk, part, size)
    return Device(member, disk_name, disk, None, disk.size)


def pool_members(host: Host, pool: str) -> Iterator[str]:
    """All members of a pool, whatever they do in it."""
    described = host.storage.pools[pool]
    groups = [*described.vdevs, *(v for v in (described.special, described.log) if v)]
    for group in groups:
        yield from group.members
    yield from described.cache
    yield from described.spares


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
