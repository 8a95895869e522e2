"""Episodes in a SQLite file, searched exactly in memory."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock

import numpy as np

from emily.cognition.memory.errors import RefusedError, StoreError, StoreUnavailable
from emily.cognition.memory.migrations import migrate
from emily.cognition.memory.recall import Query, Recalled, check_k, ranked
from emily.cognition.memory.record import (
    DIM,
    Episode,
    check_id,
    check_time,
    from_microseconds,
    microseconds,
)
from emily.cognition.memory.resident import Resident
from emily.cognition.memory.rows import column, to_episode
from emily.cognition.memory.store import Health, check_same

_COLUMNS = "id, timestamp_us, content, valence, arousal, dominance, embedding, context"

_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
}
"""Primary result codes that say nothing against trying again."""


class SqliteStore:
    """An EpisodicStore in one file, which is made, and migrated, when it is first used.

    What `store` acknowledged is on the disk (WAL, synchronous=FULL). Recall compares every embedding
    with the query, in memory; what other processes write to the file is noticed and read again. A file
    that is taken away makes the store unavailable, one that comes back in its place is opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout_s: float = 5.0) -> None:
        """Name the file; `timeout_s` is how long to wait for another process that writes."""
        self._path = Path(path)
        self._timeout_s = timeout_s
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._resident = Resident.empty()
        self._version: int | None = None
        """The data version of what is resident."""

    def store(self, episode: Episode) -> bool:
        """Keep an episode; see EpisodicStore."""
        row = (
            episode.id,
            microseconds(episode.timestamp),
            episode.content,
            *episode.affect,
            episode.embedding.astype("<f4").tobytes(),
            episode.context_json,
        )
        with self._using() as connection:
            written = connection.execute(
                f"INSERT INTO episodes ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constant
                " ON CONFLICT (id) DO NOTHING",
                row,
            ).rowcount
            if not written:
                check_same(episode, self._get(connection, episode.id))
                return False
            self._resident.add(episode)
        return True

    def recall(self, query: Query, k: int, now: datetime) -> list[Recalled]:
        """The k that score best of all that are held; see EpisodicStore."""
        check_k(k)
        now = check_time("now", now)
        with self._using() as connection:
            self._follow(connection)
            ids = self._resident.best(query, k, now)
            found = [self._get(connection, episode_id) for episode_id in ids]
        return ranked(query, [episode for episode in found if episode is not None], k, now)

    def get(self, episode_id: str) -> Episode | None:
        """The episode with this id; see EpisodicStore."""
        episode_id = check_id(episode_id)
        with self._using() as connection:
            return self._get(connection, episode_id)

    def forget(self, episode_id: str) -> bool:
        """Remove an episode for good; see EpisodicStore."""
        episode_id = check_id(episode_id)
        with self._using() as connection:
            removed = connection.execute(
                "DELETE FROM episodes WHERE id = ?", (episode_id,)
            ).rowcount
            self._resident.remove(episode_id)
        return removed > 0

    def count(self) -> int:
        """How many episodes are held; see EpisodicStore."""
        with self._using() as connection:
            (number,) = connection.execute("SELECT count(*) FROM episodes").fetchone()
        return int(number)

    def health(self) -> Health:
        """How the store is; see EpisodicStore."""
        try:
            return Health(True, "SQLite answers", self.count())
        except StoreError as error:
            return Health(False, str(error))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._version = None, None

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """The open file, with SQLite's errors told as the store's."""
        with self._lock:
            try:
                yield self._opened()
            except (sqlite3.IntegrityError, sqlite3.DataError) as error:
                raise RefusedError(f"SQLite refused: {error}") from error
            except sqlite3.Error as error:
                if error.__class__ is sqlite3.ProgrammingError or not _passes(error):
                    raise StoreError(f"SQLite refused: {error}") from error
                raise StoreUnavailable(f"SQLite cannot at present: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        file = self._identity()
        if self._connection is not None and file == self._file:
            return self._connection
        self.close()
        if file is None and self._file is not None:
            # SQLite would make an empty one: nothing remembered, and nobody told
            raise StoreUnavailable(f"{self._path} is gone")
        connection = sqlite3.connect(
            self._path, timeout=self._timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._file = connection, self._identity()
        return connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be reached: {error.strerror}") from error
        return found.st_dev, found.st_ino

    def _follow(self, connection: sqlite3.Connection) -> None:
        """Read everything when another connection has written since."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return
        rows = connection.execute(
            "SELECT id, timestamp_us, valence, arousal, dominance, embedding FROM episodes"
        ).fetchall()
        embeddings = np.frombuffer(b"".join(row[5] for row in rows), "<f4")
        self._resident = Resident(
            [row[0] for row in rows],
            embeddings.reshape(len(rows), DIM).astype(np.float32, copy=False),
            np.array([row[2:5] for row in rows], np.float64).reshape(-1, 3),
            np.array([row[1] for row in rows], np.int64),
        )
        self._version = version

    def _get(self, connection: sqlite3.Connection, episode_id: str) -> Episode | None:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM episodes WHERE id = ?",  # noqa: S608 - constant
            (episode_id,),
        ).fetchone()
        return None if row is None else _episode(row)


def _episode(row: Sequence[object]) -> Episode:
    return to_episode(
        row,
        lambda time_us: from_microseconds(column(time_us, int)),
        lambda data: np.frombuffer(column(data, bytes), "<f4"),
    )


def _passes(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _PASSING
