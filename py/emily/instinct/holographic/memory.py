"""Clean vectors, and the search for those nearest to a noisy one."""

import operator
from typing import NamedTuple, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from emily.instinct.holographic.blocks import check_alike
from emily.instinct.holographic.errors import HoloError
from emily.instinct.holographic.transform import Values
from emily.instinct.holographic.vectors import Holo

_SCORES_AT_ONCE = 1 << 22


class Scores(NamedTuple):
    """The nearest vectors of each query, best first: (q, k) for a batch, (k,) for one query.

    Attributes:
        scores: dot products; -inf where the memory holds fewer than k vectors
        ids: numbers of vectors, int64; -1 where it holds fewer
    """

    scores: Values
    ids: NDArray[np.int64]


class CleanupMemory:
    """Clean vectors, numbered from 0; a noisy vector is replaced by the nearest (Plate 1995).

    Nearest is the greatest dot product, which presumes vectors of like lengths, such as random ones;
    of equal dot products the lower number's. How a dot product is rounded in its last bits may depend on
    the BLAS library of NumPy and on the number of queries.

    Args:
        items: (n, dim), finite; n may be 0

    Raises:
        HoloError: for one vector, and for infinities or NaN
        TypeError: when items is no Holo
    """

    def __init__(self, items: Holo) -> None:
        if not isinstance(items, Holo):
            raise TypeError(f"items is a {type(items).__name__}, not a Holo")
        if len(items.shape) != 2:
            raise HoloError(f"items has shape {items.shape}, not (n, dim)")
        _check_finite("items", items)
        self._items = items

    @property
    def items(self) -> Holo:
        """The clean vectors, (n, dim)."""
        return self._items

    def __len__(self) -> int:
        return len(self._items)

    def search(self, queries: Holo, k: SupportsIndex = 1) -> Scores:
        """The k nearest vectors.

        Raises HoloError when dimensions or types differ, when queries hold infinities or NaN, when a dot
        product is too large for its type, or when k is not positive; TypeError when k is no whole number.
        """
        check_alike("queries", queries, "items", self._items, counts=False)
        _check_finite("queries", queries)
        try:
            k = operator.index(k)
        except TypeError:
            raise TypeError(f"k is {k!r}, not a whole number") from None
        if k < 1:
            raise HoloError(f"k is {k}, not positive")
        rows, items = np.atleast_2d(queries.values), self._items.values
        found = np.full((len(rows), k), -1)
        scores = np.full((len(rows), k), -np.inf, items.dtype)
        places, step = min(k, len(items)), max(1, _SCORES_AT_ONCE // max(1, len(items)))
        for start in range(0, len(rows) if places else 0, step):
            part = slice(start, start + step)
            with np.errstate(over="ignore", invalid="ignore"):  # refused in the next line
                products = rows[part] @ items.T
            if not np.isfinite(products).all():
                raise HoloError(f"queries and items have dot products too large for {items.dtype}")
            found[part, :places] = _best(products, places)
            scores[part, :places] = np.take_along_axis(products, found[part, :places], axis=1)
        one = len(queries.shape) == 1
        return Scores(scores[0], found[0]) if one else Scores(scores, found)

    def cleanup(self, queries: Holo) -> Holo:
        """The nearest vector of each query, in the shape of queries.

        Raises HoloError as search() does, and when the memory is empty.
        """
        if not len(self):
            raise HoloError(f"items has shape {self._items.shape}: nothing to clean up with")
        return self._items[self.search(queries).ids[..., 0]]


def _check_finite(name: str, vectors: Holo) -> None:
    if not np.isfinite(vectors.values).all():
        raise HoloError(f"{name} holds infinities or NaN")


def _best(scores: Values, k: int) -> NDArray[np.int64]:
    """The columns of the k greatest scores of each row, the lower number first where they are equal."""
    if k == 1:
        return np.asarray(scores.argmax(axis=1)[:, np.newaxis], np.int64)
    least = np.partition(scores, -k, axis=1)[:, -k]
    best = np.empty((len(scores), k), np.int64)
    for row, (values, limit) in enumerate(zip(scores, least, strict=True)):
        candidates = np.flatnonzero(values >= limit)
        best[row] = candidates[np.argsort(-values[candidates], kind="stable")][:k]
    return best
