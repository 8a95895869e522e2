"""Item memory: hypervectors with ids, of which the nearest to a given one are found, exactly."""

import os
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self
from weakref import WeakSet

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc import acceptance, store
from emily.instinct.hdc.errors import DimensionError, IdError, ReadOnlyError, ShapeError
from emily.instinct.hdc.files import StrPath
from emily.instinct.hdc.ids import MAX_ID, Ids, check_ids
from emily.instinct.hdc.kernel import ffi, lib
from emily.instinct.hdc.matches import MAX_K, NO_OUT, Matches, Shape, prepare
from emily.instinct.hdc.packing import (
    DIM,
    LINE,
    MAX_THREADS,
    aligned_rows,
    check_dim,
    check_words,
    whole,
    word_count,
)
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer

_MOVED_BYTES = 1 << 20
"""Rows that are moved at once when others are removed."""

_INT32, _INT64 = np.dtype(np.int32), np.dtype(np.int64)
# a search of few rows takes microseconds: what it calls is looked up once
_empty, _address, _tuple = np.empty, ffi.from_buffer, tuple.__new__
_search, _search_pruned = lib.sov_hdc_search, lib.sov_hdc_search_pruned


class _State(NamedTuple):
    """What is searched. A change makes another one; a search that runs keeps its own alive."""

    vectors: Hypervectors
    pruning: "Pointer | None"
    ids: NDArray[np.int64] | None


_memories: WeakSet["ItemMemory"] = WeakSet()


def _renew_locks() -> None:
    for memory in _memories:
        memory._lock = Lock()


# a child process has none of the threads that might hold a lock
os.register_at_fork(after_in_child=_renew_locks)


