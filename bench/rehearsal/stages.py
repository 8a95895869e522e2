"""How long each stage of a whole rehearsal takes: nothing fetched yet, and then all of it there."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from bench.rehearsal.cli import Options
from bench.rehearsal.figures import WrongError
from bench.rehearsal.table import MARKS, Table
from bench.rehearsal.world import say

from sovereign.inventory.load import load
from sovereign.operate.rehearse import rehearse
from sovereign.rehearse.job import Event

GOAL_S = 15 * 60
_COLUMNS = ("Stage", "Empty cache", "Full cache", "Goal", "Met")
_ALL = "together"


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event, and when it came, in seconds from the start."""

    at_s: float
    event: Event


def table(options: Options) -> Table:
    """Rehearse twice with one cache that is empty at first. Raises what the rehearsal raises."""
    before = os.environ.get("XDG_CACHE_HOME")
    with TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        try:
            cold, warm = _rehearsed(options), _rehearsed(options)
        finally:
            os.environ.pop("XDG_CACHE_HOME")
            if before is not None:
                os.environ["XDG_CACHE_HOME"] = before
    return beside(cold, warm)


def beside(cold: dict[str, float], warm: dict[str, float]) -> Table:
    """Return both side by side; a stage that one has not is empty there."""
    names = [name for name in (*cold, *warm) if name != _ALL]
    rows = [
        (name, _seconds(cold.get(name)), _seconds(warm.get(name)), "", "")
        for name in dict.fromkeys(names)
    ]
    met = cold[_ALL] < GOAL_S
    both = (f"**{_ALL}**", _seconds(cold[_ALL]), _seconds(warm[_ALL]))
    return Table(_COLUMNS, [*rows, (*both, f"< {GOAL_S // 60} min", MARKS[met])], missed=not met)


def durations(events: Sequence[Stamped], end_s: float) -> dict[str, float]:
    """Return the seconds of each stage, in order, and of all.

    A stage lasts from its first event to the one with `seconds`; where that never comes, until the
    next begins.
    """
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    for number, one in enumerate(events):
        name = one.event.stage
        if one.event.seconds is not None:
            ended[name] = one.at_s
        elif name not in begun:
            begun[name] = one.at_s
            following = events[number + 1].at_s if number + 1 < len(events) else end_s
            ended[name] = following
    return {**{name: ended[name] - at for name, at in begun.items()}, _ALL: end_s}


def _rehearsed(options: Options) -> dict[str, float]:
    events: list[Stamped] = []
    began = time.monotonic()

    def tell(event: Event) -> None:
        events.append(Stamped(time.monotonic() - began, event))
        if event.seconds is None:
            say(event.stage)

    (found,) = rehearse(load(options.root), options.host, tell=tell)
    end_s = time.monotonic() - began
    if found.results is None:
        raise WrongError(f"the rehearsal has no results: {found.refused}")
    if failed := found.results.of("failed"):
        raise WrongError(f"{len(failed)} checks failed: {failed[0].id}: {failed[0].message}")
    return durations(events, end_s)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"
