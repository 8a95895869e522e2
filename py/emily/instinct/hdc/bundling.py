"""Bundling: the vector that is most like all that are given, by a majority of each bit.

A bit of the bundle is 1 when more than half of the votes for it are 1; at a tie it is the bit of a
fixed vector, `ties` (Kanerva 2009, "Hyperdimensional Computing").
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi, lib
from emily.instinct.hdc.packing import DIM, MAX_THREADS, check_dim, line_count, whole
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer

MAX_VOTES = 2**31 - 1
"""The most votes that a counter holds: rows times the size of their weight."""


def ties(dim: int = DIM) -> Hypervector:
    """The vector that decides ties: SplitMix64's outputs from the seed 0x9e3779b97f4a7c15."""
    vector = Hypervector.zeros(dim)
    lib.sov_hdc_ties(vector._c.words, vector.dim)
    return vector


def bundle(
    vectors: Hypervectors | Iterable[Hypervector],
    weights: ArrayLike | None = None,
    out: Hypervector | None = None,
) -> Hypervector:
    """The majority of all vectors, each with one vote or with its whole number of votes in `weights`.

    `weights` has the shape (n,); a negative weight votes for the opposite bits. Nothing but ties
    is left of no vectors at all, so at least one is needed.
    """
    rows = _several(vectors)
    if len(rows) == 0:
        raise ShapeError("vectors: at least one is needed")
    if weights is not None:
        return _weighted(rows, weights, out)
    result = _result(out, rows.dim if isinstance(rows, Hypervectors) else rows[0].dim)
    if isinstance(rows, Hypervectors):
        _done(lib.sov_hdc_bundle_rows(result._c, rows._c))
        return result
    for number, vector in enumerate(rows):
        if vector.dim != result.dim:
            raise DimensionError(
                f"vectors: number {number} has {vector.dim} bits, not {result.dim} as the first"
            )
    addresses = ffi.new("sov_hdc_vector *[]", [vector._c for vector in rows])
    _done(lib.sov_hdc_bundle_vectors(result._c, addresses, len(rows)))
    return result


def bundle_products(
    tables: Sequence[Hypervectors], indices: ArrayLike, out: Hypervector | None = None
) -> Hypervector:
    """The majority of products, none of which is kept: product i is the XOR over j of
    `tables[j][indices[i, j]]`.

    `indices` holds whole numbers and has the shape (n, len(tables)), n >= 1.
    """
    products = _Products(tables, indices)
    if products.count == 0:
        raise ShapeError("indices: at least one row is needed")
    result = _result(out, products.dim)
    _done(lib.sov_hdc_bundle_products(result._c, *products.arguments()))
    return result


def bundle_groups(
    tables: Sequence[Hypervectors],
    indices: ArrayLike,
    ends: ArrayLike,
    out: Hypervectors | None = None,
    *,
    threads: int = 1,
) -> Hypervectors:
    """Several bundles of products at once: row i is that of `indices[ends[i - 1] : ends[i]]`, where
    the first begins at 0.

    `ends` has the shape (m,), rises, and its last is len(indices): no group is empty. `threads` of 1
    to 256 share the groups.
    """
    products = _Products(tables, indices)
    bounds = np.asarray(ends)
    if bounds.ndim != 1 or (bounds.size and bounds.dtype.kind not in "iu"):
        raise ShapeError(
            f"ends must be whole numbers of shape (m,), not {bounds.dtype} of {bounds.shape}"
        )
    rises = bool((bounds[:1] >= 1).all() and (bounds[1:] > bounds[:-1]).all())
    if bounds.size and (not rises or bounds[-1] != products.count):
        raise ShapeError(f"ends must rise from above 0 to len(indices), {products.count}")
    if not bounds.size and products.count:
        raise ShapeError(f"ends must rise to len(indices), {products.count}, but there are none")
    threads = whole("threads", threads, 1, MAX_THREADS)
    result = Hypervectors.zeros(bounds.size, products.dim) if out is None else out
    if (len(result), result.dim) != (bounds.size, products.dim):
        raise ShapeError(
            f"out has {len(result)} rows of {result.dim} bits, not {bounds.size} of {products.dim}"
        )
    if not result.rows.flags.writeable:
        raise HdcError("out is read-only: it shows rows of something that may not change")
    if any(np.may_share_memory(table.rows, result.rows) for table in tables):
        result.rows[:] = bundle_groups(tables, indices, ends, threads=threads).rows
        return result
    lasts = np.ascontiguousarray(bounds, np.uint64)
    address = ffi.from_buffer("uint64_t *", lasts)
    tables_, factors, rows, _ = products.arguments()
    _done(lib.sov_hdc_bundle_groups(result._c, tables_, factors, rows, address, threads))
    return result


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
            _done(lib.sov_hdc_count_rows(self._c, vectors._c, weight))

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
        products = _Products(tables, indices)
        if products.dim != self.dim:
            raise DimensionError(f"tables have {products.dim} bits, not {self.dim}")
        weight = whole("weight", weight)
        self._reserve(products.count, weight)
        if products.count:
            _done(lib.sov_hdc_count_products(self._c, *products.arguments(), weight))

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
        result = _result(out, self.dim)
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


