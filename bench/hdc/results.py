"""What the processes found, kept as JSON and asked for ratios."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.hdc.data import QUERIES
from bench.hdc.race import Figure, Spread
from pydantic import TypeAdapter

LOADED = 1.03  # wall to processor time above which others had a share of the core


@dataclass(frozen=True)
class Lane:
    """The figures of one work at one size from one process, which alone may be compared."""

    figures: tuple[Figure, ...]

    @cached_property
    def by_cpu(self) -> bool:
        """Whether processor time counts, because others slowed the wall: of one thread alone."""
        timings = [figure.timing for figure in self.figures if figure.timing]
        alone = all(figure.threads == 1 for figure in self.figures)
        return alone and any(it.wall.median > LOADED * it.cpu.median for it in timings)

    def spread(self, figure: Figure) -> Spread | None:
        """By the clock that counts."""
        if figure.timing is None:
            return None
        return figure.timing.cpu if self.by_cpu else figure.timing.wall

    def best(self, wanted: Callable[[Figure], bool]) -> float | None:
        """The smallest median among those wanted, in seconds."""
        spreads = (self.spread(figure) for figure in self.figures if wanted(figure))
        return min((spread.median for spread in spreads if spread), default=None)

    def ours(self) -> float | None:
        """Our best, on as many threads as the lane is about."""
        threads = max((figure.threads for figure in self.figures), default=1)
        return self.best(lambda it: it.role == "ours" and it.threads == threads)

    def floor(self) -> float | None:
        """The lowest floor."""
        return self.best(lambda it: it.role == "floor")


@dataclass(frozen=True)
class Results:
    """All lanes of all processes."""

    lanes: dict[tuple[str, int], list[Lane]]

    def sizes(self, work: str) -> list[int]:
        """The sizes at which a work was done."""
        return sorted(size for name, size in self.lanes if name == work)

    def works(self) -> list[str]:
        """In the order in which they were done."""
        return list(dict.fromkeys(work for work, _ in self.lanes))

    def of(self, work: str, size: int) -> list[Lane]:
        """One lane a process."""
        return self.lanes.get((work, size), [])

    def better(self, work: str, size: int, who: str) -> tuple[Figure, Spread] | None:
        """Of an entrant's figures from several processes the one with the smaller median."""
        found = [
            (figure, spread)
            for lane in self.of(work, size)
            for figure in lane.figures
            if label(figure) == who and (spread := lane.spread(figure))
        ]
        return min(found, key=lambda pair: pair[1].median, default=None)


def label(figure: Figure) -> str:
    """Who it is and in what its result differs."""
    part = figure.role != "floor" and figure.scale > 1
    remarks = ", ".join(
        filter(
            None,
            (
                figure.kind,
                f"{figure.threads} threads" if figure.threads > 1 else "",
                f"{QUERIES / figure.scale:.0f} queries x {figure.scale:.0f}" if part else "",
            ),
        )
    )
    return f"{figure.who} ({remarks})" if remarks else figure.who


def collect(processes: Iterable[Iterable[Figure]]) -> Results:
    """Sort figures into lanes."""
    lanes: dict[tuple[str, int], list[Lane]] = {}
    for figures in processes:
        own: dict[tuple[str, int], list[Figure]] = {}
        for figure in figures:
            own.setdefault((figure.work, figure.size), []).append(figure)
        for key, members in own.items():
            lanes.setdefault(key, []).append(Lane(tuple(members)))
    return Results(lanes)


@dataclass(frozen=True, slots=True)
class Run:
    """What every process measured, and on what: all that the tables are made of.

    `judged` says whether the goals hold for this machine, `idle` whether it had nothing else to do.
    """

    machine: str
    versions: str
    judged: bool
    idle: bool
    processes: list[list[Figure]]


FIGURES = TypeAdapter(list[Figure])
RUN = TypeAdapter(Run)


def write(path: Path, figures: Iterable[Figure]) -> None:
    """One process's figures as JSON."""
    path.write_bytes(FIGURES.dump_json(list(figures), indent=1))


def read(path: Path) -> list[Figure]:
    """What `write` wrote."""
    return FIGURES.validate_json(path.read_bytes())
