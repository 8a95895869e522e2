"""What was found of hosts, as a person reads it and as a program does."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sovereign.inventory.load import Inventory
    from sovereign.operate.verify import Verified
    from sovereign.suite.result import Outcome, Results

_WIDE = 5
"""Up to so many hosts have a column each."""

_STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


def matrix(verified: Sequence["Verified"]) -> "Table":
    """A row for each type of check and a column for each host; of many hosts a row for each."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    seen = {one.host: one.results for one in verified if one.results}
    if len(seen) > _WIDE:
        for heading in ("host", "result", "failed checks"):
            table.add_column(heading)
        for host, results in seen.items():
            types = dict.fromkeys(result.type for result in results.of("failed"))
            table.add_row(host, _cell(results), ", ".join(types))
        return table
    table.add_column("check")
    for host in seen:
        table.add_column(host)
    for kind in sorted({result.type for results in seen.values() for result in results.results}):
        table.add_row(kind, *(_cell(results, kind) for results in seen.values()))
    return table


def _cell(results: "Results", kind: str | None = None) -> "Text":
    from rich.text import Text

    counts = _counts(results, kind)
    parts = [Text(f"{number} {outcome}", _STYLES[outcome]) for outcome, number in counts.items()]
    return Text(", ").join(parts)


def _counts(results: "Results", kind: str | None = None) -> "dict[Outcome, int]":
    found = Counter(one.outcome for one in results.results if kind in (None, one.type))
    order: tuple[Outcome, ...] = ("passed", "failed", "skipped")
    return {outcome: found[outcome] for outcome in order if found[outcome]}


def tally(results: "Results") -> str:
    """So many passed, failed and were skipped."""
    counts = _counts(results)
    return ", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or "no checks"


def tell_skipped(out: "Console", verified: Sequence["Verified"]) -> None:
    """What was not checked, by the reason why."""
    if any(one.results and one.results.of("skipped") for one in verified):
        out.print()
    for one in verified:
        skipped = one.results.of("skipped") if one.results else ()
        for reason, number in Counter(result.message for result in skipped).most_common():
            host = f"{one.host}: " if len(verified) > 1 else ""
            out.print(f"{host}{number} skipped: {reason}", style=_STYLES["skipped"])


def as_json_of(inventory: "Inventory", verified: Sequence["Verified"]) -> dict[str, object]:
    """For each host its results, and for each failure its place in the inventory."""
    from sovereign.operate.verify import failures
    from sovereign.report import to_json_list

    return {
        "hosts": {
            one.host: {
                "problem": one.problem or None,
                "results": [r.model_dump() for r in one.results.results] if one.results else [],
            }
            for one in verified
        },
        "findings": to_json_list(failures(inventory, verified), inventory.root),
    }
