"""How much a pool holds: OpenZFS's own arithmetic, before a disk is touched.

The figures of the allocator come from OpenZFS 2.4: labels and metaslabs from module/zfs/vdev.c,
raidz allocation from module/zfs/vdev_raidz.c, slop from module/zfs/spa_misc.c.
https://github.com/openzfs/zfs/tree/zfs-2.4.0/module/zfs
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from sovereign.inventory.devices import device
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Pool, Vdev
from sovereign.review.properties import recordsize
from sovereign.units import Size

PARITY = {"raidz1": 1, "raidz2": 2, "raidz3": 3}
PRACTICAL = (Fraction(80, 100), Fraction(90, 100))
"""Allocation slows down and fragments beyond this part of what `zfs list` shows."""

_LABEL = 256 * 1024
_LABELS = 4 * 1024 * 1024 + 2 * _LABEL
"""Two labels and the boot area in front, two labels at the end of each member."""
_DEFLATE_UNIT = 128 * 1024
_SECTOR = 512
_SLOP_SHIFT = 5
_SLOP_MOST = 128 * 2**30
_SLOP_LEAST = 128 * 2**20
_METASLABS_LEAST, _METASLABS_USUAL, _METASLABS_MOST = 16, 200, 2**17
_METASLAB_SHIFT_LEAST, _METASLAB_SHIFT_USUAL, _METASLAB_SHIFT_MOST = 24, 29, 34


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a pool holds, in bytes."""

    raw: Size
    """All members of the data vdevs."""

    size: Size
    """SIZE of `zpool list`: parity and the special vdev included."""

    listed: Size
    """USED and AVAIL of `zfs list` together: at the ratio of 128 KiB records, less the slop."""

    by_recordsize: Mapping[Size, Size]
    """Record size of a dataset → what the data vdevs hold as full records of that size."""

    practical: tuple[Size, Size]
    """80 and 90 % of `listed`: where a pool is full in practice."""


@lru_cache(maxsize=64)
def pool_capacity(host: Host, pool: str) -> Capacity:
    """Add up a pool of a host.

    That `zpool create` keeps 9 MiB of a whole disk for itself is not counted.
    """
    described = host.storage.pools[pool]
    spaces = [(vdev, vdev_space(host, vdev)) for vdev in described.vdevs]
    special = vdev_space(host, described.special) if described.special else 0
    dspace = sum(deflated(vdev, space, described.ashift) for vdev, space in spaces)
    listed = Size(dspace - slop(dspace))
    return Capacity(
        raw=Size(sum(size for vdev, _ in spaces for size in member_sizes(host, vdev))),
        size=Size(sum(space for _, space in spaces) + special),
        listed=listed,
        by_recordsize={
            record: Size(sum(_filled(v, s, record, described.ashift) for v, s in spaces))
            for record in sorted(set(_recordsizes(described)))
        },
        practical=(Size(int(listed * PRACTICAL[0])), Size(int(listed * PRACTICAL[1]))),
    )


def allocated(kind: str, width: int, size: int, ashift: int) -> int:
    """Bytes that a block of `size` bytes takes from a vdev's space, parity and padding included.

    A mirror's space counts one leg. Raidz adds parity to each row of width - parity sectors and
    rounds up to a multiple of parity + 1, so that no gap is too small to be used.
    """
    sectors = max(1, -(-size // (1 << ashift)))
    parity = PARITY.get(kind, 0)
    if parity:
        sectors += parity * -(-sectors // max(1, width - parity))
        sectors = -(-sectors // (parity + 1)) * (parity + 1)
    return sectors << ashift


def _filled(vdev: Vdev, space: int, record: int, ashift: int) -> int:
    """What records of one size fill of a vdev's space with data."""
    return space * record // allocated(vdev.kind, len(vdev.members), record, ashift)


def deflated(vdev: Vdev, space: int, ashift: int) -> int:
    """A vdev's space as `zfs list` counts it: as if all blocks were 128 KiB, in 512ths."""
    taken = allocated(vdev.kind, len(vdev.members), _DEFLATE_UNIT, ashift)
    return space // _SECTOR * (_DEFLATE_UNIT // (taken // _SECTOR))


def slop(dspace: int) -> int:
    """What ZFS keeps back so that a full pool can still be freed: 1/32, 128 GiB at most."""
    kept = min(dspace >> _SLOP_SHIFT, _SLOP_MOST)
    return max(kept, min(dspace >> 1, _SLOP_LEAST))


def size_of(host: Host, member: str) -> Size:
    """The size of a disk or partition; 0 for a partition that does not fit on its disk."""
    return max(device(host, member).size, Size(0))


def member_sizes(host: Host, vdev: Vdev) -> tuple[Size, ...]:
    """The sizes of a vdev's members."""
    return sizes_of(host, vdev.members)


@lru_cache(maxsize=64)
def sizes_of(host: Host, members: tuple[str, ...]) -> tuple[Size, ...]:
    """The sizes of disks or partitions, in their order."""
    return tuple(size_of(host, member) for member in members)


def vdev_space(host: Host, vdev: Vdev) -> int:
    """The space that a vdev allocates from: its members, as large as the smallest, in metaslabs."""
    usable = [max(0, size // _LABEL * _LABEL - _LABELS) for size in member_sizes(host, vdev)]
    if not usable:
        return 0
    if vdev.kind == "stripe":
        return sum(_whole_metaslabs(size) for size in usable)
    return _whole_metaslabs(min(usable) * (len(usable) if vdev.kind in PARITY else 1))


def _whole_metaslabs(asize: int) -> int:
    count = asize >> _METASLAB_SHIFT_USUAL
    shift = _METASLAB_SHIFT_USUAL
    if count < _METASLABS_LEAST:
        shift = (asize // _METASLABS_LEAST).bit_length()
    elif count > _METASLABS_USUAL:
        shift = (asize // _METASLABS_USUAL).bit_length()
    if shift < _METASLAB_SHIFT_LEAST:
        shift = _METASLAB_SHIFT_LEAST
    elif shift > _METASLAB_SHIFT_MOST:
        shift = _METASLAB_SHIFT_MOST
        if asize >> shift > _METASLABS_MOST:
            shift = (asize // _METASLABS_MOST).bit_length()
    return asize >> shift << shift


def _recordsizes(pool: Pool) -> Iterator[Size]:
    yield from (recordsize(pool, name) for name in pool.datasets)
    if not pool.datasets:
        yield recordsize(pool, "")
