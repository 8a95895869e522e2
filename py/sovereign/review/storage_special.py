"""The special vdev: as safe as its pool, large enough, and not flooded by small blocks."""

from collections.abc import Iterator
from fractions import Fraction

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.devices import layout_of, left_over
from sovereign.inventory.host import Host
from sovereign.inventory.storage import Pool
from sovereign.review.capacity import member_sizes, vdev_space
from sovereign.review.members import partition_place
from sovereign.review.properties import is_compressed, lineage, recordsize, special_small_blocks
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.review.storage_vdevs import tolerates
from sovereign.units import Size

_CONCEPTS = "https://openzfs.github.io/openzfs-docs/man/master/7/zpoolconcepts.7.html#special"
_SMALL_BLOCKS = (
    "https://openzfs.github.io/openzfs-docs/man/master/7/zfsprops.7.html#special_small_blocks"
)
_RESERVE = (
    "https://openzfs.github.io/openzfs-docs/man/master/4/zfs.4.html"
    "#zfs_special_class_metadata_reserve_pct"
)
METADATA = Fraction(3, 1000)
"""Metadata of records of 128 KiB, as a part of the data: a rule of thumb; OpenZFS says measure."""

SPILL = Fraction(75, 100)
"""How full a special vdev may be and still take small blocks: the rest is metadata's."""

_STEP = Size.parse("64GiB")
_PROPOSED_MOST = Size.parse("256GiB")
_CLOSE = 2
"""Text and code compress to about half."""


@host_rule(
    "STO020",
    Severity.WARNING,
    "The special vdev is less redundant than the data",
    why="A special vdev holds the pool's metadata: losing it loses the pool, however many disks the"
    " data may lose. With raidz in the pool it can never be removed again. `zpool create` refuses the"
    " mismatch; disko forces it.",
    source=_CONCEPTS,
)
def special_as_safe(subject: Subject) -> Iterator[Hit]:
    """A special vdev survives as many failures as the data vdevs do."""
    for name, pool in subject.host.storage.pools.items():
        data = min((tolerates(vdev) for vdev in pool.vdevs), default=0)
        if pool.special is None or tolerates(pool.special) >= data:
            continue
        members, own = pool.special.members, tolerates(pool.special)
        yield Hit(
            ("storage", "pools", name, "special"),
            f"{name} survives {_disks(data)}, its special vdev only {own}",
            detail=f"{pool.special.kind} of {len(members)}: {', '.join(members)}",
            fix=f'kind = "mirror" with {data + 1} members: a partition of {_disks(data - own)} more',
        )


@host_rule(
    "STO021",
    Severity.WARNING,
    "The log vdev is less redundant than the data",
    why="A log vdev holds the synchronous writes of the last seconds. When it fails together with the"
    " power, those are lost although programs were told that they are safe.",
    source="https://openzfs.github.io/openzfs-docs/man/master/7/zpoolconcepts.7.html#Intent_Log",
)
def log_as_safe(subject: Subject) -> Iterator[Hit]:
    """A log vdev survives a failure where the data does."""
    for name, pool in subject.host.storage.pools.items():
        data = min((tolerates(vdev) for vdev in pool.vdevs), default=0)
        if pool.log and tolerates(pool.log) < min(data, 1):
            yield Hit(
                ("storage", "pools", name, "log"),
                f"{name} survives {_disks(data)}, its log vdev none",
                fix='kind = "mirror" with 2 members',
            )


