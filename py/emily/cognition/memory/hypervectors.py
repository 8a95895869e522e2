"""Hypervectors of 10,000 bits in PostgreSQL, searched by Hamming distance.

They are handed over as packed words, the form in which emily.instinct.hdc keeps them: bit i of a vector
is bit i mod 64 of word i div 64, counted from the lowest. PostgreSQL's bit strings begin at a byte's
highest bit, so that on the way each byte is turned around.
"""

from collections.abc import Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import Bit

from emily.cognition.memory.errors import EpisodeError
from emily.cognition.memory.recall import check_k
from emily.cognition.memory.server import PostgresServer

BITS = 10_000
WORDS = 157

_TURNED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1)[:, ::-1])
"""Each byte with its bits in the other order."""

_INSERT = """INSERT INTO hypervectors (id, bits) VALUES (%s, %s)
    ON CONFLICT (id) DO UPDATE SET bits = excluded.bits"""
_EXACT = (
    "SELECT id, (bits <~> %s)::int AS distance FROM hypervectors ORDER BY distance, id LIMIT %s"
)
_INDEXED = """SELECT id, distance::int FROM (
    SELECT id, bits <~> %s AS distance FROM hypervectors ORDER BY distance LIMIT %s
) AS nearest ORDER BY distance, id"""


class HypervectorTable:
    """Hypervectors with ids from 0 on, in a table with an HNSW index (bit_hamming_ops)."""

    def __init__(self, server: PostgresServer) -> None:
        """Take the server, which stays its owner's to close."""
        self._server = server

    def put(self, ids: Sequence[int], words: NDArray[np.uint64]) -> None:
        """Keep n vectors, words of shape (n, 157), in place of those with the same ids, all or none.

        Raises EpisodeError, StoreUnavailable and StoreError.
        """
        rows = _octets(words, ndim=2)
        numbers = _check_ids(ids)
        if len(numbers) != len(rows):
            raise EpisodeError(f"ids must be {len(rows)}, one per vector, not {len(numbers)}")
        values = [(number, Bit(row.tobytes())) for number, row in zip(numbers, rows, strict=True)]

        def insert(connection: psycopg.Connection) -> None:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(_INSERT, values)

        self._server.run(insert)

    def search(
        self, words: NDArray[np.uint64], k: int = 1, *, exact: bool = True
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Distances in bits and ids of the k nearest to words of shape (157,), ties by the lower id.

        Exact by a scan of the table, or else by the index, which finds nearly all.
        """
        check_k(k)
        query = Bit(_octets(words, ndim=1).tobytes())
        statement = _EXACT if exact else _INDEXED

        def nearest(connection: psycopg.Connection) -> list[tuple[int, int]]:
            return connection.execute(statement, (query, k)).fetchall()

        found = np.array(self._server.run(nearest), np.int64).reshape(-1, 2)
        return found[:, 1].astype(np.int32), found[:, 0]

    def remove(self, ids: Sequence[int]) -> int:
        """Forget the vectors with these ids; returns how many there were."""
        numbers = _check_ids(ids)
        delete = "DELETE FROM hypervectors WHERE id = ANY(%s)"
        return self._server.run(lambda connection: connection.execute(delete, (numbers,)).rowcount)

    def count(self) -> int:
        """How many vectors are held."""

        def count(connection: psycopg.Connection) -> int:
            row = connection.execute("SELECT count(*) FROM hypervectors").fetchone()
            return int(row[0]) if row else 0

        return self._server.run(count)


def _octets(words: NDArray[np.uint64], *, ndim: int) -> NDArray[np.uint8]:
    """Words as the bytes of bit strings, of shape (..., 1250)."""
    shape = (WORDS,) if ndim == 1 else ("n", WORDS)
    if np.asarray(words).dtype != np.uint64:
        raise EpisodeError(f"words must be an array of uint64, not of {np.asarray(words).dtype}")
    if words.ndim != ndim or words.shape[-1] != WORDS:
        wanted = str(shape).replace("'", "")
        raise EpisodeError(f"words must have the shape {wanted}, not {words.shape}")
    if (words[..., -1] >> np.uint64(BITS % 64)).any():
        raise EpisodeError(f"words: bits from {BITS} on must be zero")
    octets = np.ascontiguousarray(words.astype("<u8", copy=False)).view(np.uint8)
    return _TURNED[octets[..., : BITS // 8]]


def _check_ids(ids: Sequence[int]) -> list[int]:
    numbers = [int(number) for number in ids]
    if not all(0 <= number < 1 << 63 for number in numbers):
        raise EpisodeError("ids must be whole numbers from 0 to 2^63 - 1")
    if len(set(numbers)) != len(numbers):
        raise EpisodeError("ids must be different")
    return numbers
