"""What an exact search looks at, in memory: a row for each episode."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from emily.cognition.memory.recall import Query, terms, unit
from emily.cognition.memory.record import DIM, Episode, microseconds


class Resident:
    """Embeddings of length 1, affects and times of n episodes; the order of the rows means nothing."""

    def __init__(
        self,
        ids: list[str],
        embeddings: NDArray[np.float32],
        affects: NDArray[np.float64],
        times_us: NDArray[np.int64],
    ) -> None:
        """Take n ids and arrays of shapes (n, 384), (n, 3) and (n,)."""
        self._ids = ids
        self._rows = {episode_id: row for row, episode_id in enumerate(ids)}
        lengths = np.linalg.norm(embeddings.astype(np.float64), axis=1, keepdims=True)
        self._units = (embeddings / lengths).astype(np.float32)
        self._affects = affects
        self._times_us = times_us

    @classmethod
    def empty(cls) -> "Resident":
        """One without episodes."""
        return cls([], np.empty((0, DIM), np.float32), np.empty((0, 3)), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, episode: Episode) -> None:
        """Append a row, unless there is one with its id."""
        if episode.id in self._rows:
            return
        row = len(self._ids)
        if row == len(self._units):
            self._grow(max(64, 2 * row))
        self._units[row] = unit(episode.embedding)
        self._affects[row] = episode.affect
        self._times_us[row] = microseconds(episode.timestamp)
        self._rows[episode.id] = row
        self._ids.append(episode.id)

    def remove(self, episode_id: str) -> None:
        """Move the last row into the place of this one."""
        row = self._rows.pop(episode_id, None)
        if row is None:
            return
        last = len(self._ids) - 1
        moved = self._ids.pop()
        if row != last:
            for array in (self._units, self._affects, self._times_us):
                array[row] = array[last]
            self._ids[row] = moved
            self._rows[moved] = row

    def best(self, query: Query, k: int, now: datetime) -> list[str]:
        """The ids of the k that score best, in no order, by an exact scan in float32."""
        count = len(self._ids)
        found = terms(
            query,
            now,
            self._units[:count] @ unit(query.embedding),
            self._affects[:count],
            self._times_us[:count],
        )
        scores = found.scores(query.weights)
        rows = np.argpartition(scores, count - k)[count - k :] if k < count else np.arange(count)
        return [self._ids[row] for row in rows]

    def _grow(self, rows: int) -> None:
        for name in ("_units", "_affects", "_times_us"):
            old = getattr(self, name)
            new = np.zeros((rows, *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)
