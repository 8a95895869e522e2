"""What the owner counts on, beside what the pools can give."""

from collections.abc import Iterator
from fractions import Fraction

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.devices import device, pool_members
from sovereign.inventory.host import Host
from sovereign.review.capacity import PRACTICAL, member_sizes, pool_capacity
from sovereign.review.rule import Hit, Subject, host_rule

_RESILVER = "https://openzfs.github.io/openzfs-docs/man/master/8/zpool-replace.8.html"
REBUILD_RATES = (200, 150, 100, 50)
"""MB/s at which a disk of a busy raidz pool is rebuilt, from the best case to the usual."""


def rebuild_hours(host: Host, pool: str) -> tuple[float, ...]:
    """Hours to rebuild the largest disk of a pool that is 80 % full, at each of REBUILD_RATES.

    A resilver reads the tree of blocks: it writes what was allocated on the disk, not the disk.
    """
    vdevs = host.storage.pools[pool].vdevs
    largest = max((size for vdev in vdevs for size in member_sizes(host, vdev)), default=0)
    full: Fraction = largest * PRACTICAL[0]
    return tuple(float(full / (rate * 10**6 * 3600)) for rate in REBUILD_RATES)


@host_rule(
    "STO060",
    Severity.WARNING,
    "The pool holds less than is counted on",
    why="`zfs list` shows what is left after parity, padding and the reserve, at the ratio of 128 KiB"
    " records: disks times size is never reached. Larger records fill a raidz pool better than it"
    " shows. Above 80 to 90 % a pool becomes slow.",
    source="https://github.com/openzfs/zfs/blob/zfs-2.4.0/module/zfs/spa_misc.c",
)
def holds_what_is_counted_on(subject: Subject) -> Iterator[Hit]:
    """expect.pools.X.usable against the arithmetic."""
    for name, expected in subject.host.expect.pools.items():
        if expected.usable is None:
            continue
        has = pool_capacity(subject.host, name)
        if expected.usable <= has.listed:
            continue
        records = ", ".join(
            f"{holds.human()} as {record} records" for record, holds in has.by_recordsize.items()
        )
        low, high = has.practical
        yield Hit(
            ("expect", "pools", name, "usable"),
            f"{name} holds {has.listed.human()} ({has.listed.human_binary()}), not"
            f" {expected.usable.human()} ({expected.usable.human_binary()})",
            detail=f"raw {has.raw.human()}; `zpool list` {has.size.human_binary()}; `zfs list`"
            f" {has.listed.human_binary()}; {records}; in practice 80 to 90 %:"
            f" {low.human()} to {high.human()}",
            fix=f'usable = "{has.listed // 10**12}TB"' if has.listed >= 10**12 else "",
        )


@host_rule(
    "STO061",
    Severity.WARNING,
    "A disk cannot be rebuilt in the time that is counted on",
    why="Rebuilding one disk writes all that was allocated on it. At 200 MB/s, the best that a hard"
    " disk gives, that takes its time; a raidz pool in use gives 50 to 100 MB/s.",
    source=_RESILVER,
)
def rebuilt_in_time(subject: Subject) -> Iterator[Hit]:
    """expect.pools.X.rebuild against the best case."""
    for at, name, expected in _expected_rebuilds(subject.host):
        hours = rebuild_hours(subject.host, name)
        if expected < hours[0]:
            yield Hit(
                at,
                f"one disk of {name} takes {hours[0]:.0f} hours at best, not {expected:.0f}",
                detail=_range(hours),
                fix=f'rebuild = "{hours[-1]:.0f}h"',
            )


@host_rule(
    "STO062",
    Severity.NOTE,
    "A rebuild under load takes longer than is counted on",
    why="A raidz pool in use is rebuilt at 50 to 100 MB/s. Until it is done, the vdev has one disk"
    " less to lose.",
    source=_RESILVER,
)
def rebuilt_in_time_under_load(subject: Subject) -> Iterator[Hit]:
    """expect.pools.X.rebuild against 50 MB/s."""
    for at, name, expected in _expected_rebuilds(subject.host):
        hours = rebuild_hours(subject.host, name)
        if hours[0] <= expected < hours[-1]:
            yield Hit(
                at,
                f"one disk of {name} takes {hours[-1]:.0f} hours at {REBUILD_RATES[-1]} MB/s,"
                f" not {expected:.0f}",
                detail=_range(hours),
            )


def _expected_rebuilds(host: Host) -> Iterator[tuple[KeyPath, str, float]]:
    for name, expected in host.expect.pools.items():
        if expected.rebuild is not None and _has_hard_disks(host, name):
            yield ("expect", "pools", name, "rebuild"), name, expected.rebuild / 3600


def _has_hard_disks(host: Host, pool: str) -> bool:
    return any(device(host, m).disk.kind == "hdd" for m in pool_members(host, pool))


def _range(hours: tuple[float, ...]) -> str:
    rows = zip(reversed(REBUILD_RATES), reversed(hours), strict=True)
    return "at 80 % full: " + ", ".join(f"{time:.0f} h at {rate} MB/s" for rate, time in rows)
