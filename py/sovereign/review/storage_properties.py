"""ZFS properties and names that ZFS refuses, or that do not mean what they seem to."""

import re
from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Properties
from sovereign.review.capacity import pool_capacity
from sovereign.review.properties import is_compressed, lineage
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Size

_ZFSPROPS = "https://openzfs.github.io/openzfs-docs/man/master/7/zfsprops.7.html"
_LEAST, _MOST = 512, 16 * 2**20
_OLD_SMALL_MOST = 2**20
_RESERVED = re.compile(r"(?:mirror|raidz|draid|spare).*|log")
_COMMANDS = {"zfs", "zpool", "zdb"}


@host_rule(
    "STO030",
    Severity.ERROR,
    "ZFS refuses the value of a property",
    why="recordsize is a power of two from 512 B to 16 MiB. special_small_blocks goes from 0 to"
    " 16 MiB since OpenZFS 2.4; before, it was 0 or a power of two from 512 B to 1 MiB.",
    source=_ZFSPROPS,
)
def accepted_values(subject: Subject) -> Iterator[Hit]:
    """Every value is one that `zfs set` takes."""
    old = subject.host.boot.zfs == "zfs_2_3"
    for at, own in _properties(subject.host):
        record, small = own.recordsize, own.special_small_blocks
        if record is not None and not _is_block(record, _MOST):
            yield Hit(
                (*at, "recordsize"),
                f"recordsize {record} is no power of two from 512B to 16MiB",
                fix=f'recordsize = "{_nearest_block(record)}"',
            )
        if small and (small > _MOST if not old else not _is_block(small, _OLD_SMALL_MOST)):
            most = "1MiB and a power of two" if old else "16MiB"
            yield Hit(
                (*at, "special_small_blocks"),
                f"special_small_blocks {small}: {subject.host.boot.zfs} takes up to {most}",
                fix='special_small_blocks = "32KiB"',
            )


@host_rule(
    "STO031",
    Severity.WARNING,
    "A property risks data or wastes the drives",
    why="sync=disabled calls writes safe that are still in memory, and primarycache=none reads every"
    " block from the disks, each time. atime=on without relatime turns every read into a write. POSIX"
    " ACLs without xattr=sa lie in hidden folders, read by extra seeks.",
    source=_ZFSPROPS,
)
def sensible_values(subject: Subject) -> Iterator[Hit]:
    """Values that ZFS takes and that are seldom meant."""
    for at, own in _properties(subject.host):
        if own.sync == "disabled":
            yield Hit(
                (*at, "sync"),
                "the last seconds of synchronous writes may be lost",
                fix='sync = "standard"',
            )
        if own.atime == "on" and own.relatime != "on":
            yield Hit((*at, "atime"), "every read is followed by a write", fix='atime = "off"')
        if own.primarycache == "none":
            yield Hit((*at, "primarycache"), "nothing is cached", fix='primarycache = "metadata"')
    for name, pool in subject.host.storage.pools.items():
        for key in ("", *pool.datasets):
            described = lineage(pool, key)
            own = described[0]
            if own.acltype is None and own.xattr is None:
                continue
            acl = next((own.acltype for own in described if own.acltype is not None), "off")
            xattr = next((own.xattr for own in described if own.xattr is not None), "sa")
            if acl == "posix" and xattr != "sa":
                at = ("storage", "pools", name, *(("datasets", key) if key else ("properties",)))
                yield Hit(
                    (*at, "xattr" if own.xattr else "acltype"),
                    "POSIX ACLs are stored in hidden folders",
                    fix='xattr = "sa"',
                )


@host_rule(
    "STO032",
    Severity.ERROR,
    "A reservation is larger than the pool or the quota",
    why="ZFS refuses to reserve what it does not have, or what a quota keeps from being used.",
    source=_ZFSPROPS + "#reservation",
)
def reservations_fit(subject: Subject) -> Iterator[Hit]:
    """All reservations of a pool fit into what `zfs list` shows, and each into its quota."""
    for name, pool in subject.host.storage.pools.items():
        at: KeyPath = ("storage", "pools", name)
        largest: tuple[Size, KeyPath] | None = None
        total = 0
        for dataset, own in pool.datasets.items():
            kept = max(own.reservation or Size(0), own.refreservation or Size(0))
            key = "reservation" if kept == own.reservation else "refreservation"
            total += kept
            if kept and (largest is None or kept > largest[0]):
                largest = kept, (*at, "datasets", dataset, key)
            for quota, size, what in (
                (own.quota, own.reservation, "reservation"),
                (own.refquota, own.refreservation, "refreservation"),
            ):
                if quota and size and size > quota:
                    yield Hit(
                        (*at, "datasets", dataset, what),
                        f"{size.human_binary()} are reserved, the quota is {quota.human_binary()}",
                        fix="a larger quota, or a smaller reservation",
                    )
        if largest and total > (listed := pool_capacity(subject.host, name).listed):
            yield Hit(
                largest[1],
                f"{Size(total).human()} are reserved, {name} holds {listed.human()}",
                fix="smaller reservations, or none",
            )


