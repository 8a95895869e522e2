"""Feature vectors as hypervectors: each number's level bound to its place, all bundled.

Near features get near hypervectors (Rahimi, Benatti, Kanerva, Benini & Rabaey 2016, "Hyperdimensional
biosignal processing", ICRC: channels bound to levels).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc import (
    DIM,
    Hypervector,
    Hypervectors,
    LevelEncoder,
    bundle_groups,
    bundle_products,
)
from emily.instinct.reflex.errors import SignalError

LEVELS = 16
MOST_FEATURES = 4096


@dataclass(frozen=True, slots=True)
class Range:
    """The features of a sense: how many, and from where to where each is told apart."""

    size: int
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST_FEATURES:
            raise SignalError(f"size is 1 to {MOST_FEATURES} features, not {self.size}")
        if not (np.isfinite((self.low, self.high)).all() and self.low < self.high):
            raise SignalError(f"low is below high, both finite, not {self.low} and {self.high}")


class FeatureEncoder:
    """What turns the features of one sense into hypervectors; the sense's name is the seed."""

    def __init__(self, sense: str, features: Range, dim: int = DIM) -> None:
        self.features = features
        rng = np.random.default_rng(list(hashlib.sha256(sense.encode()).digest()))
        self._levels = LevelEncoder(features.low, features.high, LEVELS, dim, seed=rng)
        places = Hypervectors.random(features.size, dim, seed=rng)
        self._tables = (places, self._levels.vectors)
        self._indices = np.zeros((features.size, 2), np.int32)
        self._indices[:, 0] = np.arange(features.size)
        self._out = Hypervector.zeros(dim)

    def encode(self, features: ArrayLike) -> Hypervector:
        """The hypervector of features of shape (size,): good until the next call. Raises SignalError."""
        numbers = finite(features, 1, self.features.size)
        self._indices[:, 1] = self._levels.indices(numbers)
        return bundle_products(self._tables, self._indices, self._out)

    def encode_batch(self, features: ArrayLike) -> Hypervectors:
        """The hypervectors of features of shape (n, size), a row for each. Raises SignalError."""
        numbers = finite(features, 2, self.features.size)
        size = self.features.size
        indices = np.empty((len(numbers), size, 2), np.int32)
        indices[:, :, 0] = np.arange(size)
        indices[:, :, 1] = self._levels.indices(numbers)
        ends = np.arange(1, len(numbers) + 1) * size
        return bundle_groups(self._tables, indices.reshape(-1, 2), ends)


def finite(features: ArrayLike, ndim: int, size: int | None = None) -> NDArray[np.float64]:
    """Finite numbers of shape (size,) or (n, size), at least one; raises SignalError."""
    try:
        numbers = np.asarray(features)
        if numbers.dtype.kind not in "iuf":
            raise SignalError(f"features are real numbers, not {numbers.dtype}")
        numbers = numbers.astype(np.float64)
    except ValueError as error:
        raise SignalError(f"features are no array of numbers: {error}") from error
    if numbers.ndim != ndim or not numbers.size or size not in (None, numbers.shape[-1]):
        wanted = "size" if size is None else str(size)
        wanted = f"({wanted},)" if ndim == 1 else f"(n, {wanted})"
        raise SignalError(f"features have the shape {wanted}, not {numbers.shape}")
    if numbers.shape[-1] > MOST_FEATURES:
        raise SignalError(f"features are at most {MOST_FEATURES}, not {numbers.shape[-1]}")
    if not np.isfinite(numbers).all():
        raise SignalError("features hold NaN or infinite numbers")
    return numbers
