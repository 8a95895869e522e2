"""Which disks are pulled, and by which commands each comes back: computed from the layout."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sovereign.generators.storage.layout import ArrayMember, Disk, FileSystem, PoolMember, disks
from sovereign.inventory.host import Host

_BEARS = {"mirror": 1, "raidz1": 1, "raidz2": 2, "raidz3": 3}


@dataclass(frozen=True, slots=True)
class Pull:
    """A fault: disks taken out at once; afterwards the same ones, or blank ones, are put in."""

    name: str
    disks: tuple[str, ...]
    then: Literal["returned", "replaced"]


def pulls(host: Host) -> Iterator[Pull]:
    """Say what is pulled: never more than the host's vdevs bear."""
    for name, pool in host.storage.pools.items():
        wide = next((vdev for vdev in pool.vdevs if vdev.kind.startswith("raidz")), None)
        if wide is None:
            continue
        members = tuple(_disk(member) for member in wide.members)
        yield Pull(f"one disk of {name} pulled", members[:1], "replaced")
        if _BEARS[wide.kind] > 1:
            yield Pull(f"two disks of one {wide.kind} pulled", members[1:3], "replaced")
    for name, pool in host.storage.pools.items():
        if pool.special and _BEARS.get(pool.special.kind):
            leg = _disk(pool.special.members[-1])
            yield Pull(f"a leg of {name}'s special vdev pulled", (leg,), "returned")
    if len(host.boot.esps) > 1:
        first = _disk(host.boot.esps[0].partition)
        yield Pull("the first boot disk pulled", (first,), "returned")


def touched(host: Host, pull: Pull) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the pools and the arrays that have members on the pulled disks."""
    contents = [part.content for disk in _pulled(host, pull) for part in disk.partitions]
    pools = {content.pool for content in contents if isinstance(content, PoolMember)}
    arrays = {content.array for content in contents if isinstance(content, ArrayMember)}
    return tuple(sorted(pools)), tuple(sorted(arrays))


def repair(host: Host, pull: Pull, dry_run: str) -> str:
    """Return the commands that bring the disks back; `dry_run` is what format.sh would run."""
    lines = ["udevadm settle"]
    found = _pulled(host, pull)
    if pull.then == "replaced":
        lines += [_partitioning(disk, dry_run) for disk in found] + ["udevadm settle"]
    for disk in found:
        lines += _members(disk, pull.then == "replaced")
    return "\n".join(lines) + "\n"


def _members(disk: Disk, blank: bool) -> Iterator[str]:
    for part in disk.partitions:
        match part.content:
            case FileSystem(format=kind) if blank:
                yield shlex.join((f"mkfs.{kind}", part.path))
            case ArrayMember(array=array):
                option = "--add" if blank else "--re-add"
                # udev may have put it back already.
                yield shlex.join(("mdadm", f"/dev/md/{array}", option, part.path)) + " || true"
            case PoolMember(pool=pool):
                how = ("replace", "-f") if blank else ("online",)
                yield shlex.join(("zpool", *how, pool, part.path))


def _partitioning(disk: Disk, dry_run: str) -> str:
    """Return the line by which format.sh partitions the disk."""
    lines: Sequence[str] = dry_run.splitlines()
    return next(x for x in lines if x.startswith("sgdisk ") and x.endswith(f" {disk.path}"))


def _pulled(host: Host, pull: Pull) -> tuple[Disk, ...]:
    return tuple(disk for disk in disks(host) if disk.name in pull.disks)


def _disk(member: str) -> str:
    return member.partition(".")[0]
