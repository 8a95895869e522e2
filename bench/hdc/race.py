"""Time several ways of doing the same work in one process, taking turns."""

import gc
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["floor", "ours", "peer"]
Loop = Callable[[int], None]

SAMPLE = 200e-6  # seconds; a sample is as many calls as it takes to last that long
SLOW = 0.1  # seconds; who takes longer needs no warming up


class WrongAnswerError(Exception):
    """Who returns something else than the reference is not timed; said in one line."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds per call over the samples."""

    min: float
    median: float
    p99: float


@dataclass(frozen=True, slots=True)
class Timing:
    """By the wall and by the processor, both of the same samples."""

    wall: Spread
    cpu: Spread
    samples: int


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who takes part: `loop(n)` does the work n times.

    `library` groups the ways that one library offers, of which the best counts. `kind` says what it
    returns where that differs from ours. Times are multiplied by `scale`, for who is given a part
    of the work. `before(n)` makes what the next n calls use up, and is not timed.
    """

    who: str
    library: str
    role: Role
    loop: Loop
    kind: str = ""
    scale: float = 1.0
    setup: float = 0.0
    threads: int = 1
    before: Loop | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a race says of one entrant: a timing, or the reason why there is none."""

    work: str
    size: int
    who: str
    library: str
    role: Role
    kind: str
    threads: int
    setup: float
    scale: float
    timing: Timing | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long each entrant is timed, in seconds, over how many turns."""

    seconds: float = 1.0
    turns: int = 4


def calls(work: Callable[[int], object], period: int = 256) -> Loop:
    """A loop that hands the work a number that goes round, to choose its query by."""
    number = 0

    def loop(count: int) -> None:
        nonlocal number
        for _ in range(count):
            work(number)
            number = (number + 1) % period

    return loop


def race(work: str, size: int, entrants: Sequence[Entrant], pace: Pace) -> list[Figure]:
    """Time all of them; turns begin with another entrant each time."""
    runners = [_Runner(entrant) for entrant in entrants]
    gc.collect()
    gc.disable()
    for turn in range(pace.turns):
        first = turn * len(runners) // pace.turns
        for runner in runners[first:] + runners[:first]:
            runner.take_turn(pace.seconds / pace.turns)
    gc.enable()
    return [_figure(work, size, runner.entrant, runner.timing()) for runner in runners]


def absent(work: str, size: int, who: str, reason: str | Exception) -> Figure:
    """Who takes no part, and why."""
    if isinstance(reason, WrongAnswerError):
        reason = f"refused, {reason}"
    elif isinstance(reason, Exception):
        reason = f"{type(reason).__name__}: {reason}"
    return Figure(work, size, who, who, "peer", "", 1, 0, 1, None, reason)


def _figure(work: str, size: int, entrant: Entrant, timing: Timing) -> Figure:
    return Figure(
        work,
        size,
        entrant.who,
        entrant.library,
        entrant.role,
        entrant.kind,
        entrant.threads,
        entrant.setup,
        entrant.scale,
        timing,
    )


class _Runner:
    def __init__(self, entrant: Entrant) -> None:
        self.entrant = entrant
        self.walls: list[float] = []
        self.cpus: list[float] = []
        seconds, count = self._time(1)[0], 1
        if seconds < SLOW:
            while (seconds := self._time(count)[0]) < SAMPLE / 2 and count < 1_000_000:
                count *= 2
        self.once = seconds / count
        # what is made before a sample should still lie in L2 when it is used
        length = SAMPLE / 2 if entrant.before else SAMPLE
        self.count = max(1, math.ceil(length / self.once))

    def take_turn(self, seconds: float) -> None:
        if self.once < SLOW:
            self._warm()
        end = time.perf_counter() + seconds
        while True:
            wall, cpu = self._time(self.count)
            self.walls.append(wall / self.count * self.entrant.scale)
            self.cpus.append(cpu / self.count * self.entrant.scale)
            if time.perf_counter() + wall / 2 >= end:
                return

    def timing(self) -> Timing:
        return Timing(_spread(self.walls), _spread(self.cpus), len(self.walls))

    def _warm(self) -> None:
        """Bring its data back into the caches, and the core to its speed."""
        for _ in range(2):
            self._time(max(self.count, math.ceil(0.002 / self.once)))

    def _time(self, count: int) -> tuple[float, float]:
        if self.entrant.before:
            self.entrant.before(count)
        cpu = time.process_time()
        wall = time.perf_counter()
        self.entrant.loop(count)
        return time.perf_counter() - wall, time.process_time() - cpu


def _spread(seconds: Iterable[float]) -> Spread:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return Spread(
        ordered[0], ordered[len(ordered) // 2], ordered[min(last, len(ordered) * 99 // 100)]
    )
