"""What a person reads after `sovereign generate`: files, findings, capacity and throughput."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sovereign.diagnostics import Diagnostic
from sovereign.inventory.load import Inventory
from sovereign.operate.cache import Remembered
from sovereign.operate.generate import HostChange
from sovereign.report import summary
from sovereign.review.capacity import Capacity, pool_capacity
from sovereign.review.run import Review
from sovereign.review.throughput import Ceiling, ceiling

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_MANY = 8
"""From this many hosts on, figures are left to `sovereign show HOST`."""


def summarize(
    console: "Console",
    inventory: Inventory,
    changes: Sequence[HostChange],
    reviewed: Review,
    *,
    check: bool,
) -> None:
    """Print the summary."""
    if len(changes) < _MANY:
        for change in changes:
            console.print(f"{change.host}", style="bold", end="  ")
            console.print(_files(change, check=check))
            console.print(_figures(inventory, change.host))
    _totals(console, changes, check=check)
    _verdict(console, reviewed.open, len(reviewed.accepted))


def summarize_recalled(console: "Console", saved: Remembered) -> None:
    """Print the summary of a run that found everything as the last one left it."""
    console.print(f"{_count(saved.hosts, 'host')}: all {saved.files} files current, as before")
    _verdict(console, saved.open, saved.accepted)


def _totals(console: "Console", changes: Sequence[HostChange], *, check: bool) -> None:
    written = sum(len(change.write) for change in changes)
    kept = sum(len(change.unchanged) for change in changes)
    removed = sum(len(change.remove) for change in changes)
    verb = "to write" if check else "written"
    parts = [f"{_count(written, 'file')} {verb}", f"{kept} unchanged"]
    parts += [f"{removed} {'to remove' if check else 'removed'}"] if removed else []
    console.print(f"{_count(len(changes), 'host')}: {', '.join(parts)}")


def _verdict(console: "Console", found: Sequence[Diagnostic], accepted: int) -> None:
    console.print(f"review: {summary(found)}{f', {accepted} accepted' if accepted else ''}")


def as_json(
    inventory: Inventory, changes: Sequence[HostChange], *, check: bool
) -> dict[str, object]:
    """The same for a program; sizes in bytes, rates in bits per second."""
    return {
        "check": check,
        "hosts": {
            change.host: {
                "written": [output.name for output in change.write],
                "removed": list(change.remove),
                "unchanged": list(change.unchanged),
                "pools": {name: _pool_json(pool) for name, pool in _pools(inventory, change.host)},
                "shares": {
                    name: {"ceiling": int(found.net), "limit": found.limit.name}
                    for name, found in _shares(inventory, change.host)
                },
            }
            for change in changes
        },
    }


def _files(change: HostChange, *, check: bool) -> str:
    if change.current:
        return f"all {len(change.unchanged)} files current"
    names = ", ".join([*(o.name for o in change.write), *(f"-{name}" for name in change.remove)])
    return f"{'stale' if check else 'written'}: {names}; {len(change.unchanged)} unchanged"


def _figures(inventory: Inventory, host: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=True, show_edge=False)
    for column in ("", "raw", "zfs list", "at its records", "keep below"):
        table.add_column(column, justify="right" if column else "left")
    for name, pool in _pools(inventory, host):
        table.add_row(
            f"pool {name}",
            pool.raw.human(),
            f"{pool.listed.human()} = {pool.listed.human_binary()}",
            "\n".join(f"{size.human()} in {record}" for record, size in pool.by_recordsize.items()),
            f"{pool.practical[0].human()} to {pool.practical[1].human()}",
        )
    shares = Table(box=SIMPLE_HEAD, pad_edge=True, show_edge=False)
    for column in ("", "at most", "expected", "slowest link", "channels"):
        shares.add_column(column, justify="left" if column in {"", "slowest link"} else "right")
    expected = inventory.hosts[host].expect.shares
    for name, found in _shares(inventory, host):
        wanted = expected[name].throughput.human_bytes() if name in expected else ""
        shares.add_row(
            f"share {name}", found.net.human_bytes(), wanted, found.limit.name, str(found.channels)
        )
    both = Table.grid(padding=(1, 0))
    for part in (table, shares):
        if part.row_count:
            both.add_row(part)
    return both


def _pools(inventory: Inventory, host: str) -> Iterator[tuple[str, Capacity]]:
    described = inventory.hosts[host]
    return ((name, pool_capacity(described, name)) for name in described.storage.pools)


def _shares(inventory: Inventory, host: str) -> Iterator[tuple[str, Ceiling]]:
    samba = inventory.hosts[host].samba
    for name in samba.shares if samba else ():
        found = ceiling(inventory, host, name)
        if found:
            yield name, found


def _pool_json(pool: Capacity) -> dict[str, object]:
    return {
        "raw": int(pool.raw),
        "size": int(pool.size),
        "listed": int(pool.listed),
        "by_recordsize": {str(record): int(size) for record, size in pool.by_recordsize.items()},
        "practical": [int(size) for size in pool.practical],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
