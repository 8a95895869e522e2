"""Counters of bits: a bundle that can be added to and taken from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi, lib
from emily.instinct.hdc.packing import DIM, check_dim, line_count, whole
from emily.instinct.hdc.products import Products, done, result_of
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

MAX_VOTES = 2**31 - 1
"""The most votes that a counter holds: rows times the size of their weight."""


class Counters:
    """A bundle that can be added to and taken from: per bit, the votes for 1 less the votes for 0.

    Votes are whole numbers of 32 bits; adding raises HdcError before one could overflow.
    """

    def __init__(self, dim: int = DIM) -> None:
        self._dim = dim = check_dim(dim)
        self.votes = 0
        """All votes that were given or taken, the bound of every counter."""
        self._counts = np.zeros(line_count(dim) * 512, np.int32)
        self._c = ffi.from_buffer("int32_t *", self._counts)

    @property
    def dim(self) -> int:
        """The dimension in bits."""
        return self._dim

    @property
    def counts(self) -> NDArray[np.int32]:
        """The counters, a read-only view of shape (dim,)."""
        view = self._counts[: self.dim]
        view.flags.writeable = False
        return view

    def add(self, vectors: Hypervector | Hypervectors, weight: int = 1) -> None:
        """Give each vector `weight` votes."""
        if not isinstance(vectors, Hypervector | Hypervectors):
            raise TypeError(
                f"vectors must be a Hypervector or Hypervectors, not {type(vectors).__name__}"
            )
        if vectors.dim != self.dim:
            raise DimensionError(f"vectors have {vectors.dim} bits, not {self.dim}")
        weight = whole("weight", weight)
        if isinstance(vectors, Hypervector):
            self._reserve(1, weight)
            lib.sov_hdc_count(self._c, vectors._c, weight)
        else:
            self._reserve(len(vectors), weight)
            done(lib.sov_hdc_count_rows(self._c, vectors._c, weight))

    def add_weighted(self, vectors: Hypervectors, weights: NDArray[np.integer]) -> None:
        """Give each vector its own whole number of votes; `weights` has the shape (n,)."""
        if vectors.dim != self.dim:
            raise DimensionError(f"vectors have {vectors.dim} bits, not {self.dim}")
        if weights.shape != (len(vectors),):
            raise ShapeError(f"weights must have the shape ({len(vectors)},), not {weights.shape}")
        self._reserve(1, sum(abs(weight) for weight in weights.tolist()))
        each = np.ascontiguousarray(weights, np.int32)
        lib.sov_hdc_count_weighted(self._c, vectors._c, ffi.from_buffer("int32_t *", each))

    def subtract(self, vectors: Hypervector | Hypervectors, weight: int = 1) -> None:
        """Take each vector's `weight` votes back."""
        self.add(vectors, -whole("weight", weight))

    def add_products(
        self, tables: Sequence[Hypervectors], indices: ArrayLike, weight: int = 1
    ) -> None:
        """Give each product `weight` votes; see `bundle_products`."""
        products = Products(tables, indices)
        if products.dim != self.dim:
            raise DimensionError(f"tables have {products.dim} bits, not {self.dim}")
        weight = whole("weight", weight)
        self._reserve(products.count, weight)
        if products.count:
            done(lib.sov_hdc_count_products(self._c, *products.arguments(), weight))

    def merge(self, other: "Counters") -> None:
        """Add all votes of other counters."""
        if not isinstance(other, Counters):
            raise TypeError(f"other must be Counters, not {type(other).__name__}")
        if other.dim != self.dim:
            raise DimensionError(f"other has {other.dim} bits, not {self.dim}")
        self._reserve(1, other.votes)
        self._counts += other._counts

    def reset(self) -> None:
        """Forget all votes."""
        self._counts[:] = 0
        self.votes = 0

    def majority(self, out: Hypervector | None = None) -> Hypervector:
        """The bundle: 1 where the counter is above zero, the tie's bit where it is zero."""
        result = result_of(out, self.dim)
        lib.sov_hdc_majority(result._c, self._c)
        return result

    def __reduce__(self) -> tuple[object, tuple[int, NDArray[np.int32], int]]:
        return _unpickled, (self.dim, self.counts, self.votes)

    def _reserve(self, rows: int, weight: int) -> None:
        votes = self.votes + rows * abs(weight)
        if votes > MAX_VOTES:
            raise HdcError(
                f"weight: {votes} votes in all are more than a counter holds, {MAX_VOTES}"
            )
        self.votes = votes


def _unpickled(dim: int, counts: NDArray[np.int32], votes: int) -> Counters:
    counters = Counters(dim)
    counters._counts[:dim] = counts
    counters.votes = votes
    return counters
