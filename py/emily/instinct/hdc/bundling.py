"""Bundling: the vector that is most like all that are given, by a majority of each bit.

A bit of the bundle is 1 when more than half of the votes for it are 1; at a tie it is the bit of a
fixed vector, `ties` (Kanerva 2009, "Hyperdimensional Computing").
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.hdc.counters import MAX_VOTES, Counters
from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi, lib
from emily.instinct.hdc.packing import DIM, MAX_THREADS, whole
from emily.instinct.hdc.products import Products, done, result_of
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

__all__ = [
    "MAX_VOTES",
    "Counters",
    "bundle",
    "bundle_groups",
    "bundle_products",
    "ties",
]


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
    if (
        weights is None
        and isinstance(out, Hypervector)
        and isinstance(vectors, Hypervectors)
        # the usual case: the kernel asks what is asked below
        and not lib.sov_hdc_bundle_rows(out._c, vectors._c)
    ):
        return out
    rows = _several(vectors)
    if len(rows) == 0:
        raise ShapeError("vectors: at least one is needed")
    if weights is not None:
        return _weighted(rows, weights, out)
    result = result_of(out, rows.dim if isinstance(rows, Hypervectors) else rows[0].dim)
    if isinstance(rows, Hypervectors):
        done(lib.sov_hdc_bundle_rows(result._c, rows._c))
        return result
    for number, vector in enumerate(rows):
        if vector.dim != result.dim:
            raise DimensionError(
                f"vectors: number {number} has {vector.dim} bits, not {result.dim} as the first"
            )
    addresses = ffi.new("sov_hdc_vector *[]", [vector._c for vector in rows])
    done(lib.sov_hdc_bundle_vectors(result._c, addresses, len(rows)))
    return result


def bundle_products(
    tables: Sequence[Hypervectors], indices: ArrayLike, out: Hypervector | None = None
) -> Hypervector:
    """The majority of products, none of which is kept: product i is the XOR over j of
    `tables[j][indices[i, j]]`.

    `indices` holds whole numbers and has the shape (n, len(tables)), n >= 1.
    """
    products = Products(tables, indices)
    if products.count == 0:
        raise ShapeError("indices: at least one row is needed")
    result = result_of(out, products.dim)
    done(lib.sov_hdc_bundle_products(result._c, *products.arguments()))
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
    products = Products(tables, indices)
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
    done(lib.sov_hdc_bundle_groups(result._c, tables_, factors, rows, address, threads))
    return result


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