class _Products:
    """Rows that are XORs of table rows, ready for the kernel."""

    def __init__(self, tables: Sequence[Hypervectors], indices: ArrayLike) -> None:
        self._held = tables = list(tables)
        if not tables:
            raise ShapeError("tables: at least one is needed")
        for table in tables:
            if not isinstance(table, Hypervectors):
                raise TypeError(f"tables must hold Hypervectors, not {type(table).__name__}")
        array = np.array(indices)  # a copy: what is checked is what is used
        if array.ndim != 2 or array.shape[1] != len(tables):
            raise ShapeError(f"indices must have the shape (n, {len(tables)}), not {array.shape}")
        if array.dtype.kind not in "iu":
            raise ShapeError(f"indices must be whole numbers, not {array.dtype}")
        self.dim = tables[0].dim
        for number, table in enumerate(tables):
            if table.dim != self.dim:
                raise DimensionError(
                    f"tables: number {number} has {table.dim} bits, not {self.dim} as the first"
                )
            column = array[:, number]
            if len(column) and not 0 <= column.min() <= column.max() < len(table):
                raise ShapeError(
                    f"indices: column {number} reaches from {column.min()} to {column.max()},"
                    f" but its table has {len(table)} rows"
                )
        self.count = len(array)
        self._tables = ffi.new("sov_hdc_matrix *[]", [table._c for table in tables])
        self._factors = len(tables)
        self._indices = array.astype(np.int32, order="C")

    def arguments(self) -> tuple["Pointer", int, "Pointer", int]:
        """Tables, factors, indices and count, as the kernel takes them."""
        indices = ffi.from_buffer("int32_t *", self._indices)
        return self._tables, self._factors, indices, self.count


def _several(vectors: object) -> Hypervectors | list[Hypervector]:
    if isinstance(vectors, Hypervectors):
        return vectors
    if isinstance(vectors, Hypervector) or not isinstance(vectors, Iterable):
        raise TypeError(
            f"vectors must be Hypervectors or several of Hypervector, not {type(vectors).__name__}"
        )
    items = list(vectors)
    for vector in items:
        if not isinstance(vector, Hypervector):
            raise TypeError(f"vectors must hold Hypervector, not {type(vector).__name__}")
    return items


def _weighted(
    vectors: Hypervectors | list[Hypervector], weights: ArrayLike, out: Hypervector | None
) -> Hypervector:
    votes = np.asarray(weights)
    if votes.shape != (len(vectors),):
        raise ShapeError(f"weights must have the shape ({len(vectors)},), not {votes.shape}")
    if votes.dtype.kind not in "iu":
        raise ShapeError(f"weights must be whole numbers, not {votes.dtype}")
    rows = vectors if isinstance(vectors, Hypervectors) else Hypervectors.stack(vectors)
    counters = Counters(rows.dim)
    counters.add_weighted(rows, votes)
    return counters.majority(out)


def _result(out: Hypervector | None, dim: int) -> Hypervector:
    if out is None:
        return Hypervector.zeros(dim)
    if not isinstance(out, Hypervector):
        raise TypeError(f"out must be a Hypervector, not {type(out).__name__}")
    if out.dim != dim:
        raise DimensionError(f"out has {out.dim} bits, not {dim}")
    if out.read_only:
        raise HdcError("out is read-only: it shows a row of something that may not change")
    return out


def _done(code: int) -> None:
    if code:
        raise MemoryError("no memory for the bundle's counters")
