"""Alpha phase coding of a simultaneous set: the stronger an item, the earlier in the cycle it fires.

Jensen, Gips, Bergmann & Bonnefond 2014, Trends in Neurosciences 37(7); Gips, van der Eerden &
Jensen 2016, European Journal of Neuroscience 44(4).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import overload


@dataclass(frozen=True, slots=True)
class Firing:
    """One item that fires: its index among the signals, its value, and when in the cycle.

    `phase` is in radians, from 0 (inhibition is greatest) to pi (there is none); `t_ms` is the
    same moment in milliseconds.
    """

    index: int
    value: float
    phase: float
    t_ms: float


@dataclass(frozen=True, slots=True)
class Gated(Sequence[float]):
    """The values in firing order, and how long it took to compute them (not to wait for a phase)."""

    firings: tuple[Firing, ...]
    latency_ms: float = field(compare=False)

    @property
    def order(self) -> tuple[int, ...]:
        """The indices among the signals, first to fire first."""
        return tuple(firing.index for firing in self.firings)

    @property
    def phases(self) -> tuple[float, ...]:
        """The phases in radians, in firing order."""
        return tuple(firing.phase for firing in self.firings)

    def __len__(self) -> int:
        return len(self.firings)

    def __iter__(self) -> Iterator[float]:
        return (firing.value for firing in self.firings)

    @overload
    def __getitem__(self, item: int) -> float: ...
    @overload
    def __getitem__(self, item: slice) -> tuple[float, ...]: ...
    def __getitem__(self, item: int | slice) -> float | tuple[float, ...]:
        if isinstance(item, slice):
            return tuple(firing.value for firing in self.firings[item])
        return self.firings[item].value


def firings(
    values: Sequence[float], frequency: float, gain: float = 1.0, capacity: int | None = None
) -> tuple[Firing, ...]:
    """Which of `values` fire in one release half cycle of `frequency` Hz, and when.

    Inhibition falls from 1 to 0 as I(phi) = ((1 + cos phi) / 2) ** (1 / gain), and an item fires
    when it is as strong as what inhibits it: |value| / max |value| = I(phi). Equal strengths fire
    in their order of arrival. A `gain` above 1 keeps inhibition up for longer, below 1 for less.
    With a `capacity`, the items that come after it stay silent.
    """
    strengths = [abs(value) for value in values]
    order = sorted(range(len(values)), key=strengths.__getitem__, reverse=True)[:capacity]
    peak = strengths[order[0]] if order else 0.0
    drives = ((strengths[index] / peak) ** gain if peak else 0.0 for index in order)
    # rounding in ** and acos must not let a weaker item overtake
    phases = accumulate((math.acos(2.0 * drive - 1.0) for drive in drives), max)
    half_cycle_ms = 500.0 / frequency
    return tuple(
        Firing(index, values[index], phase, phase / math.pi * half_cycle_ms)
        for index, phase in zip(order, phases, strict=True)
    )


def coherence(items: Sequence[Firing]) -> float | None:
    """The resultant length of the phases: 1 if all fire together, lower the more they spread.

    None when nothing fired. Phase locking as in Lachaux et al. 1999, Human Brain Mapping 8(4).
    """
    if not items:
        return None
    east = math.fsum(math.cos(item.phase) for item in items)
    north = math.fsum(math.sin(item.phase) for item in items)
    return min(1.0, math.hypot(east, north) / len(items))
