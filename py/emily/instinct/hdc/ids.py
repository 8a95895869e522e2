"""The ids of a memory's rows: which row an id stands for, and which id a row has."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc.errors import IdError, ShapeError

MAX_ID = 2**63 - 2


class Ids:
    """Distinct ids from 0 on, one per row, in the order of the rows; there is room for more.

    `next` is above every id that was ever held: one that was removed is not given out again.
    """

    __slots__ = ("_array", "_ascending", "_rows", "count", "next", "plain")

    def __init__(self) -> None:
        self.count = 0
        self.next = 0
        self.plain = True
        """Each id is the number of its row."""
        self._ascending = True
        self._array = np.full(1, -1, np.int64)
        self._rows: dict[int, int] | None = None

    @property
    def values(self) -> NDArray[np.int64]:
        """The ids, a read-only view of shape (count,)."""
        view = self._array[: self.count]
        view.flags.writeable = False
        return view

    @property
    def by_row(self) -> NDArray[np.int64]:
        """An array whose item `row` is that row's id, and whose last item is -1."""
        return self._array

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each id, -1 where there is none."""
        if self._ascending:
            rows = np.searchsorted(self.values, ids)
            rows[self._array[rows] != ids] = -1  # behind the last id stands -1
            return rows
        if self._rows is None:
            self._rows = {held: row for row, held in enumerate(self.values.tolist())}
        return np.array([self._rows.get(held, -1) for held in ids.tolist()], np.int64)

    def draw(self, count: int) -> NDArray[np.int64]:
        """`count` ids that were never held."""
        if self.next + count > MAX_ID + 1:
            raise IdError(f"ids: none are left above {self.next - 1}; say which the new rows get")
        return np.arange(self.next, self.next + count, dtype=np.int64)

    def append(self, ids: NDArray[np.int64]) -> None:
        """Give the next rows these ids; they are distinct, and none of them is held."""
        if not len(ids):
            return
        last = int(self._array[self.count - 1])  # of none: the -1 at the end
        start, count, array = self.count, self.count + len(ids), self._array
        if count >= len(array):
            array = np.full(max(count, 2 * start) + 1, -1, np.int64)
            array[:start] = self._array[:start]
        array[start:count] = ids
        rising = bool((ids[1:] > ids[:-1]).all())
        following = int(ids[-1] if rising else ids.max()) + 1
        # nothing fails from here on
        self._array, self.count, self.next = array, count, max(self.next, following)
        self._ascending = self._ascending and rising and int(ids[0]) > last
        self._note_plain()
        self._rows = None

    def kept(self, rows: NDArray[np.int64]) -> "Ids":
        """The ids of these rows alone, which are in ascending order and numbered anew."""
        kept = Ids()
        kept._array = np.full(len(rows) + 1, -1, np.int64)
        kept._array[:-1] = self._array[rows]
        kept.count, kept.next, kept._ascending = len(rows), self.next, self._ascending
        kept._note_plain()
        return kept

    def _note_plain(self) -> None:
        # ascending ids from 0 on that end at the last row's number have skipped none
        self.plain = self._ascending and int(self._array[self.count - 1]) == self.count - 1


def check_ids(ids: ArrayLike) -> NDArray[np.int64]:
    """Distinct ids as int64 of shape (n,); a single number is one id."""
    array = np.atleast_1d(np.asarray(ids))
    if array.ndim != 1:
        raise ShapeError(f"ids must have the shape (n,), not {array.shape}")
    if not array.size:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu":
        raise ShapeError(f"ids must be whole numbers of 64 bits, not {array.dtype}")
    if array.min() < 0 or array.max() > MAX_ID:
        raise IdError(f"ids are 0 to {MAX_ID}, not {array.min()} to {array.max()}")
    whole = array.astype(np.int64)
    if (repeated := first_repeated(whole)) is not None:
        raise IdError(f"ids holds {repeated} twice")
    return whole


def first_repeated(ids: NDArray[np.int64]) -> int | None:
    """The least id that occurs more than once."""
    if (ids[1:] > ids[:-1]).all():
        return None
    ordered = np.sort(ids)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    return int(repeated[0]) if len(repeated) else None
