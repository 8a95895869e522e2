"""Numbers as hypervectors: near numbers get near vectors.

A line of levels is the thermometer code of Rahimi, Benatti, Kanerva, Benini & Rabaey 2016
("Hyperdimensional biosignal processing", ICRC); a circle of levels has the distances of Nunes,
Heddes, Givargis & Nicolau 2022 ("An extension to basis-hypervectors for learning from circular data
in hyperdimensional computing", arXiv:2205.07920).
"""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from emily.instinct.hdc.errors import HdcError, ShapeError
from emily.instinct.hdc.packing import DIM, Seed, check_dim, whole
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors


def levels(n: int, dim: int = DIM, *, seed: Seed) -> Hypervectors:
    """Make n hypervectors in a line, the ends of which are as far apart as random ones.

    The distance of levels i and j is |i - j| * (dim // 2) / (n - 1) bits, rounded up or down.

    Raises HdcError when n is below 2 or above dim // 2 + 1, where levels would repeat.
    """
    flips = check_dim(dim) // 2
    n = _check_count(n, 2, flips + 1, dim)
    reached = (np.arange(n) * flips * 2 + (n - 1)) // (2 * (n - 1))
    base, rank = _base_and_ranks(dim, seed)
    return Hypervectors.from_bits(base ^ (rank < reached[:, None]))


def circular(n: int, dim: int = DIM, *, seed: Seed) -> Hypervectors:
    """Make n hypervectors in a circle, opposite ones as far apart as random ones.

    The distance of levels i and j, k = min(|i - j|, n - |i - j|) steps apart, is
    k * 2 * (dim // 2) / n bits, rounded up or down.

    Raises HdcError when n is below 2 or above dim // 2, where levels would repeat.
    """
    flips = check_dim(dim) // 2
    n = _check_count(n, 2, flips, dim)
    base, rank = _base_and_ranks(dim, seed)
    # Half steps, 2n of them: the first n flip one part of the bits each, the others flip the same
    # parts back in the same order, so that the last one closes the circle.
    part = np.where(rank < flips, rank * n // flips, -1)
    step = 2 * np.arange(n)[:, None]
    flipped = np.where(step <= n, part < step, part >= step - n) & (part >= 0)
    return Hypervectors.from_bits(base ^ flipped)


class ScalarEncoder(ABC):
    """What turns a number into the hypervector of its level, one of the rows of `vectors`."""

    def __init__(self, vectors: Hypervectors) -> None:
        self.vectors = vectors

    @abstractmethod
    def indices(self, values: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The level of each value: int32, in the values' shape."""

    @abstractmethod
    def value(self, index: int) -> float:
        """The number in the middle of a level."""

    def encode(self, value: float) -> Hypervector:
        """The hypervector of the level that is nearest to a number."""
        return self.vectors[int(self.indices(value))]

    def encode_batch(self, values: npt.ArrayLike) -> Hypervectors:
        """The hypervectors of m numbers, shape (m,): a row for each.

        Raises HdcError when the shape differs or a number has no level.
        """
        rows = self.indices(values)
        if rows.ndim != 1:
            raise ShapeError(f"values has shape (m,), not {rows.shape}")
        return self.vectors[rows]

    def decode(self, vector: Hypervector) -> float:
        """The number whose level is nearest to a hypervector; the first of equally near ones."""
        return self.value(int(self.vectors.distances(vector).argmin()))


class LevelEncoder(ScalarEncoder):
    """Numbers from low to high as n levels; what lies outside gets the nearest end.

    Raises HdcError unless low < high and their distance is finite.
    """

    def __init__(self, low: float, high: float, n: int, dim: int = DIM, *, seed: Seed) -> None:
        if not (low < high and np.isfinite(high - low)):
            raise HdcError(f"low is below high and both are finite, not {low} and {high}")
        super().__init__(levels(n, dim, seed=seed))
        self.low, self.high, self.n = low, high, n

    def indices(self, values: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The level of each value: int32 from 0 to n - 1, in the values' shape.

        Raises HdcError at a NaN.
        """
        place = (_numbers(values) - self.low) / (self.high - self.low)
        return np.rint(np.clip(place, 0, 1) * (self.n - 1)).astype(np.int32)

    def value(self, index: int) -> float:
        """The number in the middle of a level."""
        return self.low + (self.high - self.low) * index / (self.n - 1)


class CircularEncoder(ScalarEncoder):
    """Numbers modulo a period (an hour of the day, an angle) as n levels around a circle.

    Raises HdcError unless the period is positive and finite.
    """

    def __init__(self, period: float, n: int, dim: int = DIM, *, seed: Seed) -> None:
        if not (np.isfinite(period) and period > 0):
            raise HdcError(f"period is positive and finite, not {period}")
        super().__init__(circular(n, dim, seed=seed))
        self.period, self.n = period, n

    def indices(self, values: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The level of each value: int32 from 0 to n - 1, in the values' shape.

        Raises HdcError at a NaN or an infinite value.
        """
        numbers = _numbers(values)
        if not np.isfinite(numbers).all():
            raise HdcError("values holds an infinite number, which has no place on a circle")
        place = np.mod(numbers, self.period) / self.period
        return np.mod(np.rint(place * self.n), self.n).astype(np.int32)

    def value(self, index: int) -> float:
        """The number in the middle of a level, from 0 to below the period."""
        return self.period * index / self.n


def _base_and_ranks(dim: int, seed: Seed) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Random bits and the place of each in a random order, both of shape (dim,)."""
    generator = np.random.default_rng(seed)
    base = Hypervector.random(dim, seed=generator).bits()
    return base, generator.permutation(dim)


def _check_count(n: int, least: int, most: int, dim: int) -> int:
    n = whole("n", n)
    if not least <= n <= most:
        raise HdcError(f"n is from {least} to {most} in {dim} dimensions, not {n}")
    return n


def _numbers(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if np.isnan(numbers).any():
        raise HdcError("values holds a NaN, which has no level")
    return numbers
