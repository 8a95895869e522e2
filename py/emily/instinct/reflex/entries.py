"""A reflex, what raises it, and what it is when it was raised."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emily.instinct.reflex.errors import EntryError

AUDIO = "audio"
"""The sense of the ear. Its features are the levels of the bands over the background."""

MOST_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate over features: their peak, or their mean, is at least so much."""

    measure: Literal["peak", "mean"]
    at_least: float

    def __post_init__(self) -> None:
        if self.measure not in ("peak", "mean"):
            raise EntryError(f"measure is peak or mean, not {self.measure}")
        if not math.isfinite(self.at_least):
            raise EntryError(f"at_least is a finite number, not {self.at_least}")

    def holds(self, features: NDArray[np.float64]) -> bool:
        """Whether it does for features of shape (n,)."""
        value = features.max() if self.measure == "peak" else features.mean()
        return bool(value >= self.at_least)


@dataclass(frozen=True, slots=True)
class Reflex:
    """A row of the registry: what is done, and when it counts.

    `refractory_ms` after it fired it does not fire again; `deadline_ms` after the stimulus it is of
    no use any more. It is raised by its examples, or by `condition`, or by either.
    """

    name: str
    action: str
    priority: int = 0
    refractory_ms: float = 250.0
    deadline_ms: float = 50.0
    sense: str = AUDIO
    condition: Condition | None = None

    def __post_init__(self) -> None:
        for field in ("name", "action", "sense"):
            value = getattr(self, field)
            if not isinstance(value, str) or not value:
                raise EntryError(f"{field} is a word, not {value!r}")
        if isinstance(self.priority, bool) or not isinstance(self.priority, int):
            raise EntryError(f"priority is a whole number, not {self.priority!r}")
        for field, least in (("refractory_ms", 0), ("deadline_ms", 1)):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise EntryError(f"{field} is a number, not {value!r}")
            if not least <= value <= MOST_MS:
                raise EntryError(f"{field} is {least} to {MOST_MS}, not {value}")
        if not isinstance(self.condition, Condition | None):
            raise EntryError(f"condition is a Condition or None, not {self.condition!r}")


@dataclass(frozen=True, slots=True)
class Match:
    """A reflex that a stimulus could raise, and how far the nearest example was; 0 by condition."""

    reflex: Reflex
    distance: int


@dataclass(frozen=True, slots=True)
class Firing:
    """A reflex that was raised.

    `salience` is from 0 to 1. `distance` is the bits between the stimulus and the nearest example,
    0 where a condition decided. `t0_ns` is the estimated onset, `at_ns`
    when it was raised, and after `deadline_ns` nobody should act on it: monotonic times.
    """

    name: str
    action: str
    priority: int
    salience: float
    distance: int
    t0_ns: int
    at_ns: int
    deadline_ns: int
