"""The hypergrid: a space of hypotheses with few modes, far apart, on which every answer is known exactly."""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from emily.cognition.gflownet.errors import GridError

Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.floating]
Number = TypeVar("Number", bound=np.generic)

MOST_STATES = 1 << 16  # every state is enumerated, to evaluate a policy exactly


@dataclass(frozen=True)
class Hypergrid:
    """A grid of `side`^`dimensions` states and their reward (Bengio et al. 2021, NeurIPS).

    From the origin each action adds one to a coordinate, the last one stops: what was reached is the
    hypothesis. Its reward is `floor` (R0) everywhere, .5 more where every coordinate lies in the outer
    half of its axis, and 2 more again in the modes, where every one lies in a thin band of it.

    A state is known by its number; the tables below have a row for each. Raises GridError.
    """

    side: int
    dimensions: int
    floor: float = 0.1

    def __post_init__(self) -> None:
        if self.side < 2 or self.dimensions < 1:
            raise GridError(f"a grid has a side >= 2 and a dimension >= 1, not {self}")
        if self.dimensions > MOST_STATES or self.side**self.dimensions > MOST_STATES:
            raise GridError(f"a grid has at most {MOST_STATES} states: {self} has more")
        if not (isfinite(self.floor) and self.floor > 0):
            raise GridError(
                f"the reward must be positive everywhere, so floor > 0, not {self.floor}"
            )

    @property
    def size(self) -> int:
        """How many states there are."""
        return int(self.side**self.dimensions)

    @property
    def stop(self) -> int:
        """The action that ends a trajectory; the ones before it each add one to their coordinate."""
        return self.dimensions

    @cached_property
    def strides(self) -> Integers:
        """By how much each action but the last raises the number of a state."""
        return _fixed(self.side ** np.arange(self.dimensions)[::-1])

    @cached_property
    def coordinates(self) -> Integers:
        """The hypothesis that each state is, (size, dimensions)."""
        return _fixed(np.arange(self.size)[:, None] // self.strides % self.side)

    @cached_property
    def one_hot(self) -> NDArray[np.float32]:
        """What a policy sees of each state, (size, dimensions * side)."""
        hot = self.coordinates[:, :, None] == np.arange(self.side)
        return _fixed(hot.reshape(self.size, -1).astype(np.float32))

    @cached_property
    def legal(self) -> Bools:
        """Which actions each state allows, (size, dimensions + 1): to stop, always."""
        return _fixed(np.column_stack([self.coordinates < self.side - 1, np.ones(self.size, bool)]))

    @cached_property
    def evenly(self) -> NDArray[np.float64]:
        """Probabilities that treat all legal actions alike, (size, dimensions + 1)."""
        return _fixed(self.legal / self.legal.sum(axis=1, keepdims=True))

    @cached_property
    def parents(self) -> Integers:
        """From how many states each one is reached, (size,); the origin counts itself."""
        return _fixed(np.maximum(1, np.count_nonzero(self.coordinates, axis=1)))

    @cached_property
    def levels(self) -> tuple[Integers, ...]:
        """The states by their number of actions from the origin: no action stays within a level."""
        steps = self.coordinates.sum(axis=1)
        return tuple(np.flatnonzero(steps == step) for step in range(int(steps.max()) + 1))

    @cached_property
    def _from_centre(self) -> Integers:
        # |x / (side - 1) - 1/2| in units of 1 / (10 (side - 1)): in integers .3 is not .30000000000000004
        return 5 * np.abs(2 * self.coordinates - (self.side - 1))

    @cached_property
    def is_mode(self) -> Bools:
        """Which states are modes, (size,): each coordinate .3 to .4 of its axis from the middle."""
        tenth = self.side - 1
        band = (3 * tenth < self._from_centre) & (self._from_centre < 4 * tenth)
        return _fixed(np.all(band, axis=1))

    @cached_property
    def modes(self) -> int:
        """How many modes there are."""
        return int(np.count_nonzero(self.is_mode))

    @cached_property
    def reward(self) -> NDArray[np.float64]:
        """The reward of each state, (size,), positive."""
        outer = (self._from_centre > 2.5 * (self.side - 1)).all(axis=1)
        return _fixed(self.floor + 0.5 * outer + 2.0 * self.is_mode)

    @cached_property
    def target(self) -> NDArray[np.float64]:
        """How often a faithful sampler arrives at each state, (size,): its share of the reward."""
        return _fixed(self.reward / self.reward.sum())

    @property
    def log_z(self) -> float:
        """The logarithm of the sum of all rewards, which trajectory balance learns as log Z."""
        return float(np.log(self.reward.sum()))


def _fixed(table: NDArray[Number]) -> NDArray[Number]:
    table.setflags(write=False)
    return table