@host_rule(
    "STO033",
    Severity.WARNING,
    "A dataset is stored twice on a redundant pool",
    why="copies keeps blocks two or three times beside the pool's own redundancy. It does not"
    " replace a mirror: all copies may lie on one vdev.",
    source=_ZFSPROPS + "#copies",
)
def single_copies(subject: Subject) -> Iterator[Hit]:
    """copies = 1 except on a pool of single disks."""
    for at, own in _properties(subject.host):
        pool = subject.host.storage.pools[str(at[2])]
        redundant = all(vdev.kind != "stripe" for vdev in pool.vdevs)
        if own.copies is not None and own.copies > 1 and redundant:
            yield Hit(
                (*at, "copies"),
                f"every block takes {own.copies} times its space",
                fix="copies = 1",
            )


@host_rule(
    "STO034",
    Severity.ERROR,
    "ZFS reserves the name of the pool",
    why="Names that begin with mirror, raidz, draid or spare, and log, are words of `zpool create`.",
    source="https://openzfs.github.io/openzfs-docs/man/master/8/zpool-create.8.html",
)
def free_pool_name(subject: Subject) -> Iterator[Hit]:
    """A pool's name is none of `zpool create`'s words."""
    for name in subject.host.storage.pools:
        if _RESERVED.fullmatch(name):
            yield Hit(
                ("storage", "pools", name),
                f'"{name}" cannot be the name of a pool',
                fix="another name, like tank",
            )


@host_rule(
    "STO035",
    Severity.WARNING,
    "A pool is named like a program",
    why="`zpool/data` and /mnt/zpool read as a command and hide which pool is meant. A pool's name is"
    " its own: rpool for the system's, any other word for data.",
    source="https://openzfs.github.io/openzfs-docs/man/master/8/zpool-create.8.html",
)
def pool_is_no_command(subject: Subject) -> Iterator[Hit]:
    """No pool called zpool."""
    for name in subject.host.storage.pools:
        if name in _COMMANDS:
            yield Hit(
                ("storage", "pools", name),
                f'a pool called "{name}" reads as the program',
                fix="another name, like tank",
            )


@host_rule(
    "STO036",
    Severity.NOTE,
    "A dataset is not compressed",
    why="lz4 and zstd cost less time than the disk saves, also for data that does not shrink: OpenZFS"
    " gives up early on such blocks.",
    source=_ZFSPROPS + "#compression",
)
def compressed(subject: Subject) -> Iterator[Hit]:
    """Compression is not switched off."""
    for name, pool in subject.host.storage.pools.items():
        at: KeyPath = ("storage", "pools", name)
        if not is_compressed(pool, ""):
            yield Hit(
                (*at, "properties", "compression"),
                f"{name} is not compressed",
                fix='compression = "zstd-3"',
            )
        for dataset, own in pool.datasets.items():
            if own.compression == "off":
                place: KeyPath = (*at, "datasets", dataset, "compression")
                yield Hit(
                    place,
                    f"{name}/{dataset} is not compressed",
                    fix='compression = "zstd-3"',
                )


def _properties(host: Host) -> Iterator[tuple[KeyPath, Properties]]:
    for name, pool in host.storage.pools.items():
        yield ("storage", "pools", name, "properties"), pool.properties
        for dataset, own in pool.datasets.items():
            yield ("storage", "pools", name, "datasets", dataset), own


def _is_block(size: int, most: int) -> bool:
    return _LEAST <= size <= most and size.bit_count() == 1


def _nearest_block(size: int) -> Size:
    below = 1 << max(size.bit_length() - 1, 0)
    return Size(min(max(below, _LEAST), _MOST))