@host_rule(
    "STO022",
    Severity.WARNING,
    "The special vdev is small for its pool",
    why="OpenZFS gives no fixed ratio and says to measure with `zdb -bbb`; 0.3 % is a rule of thumb"
    " for metadata alone. What does not fit goes to the data disks, and nothing moves it back.",
    source="https://openzfs.github.io/openzfs-docs/Basic%20Concepts/Pool%20Structure/Special%20vdev.html",
)
def special_large_enough(subject: Subject) -> Iterator[Hit]:
    """0.3 % of the data vdevs' raw size."""
    host = subject.host
    for name, pool in host.storage.pools.items():
        if pool.special is None or not pool.special.members:
            continue
        raw = Size(sum(size for vdev in pool.vdevs for size in member_sizes(host, vdev)))
        own = min(member_sizes(host, pool.special))
        wanted = int(raw * METADATA)
        if raw <= 0 or own >= min(wanted, _PROPOSED_MOST):
            continue
        proposed = Size(min(_PROPOSED_MOST, -(-wanted // _STEP) * _STEP))
        yield Hit(
            partition_place(host, pool.special.members[0])
            or ("storage", "pools", name, "special", "members"),
            f"the special vdev of {name} is {float(own / raw):.2%} of the pool",
            detail=f"{own.human_binary()} of {raw.human()} raw; 0.3 % would be"
            f" {Size(wanted).human_binary()} for metadata alone",
            fix=f'size = "{proposed}"{_what_stays(host, pool.special.members[0], proposed - own)}',
        )


@host_rule(
    "STO023",
    Severity.WARNING,
    "Every block of a dataset goes to the special vdev",
    why="Blocks up to special_small_blocks, after compression, are stored on the special vdev. Where"
    " the value reaches the recordsize, no block is larger, so that all data of the dataset lands on"
    " it until it is 75 % full. The value belongs well below the recordsize.",
    source=_SMALL_BLOCKS,
)
def small_blocks_below_records(subject: Subject) -> Iterator[Hit]:
    """special_small_blocks below recordsize, and below half of it where blocks are compressed."""
    for name, pool in subject.host.storage.pools.items():
        if pool.special is None:
            continue
        space = Size(vdev_space(subject.host, pool.special))
        for dataset in pool.datasets:
            small, record = special_small_blocks(pool, dataset), recordsize(pool, dataset)
            ways = _CLOSE if is_compressed(pool, dataset) else 1
            if small == 0 or small * ways < record:
                continue
            whole = small >= record
            yield Hit(
                _place(name, pool, dataset),
                f"{'every' if whole else 'nearly every'} block of {name}/{dataset} goes to the"
                f" special vdev of {space.human_binary()}",
                detail=f"special_small_blocks {small} {'>=' if whole else 'is close to'}"
                f" recordsize {record}"
                + ("" if whole else ": compressed to half, a record is a small block"),
                fix=f'recordsize = "128KiB" with special_small_blocks = "{Size(min(small, 32768))}"'
                if record < 131072
                else f'special_small_blocks = "{Size(record // 8)}"',
            )


@host_rule(
    "STO024",
    Severity.WARNING,
    "special_small_blocks without a special vdev",
    why="The property chooses between the special vdev and the others. Without a special vdev it"
    " does nothing.",
    source=_SMALL_BLOCKS,
)
def small_blocks_have_a_vdev(subject: Subject) -> Iterator[Hit]:
    """Only pools with a special vdev set special_small_blocks."""
    for name, pool in subject.host.storage.pools.items():
        if pool.special is not None:
            continue
        at: KeyPath = ("storage", "pools", name)
        if pool.properties.special_small_blocks:
            yield Hit(
                (*at, "properties", "special_small_blocks"),
                f"{name} has no special vdev",
                fix="remove it, or give the pool a special vdev",
            )
        for dataset, described in pool.datasets.items():
            if described.special_small_blocks:
                place: KeyPath = (*at, "datasets", dataset, "special_small_blocks")
                yield Hit(
                    place,
                    f"{name} has no special vdev",
                    fix="remove it, or give the pool a special vdev",
                )


@host_rule(
    "STO025",
    Severity.NOTE,
    "When small blocks spill to the data disks",
    why="A quarter of the special vdev is kept for metadata. Once it is 75 % full, small blocks go to"
    " the data disks like all others, and stay there.",
    source=_RESERVE,
)
def small_blocks_spill(subject: Subject) -> Iterator[Hit]:
    """Tells how much a special vdev takes before small blocks spill."""
    for name, pool in subject.host.storage.pools.items():
        users = [dataset for dataset in pool.datasets if special_small_blocks(pool, dataset)]
        if pool.special is None or not users:
            continue
        space = Size(vdev_space(subject.host, pool.special))
        yield Hit(
            ("storage", "pools", name, "special"),
            f"small blocks of {', '.join(users)} spill to the data disks once the special vdev"
            f" holds {Size(int(space * SPILL)).human_binary()}",
            detail=f"75 % of {space.human_binary()}; metadata may use all of it",
        )


def _disks(count: int) -> str:
    return f"{count} disk{'s' if count != 1 else ''}"


def _place(name: str, pool: Pool, dataset: str) -> KeyPath:
    """Where the value is written that holds for a dataset: its own, or one that it inherits."""
    at: KeyPath = ("storage", "pools", name)
    described = pool.datasets[dataset]
    if described.special_small_blocks is not None:
        return (*at, "datasets", dataset, "special_small_blocks")
    source = next(own for own in lineage(pool, dataset) if own.special_small_blocks is not None)
    above = next((key for key, own in pool.datasets.items() if own is source), None)
    base = (*at, "properties") if above is None else (*at, "datasets", above)
    return (*base, "special_small_blocks")


def _what_stays(host: Host, member: str, more: int) -> str:
    """What the partition of size "rest" beside a special partition would keep."""
    disk = member.partition(".")[0]
    layout = layout_of(host, disk)
    for part in layout.partitions if layout else ():
        if part.size == "rest":
            left = left_over(host, disk) - more
            if left <= 0:
                return ", on a larger disk"
            return f": {part.name} keeps {left / 2**30:.0f} GiB"
    return ""
