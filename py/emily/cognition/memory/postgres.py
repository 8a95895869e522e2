"""Episodes in PostgreSQL, searched by pgvector's HNSW index."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import psycopg
from pgvector import Vector

from emily.cognition.memory.errors import StoreError
from emily.cognition.memory.recall import Query, Recalled, check_k, ranked
from emily.cognition.memory.record import Episode, check_id, check_time
from emily.cognition.memory.rows import column, to_episode
from emily.cognition.memory.server import PostgresServer
from emily.cognition.memory.store import Health, check_same

_COLUMNS = (
    'id, "timestamp", content, valence, arousal, dominance, embedding, context::text AS context'
)
_GET = f"SELECT {_COLUMNS} FROM episodes WHERE id = %s"  # noqa: S608 - constant
_NEAREST = f"SELECT {_COLUMNS} FROM episodes ORDER BY embedding <=> %s LIMIT %s"  # noqa: S608 - constant
_INSERT = """INSERT INTO episodes
    (id, "timestamp", content, valence, arousal, dominance, embedding, context)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::json) ON CONFLICT (id) DO NOTHING"""


class PostgresStore:
    """An EpisodicStore in a database of PostgreSQL with pgvector (HNSW, m=16, ef_construction=64).

    The index (Malkov & Yashunin 2020, IEEE TPAMI 42(4)) finds neighbours by cosine, nearly all of them.
    Where other terms have a weight, the `candidates` nearest by cosine are ranked by the whole score: an
    episode that is not among them is not found, however recent or important it is.
    """

    def __init__(self, server: PostgresServer, *, candidates: int = 100) -> None:
        """Take the server, which `close` closes."""
        if not 1 <= candidates <= 10_000:
            raise StoreError(f"candidates must be 1 to 10000, not {candidates}")
        self._server = server
        self._candidates = candidates

    def store(self, episode: Episode) -> bool:
        """Keep an episode; see EpisodicStore."""
        values = (
            episode.id,
            episode.timestamp,
            episode.content,
            *episode.affect,
            Vector(episode.embedding),
            episode.context_json,
        )

        def insert(connection: psycopg.Connection) -> bool:
            if connection.execute(_INSERT, values).rowcount:
                return True
            check_same(episode, _get(connection, episode.id))
            return False

        return self._server.run(insert)

    def recall(self, query: Query, k: int, now: datetime) -> list[Recalled]:
        """The k that score best of the nearest; see EpisodicStore."""
        check_k(k)
        now = check_time("now", now)
        weights = query.weights
        blended = weights.affect if query.affect is not None else 0.0
        if weights.recency or weights.importance or blended or not weights.similarity:
            limit = max(k, self._candidates)
        else:
            limit = k

        def nearest(connection: psycopg.Connection) -> list[Episode]:
            with connection.cursor(binary=True) as cursor:
                cursor.execute(_NEAREST, (Vector(query.embedding), limit))
                return [_episode(row) for row in cursor.fetchall()]

        return ranked(query, self._server.run(nearest), k, now)

    def get(self, episode_id: str) -> Episode | None:
        """The episode with this id; see EpisodicStore."""
        episode_id = check_id(episode_id)
        return self._server.run(lambda connection: _get(connection, episode_id))

    def forget(self, episode_id: str) -> bool:
        """Remove an episode for good; see EpisodicStore."""
        episode_id = check_id(episode_id)
        delete = "DELETE FROM episodes WHERE id = %s"
        return self._server.run(
            lambda connection: connection.execute(delete, (episode_id,)).rowcount > 0
        )

    def count(self) -> int:
        """How many episodes are held; see EpisodicStore."""

        def count(connection: psycopg.Connection) -> int:
            row = connection.execute("SELECT count(*) FROM episodes").fetchone()
            return int(row[0]) if row else 0

        return self._server.run(count)

    def health(self) -> Health:
        """How the store is; see EpisodicStore."""
        try:
            return Health(True, "PostgreSQL answers", self.count())
        except StoreError as error:
            return Health(False, str(error))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._server.close()

    def __repr__(self) -> str:
        return f"PostgresStore({self._server!r})"


def _get(connection: psycopg.Connection, episode_id: str) -> Episode | None:
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(_GET, (episode_id,)).fetchone()
        return None if row is None else _episode(row)


def _episode(row: Sequence[object]) -> Episode:
    return to_episode(
        row,
        lambda time: column(time, datetime),
        lambda vector: np.asarray(column(vector, Vector).to_numpy(), np.float32),
    )