class ItemMemory:
    """Hypervectors of `dim` bits, each with an id that stays its own: a whole number from 0 on.

    Threads may search and change it at once: a search sees the memory as it was when it began. Only
    while another thread updates vectors it may see some as they were and some as they are.
    """

    __slots__ = ("__weakref__", "_dim", "_ids", "_lock", "_out", "_rows", "_source", "_state")

    def __init__(self, dim: int = DIM) -> None:
        self._dim = check_dim(dim)
        _memories.add(self)
        self._lock = Lock()
        """Held by whoever changes or saves."""
        self._state: _State
        self._rows = aligned_rows(0, self.dim)
        self._ids = Ids()
        self._source: StrPath | None = None
        self._out = NO_OUT
        self._show()

    def add(
        self, vectors: Hypervector | Hypervectors, ids: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """Add n vectors, with n ids that are not held yet or with the next ones; returns the ids.

        An id that was ever held is not given out again. Raises IdError.
        """
        rows = self._rows_of(vectors)
        with self._changing():
            new = self._ids.draw(len(rows)) if ids is None else check_ids(ids)
            if len(new) != len(rows):
                raise ShapeError(f"ids must be {len(rows)}, one per vector, not {len(new)}")
            if ids is not None and len(held := new[self._ids.rows(new) >= 0]):
                raise IdError(f"ids: {held[0]} is in the memory; update changes its vector")
            start, end = self._ids.count, self._ids.count + len(new)
            if end > len(self._rows):
                grown = aligned_rows(max(end, 2 * start), self.dim)
                grown[:start] = self._rows[:start]
                self._rows = grown
            self._rows[start:end] = rows
            self._ids.append(new)
            self._show()
        return new

    def remove(self, ids: ArrayLike) -> None:
        """Forget the vectors with these ids; the others keep their order. Raises IdError."""
        with self._changing():
            removed = self._held(check_ids(ids))
            if not len(removed):
                return
            kept = np.delete(np.arange(self._ids.count), removed)
            rows = self._rows
            if int(removed.min()) < len(kept):  # not only the last ones
                rows = aligned_rows(len(kept), self.dim)
                step = max(1, _MOVED_BYTES // rows.strides[0])
                for start in range(0, len(kept), step):
                    rows[start : start + step] = self._rows[kept[start : start + step]]
            self._rows, self._ids = rows, self._ids.kept(kept)
            self._show()

    def update(self, ids: ArrayLike, vectors: Hypervector | Hypervectors) -> None:
        """Put other vectors in the places of those with these ids. Raises IdError."""
        rows = self._rows_of(vectors)
        with self._changing():
            changed = self._held(check_ids(ids))
            if len(changed) != len(rows):
                raise ShapeError(f"ids must be {len(rows)}, one per vector, not {len(changed)}")
            self._rows[changed] = rows
            self._show()

    def index(self) -> None:
        """Build the index by which searches with one query leave out bits that cannot matter.

        It takes half as much memory again; a change drops it, and files and copies do not have it. The results are the same; it pays
        where the k-th nearest, or `max_distance`, is below a third of the dimension.
        """
        with self._lock:
            vectors, _, ids = self._state
            words = lib.sov_hdc_index_words(vectors._c)
            memory = aligned_rows(-(-words * 8 // LINE), 8 * LINE)
            address = ffi.from_buffer("uint64_t *", memory)
            lib.sov_hdc_index_build(address, vectors._c)
            self._state = _State(vectors, address, ids)

    def search(
        self,
        query: Hypervector | Hypervectors,
        k: int = 1,
        *,
        max_distance: int | None = None,
        threads: int = 1,
        out: Matches | None = None,
    ) -> Matches:
        """The k nearest to one query, or to each of q, and no farther than `max_distance` bits:
        distances in bits and ids of shape (k,), or (q, k).

        `threads` of 1 to 256 share the rows. The results go into new arrays, or into those of `out`;
        the same `out` again and again is the fastest.
        """
        if k.__class__ is not int or not 0 < k <= MAX_K:
            k = whole("k", k, 1, MAX_K)
        if threads.__class__ is not int or not 0 < threads <= MAX_THREADS:
            threads = whole("threads", threads, 1, MAX_THREADS)
        count: int = 1
        shape: Shape = k
        if not isinstance(query, Hypervector):
            _check_vectors("query", query)
            count, shape = len(query), (len(query), k)
        if query._dim != self._dim:
            raise DimensionError(f"query has {query.dim} bits, not {self.dim}")
        limit = self._dim
        if max_distance is not None:
            limit = min(limit, whole("max_distance", max_distance, 0))
        if out is None:
            distances, found = _empty(shape, _INT32), _empty(shape, _INT64)
            to_distances, to_ids = _address("int32_t *", distances), _address("int64_t *", found)
            out = _tuple(Matches, (distances, found))
        else:
            known = self._out
            if known.matches is not out or known.shape != shape:
                self._out = known = prepare(out, shape)
            to_distances, to_ids = known.distances, known.ids
        vectors, pruning, ids = self._state
        words = query._c.words
        failed = 0
        if pruning is not None and count == 1:
            failed = _search_pruned(
                vectors._c, pruning, words, k, limit, threads, to_distances, to_ids
            )
        elif count:
            failed = _search(vectors._c, words, count, k, limit, threads, to_distances, to_ids)
        if failed:
            raise MemoryError("no memory for the search")
        if ids is not None:
            out.ids[...] = ids[out.ids]
        return out

    def threshold(self, false_accept: float = 1e-9) -> int:
        """The farthest distance that `cleanup` accepts in this memory; see `acceptance.threshold`."""
        return acceptance.threshold(self.dim, len(self), false_accept)

    def cleanup(
        self, query: Hypervector, false_accept: float = 1e-9, *, threads: int = 1
    ) -> int | None:
        """The id of the nearest vector, or None when a random query might be as near to one."""
        if not isinstance(query, Hypervector):
            raise TypeError(f"query must be a Hypervector, not {type(query).__name__}")
        limit = self.threshold(false_accept)
        if limit < 0:
            return None
        found = int(self.search(query, max_distance=limit, threads=threads).ids[0])
        return None if found < 0 else found

    @property
    def dim(self) -> int:
        """The dimension in bits."""
        return self._dim

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids in the order of addition: int64 of shape (n,), a copy."""
        with self._lock:
            return self._ids.values.copy()

    @property
    def vectors(self) -> Hypervectors:
        """The vectors in the order of addition: a read-only view, good until the next change."""
        return Hypervectors.view(self._state.vectors.rows, self.dim)

    def copy(self) -> Self:
        """Another memory with the same vectors and ids, which can be changed."""
        with self._lock:
            rows = aligned_rows(len(self), self.dim)
            rows[...] = self._state.vectors.rows
            return self._restored(self._stored()._replace(rows=rows))

    def save(self, path: StrPath) -> None:
        """Write a file, replacing one that is there as a whole; raises MemoryFileError.

        Changes by other threads wait meanwhile, searches do not.
        """
        with self._lock:
            store.save(path, self._stored())

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read what `save` wrote, and check it; raises MemoryFileError."""
        return cls._restored(store.load(path))

    @classmethod
    def open(cls, path: StrPath, verify: bool = True) -> Self:
        """Map what `save` wrote into memory, so that it can be searched but not changed.

        Only with `verify` are all vectors read and checked at once. The file may be replaced, as
        `save` does, but not written to while it is mapped. Raises MemoryFileError.
        """
        memory = cls._restored(store.open_mapped(path, verify=verify))
        memory._source = path
        return memory

    def _stored(self) -> store.Stored:
        return store.Stored(self.dim, self._state.vectors.rows, self._ids.values, self._ids.next)

    @classmethod
    def _restored(cls, stored: store.Stored) -> Self:
        memory = cls(stored.dim)
        memory._rows = stored.rows
        memory._ids.append(stored.ids)
        memory._ids.next = stored.next_id
        memory._show()
        return memory

    def _changing(self) -> Lock:
        if self._source is not None:
            raise ReadOnlyError(
                f"this memory is mapped from {self._source} and cannot be changed;"
                " change its copy(), or load the file instead of opening it"
            )
        return self._lock

    def _show(self) -> None:
        """Let searches see the rows as they are now."""
        rows = self._rows[: self._ids.count]
        rows.flags.writeable = False
        ids = None if self._ids.plain else self._ids.by_row
        self._state = _State(Hypervectors.view(rows, self.dim), None, ids)

    def _rows_of(self, vectors: Hypervector | Hypervectors) -> NDArray[np.uint64]:
        _check_vectors("vectors", vectors)
        if vectors.dim != self.dim:
            raise DimensionError(f"vectors have {vectors.dim} bits, not {self.dim}")
        if isinstance(vectors, Hypervector):
            return vectors.padded[np.newaxis]
        used = word_count(self.dim)
        check_words(vectors.rows[:, :used], self.dim, ndim=2)
        if vectors.rows[:, used:].any():
            raise ShapeError(f"vectors.rows: bits from {self.dim} on must be zero")
        return vectors.rows

    def _held(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = self._ids.rows(ids)
        if len(missing := ids[rows < 0]):
            raise IdError(f"ids: {missing[0]} is not in the memory")
        return rows

    def __len__(self) -> int:
        return self._ids.count

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int | np.integer) or not 0 <= number <= MAX_ID:
            return False
        with self._lock:
            return bool(self._ids.rows(np.array([number], np.int64))[0] >= 0)

    def __getitem__(self, number: int) -> Hypervector:
        """A copy of the vector with this id."""
        wanted = np.array([whole("id", number, 0, MAX_ID)], np.int64)
        with self._lock:
            row = int(self._held(wanted)[0])
            return Hypervector.view(self._rows[row], self._dim).copy()

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    def __reduce__(self) -> tuple[object, tuple[Hypervectors, NDArray[np.int64], int]]:
        with self._lock:
            return _unpickled, (self.vectors.copy(), self._ids.values.copy(), self._ids.next)

    def __repr__(self) -> str:
        return f"ItemMemory({len(self)} of {self.dim} bits)"


def _unpickled(vectors: Hypervectors, ids: NDArray[np.int64], next_id: int) -> ItemMemory:
    return ItemMemory._restored(store.Stored(vectors.dim, vectors.rows, ids, next_id))


def _check_vectors(name: str, given: object) -> None:
    if not isinstance(given, Hypervector | Hypervectors):
        raise TypeError(f"{name} must be a Hypervector or Hypervectors, not {type(given).__name__}")
