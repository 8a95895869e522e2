"""The vectors that everybody gets, and what NumPy says is right."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

DIM = 10_000
WORDS = 157  # of 64 bits
PADDED = 160  # 20 lines of 64 bytes
LINES = 20
QUERIES = 256
FLIPPED = 0.4
SEED = 20_000


@dataclass(frozen=True)
class Data:
    """Random rows of 10,000 bits, and queries that are rows with some of their bits flipped.

    `rows` is (n, 160) words, zero beyond bit 10,000, each row aligned to 64 bytes; `queries` is
    (256, 160) alike, of which at most `limit` are checked.
    """

    rows: Words
    queries: Words
    limit: int = QUERIES

    @property
    def size(self) -> int:
        """How many rows."""
        return len(self.rows)

    @cached_property
    def row_bytes(self) -> Bytes:
        """The rows as (n, 1280) bytes, no copy."""
        return self.rows.view(np.uint8)

    @cached_property
    def query_bytes(self) -> Bytes:
        """The queries as (256, 1280) bytes, no copy."""
        return self.queries.view(np.uint8)

    @cached_property
    def each_query(self) -> list[Bytes]:
        """Each query as (1, 1280) bytes, made beforehand as a user would who asks again and again."""
        return [self.query_bytes[number : number + 1] for number in range(len(self.queries))]

    @cached_property
    def row_bits(self) -> Bits:
        """The rows as (n, 10000) booleans, made once for all who work on such."""
        return bits(self.rows)

    @cached_property
    def query_bits(self) -> Bits:
        """The queries as (256, 10000) booleans."""
        return bits(self.queries)

    @cached_property
    def checked(self) -> int:
        """For how many queries the reference is computed: all of them where that takes seconds."""
        affordable = max(32, 32_000_000 // self.size)
        return min(affordable, self.limit, len(self.queries))

    def reference(self, dim: int = DIM) -> npt.NDArray[np.int32]:
        """Hamming distances (checked, n) on the first `dim` bits, a multiple of 64 or 10,000."""
        cached: dict[int, npt.NDArray[np.int32]] = self.__dict__.setdefault("references", {})
        if dim not in cached:
            cached[dim] = _distances(self.queries[: self.checked], self.rows, -(-dim // 64))
        return cached[dim]


def make(size: int, flipped: float = FLIPPED, seed: int = SEED) -> Data:
    """The same rows and queries for the same size and seed, in every process."""
    random = np.random.default_rng((seed, size))
    rows = vectors(size, random)
    chosen = random.integers(0, size, QUERIES)
    return Data(rows, flip(rows[chosen], flipped, random))


def vectors(size: int, random: np.random.Generator) -> Words:
    """Uniformly random rows (size, 160), aligned to 64 bytes."""
    rows = aligned(size)
    for start in range(0, size, 65_536):
        part = rows[start : start + 65_536, :WORDS]
        part[:] = random.integers(0, 2**64, part.shape, np.uint64)
    rows[:, WORDS - 1] &= np.uint64(2 ** (DIM % 64) - 1)
    return rows


def aligned(size: int) -> Words:
    """Zeros (size, 160), the first at a multiple of 64 bytes."""
    space = np.zeros(size * PADDED + 8, np.uint64)
    start = -(space.ctypes.data // 8) % 8
    return space[start : start + size * PADDED].reshape(size, PADDED)


def flip(rows: Words, share: float, random: np.random.Generator) -> Words:
    """A copy with exactly that share of the bits of each row flipped."""
    count = round(share * DIM)
    mask = np.zeros((len(rows), PADDED * 64), np.bool_)
    for row in mask:
        row[random.permutation(DIM)[:count]] = True
    flipped = aligned(len(rows))
    flipped[:] = rows ^ np.packbits(mask, axis=1, bitorder="little").view(np.uint64)
    return flipped


def bits(rows: Words) -> Bits:
    """(n, 10000) booleans."""
    unpacked = np.unpackbits(rows.view(np.uint8), axis=1, count=DIM, bitorder="little")
    return unpacked.view(np.bool_)


def distances(query: Words, rows: Words) -> Ints:
    """Hamming distances of a row to each of several."""
    counts: Ints = np.bitwise_count(rows ^ query).sum(axis=1, dtype=np.int64)
    return counts


def _distances(queries: Words, rows: Words, words: int) -> npt.NDArray[np.int32]:
    found = np.empty((len(queries), len(rows)), np.int32)
    for start in range(0, len(rows), 1024):
        part = np.ascontiguousarray(rows[start : start + 1024, :words])
        differ = np.empty_like(part)
        for query, answer in zip(queries[:, :words], found, strict=True):
            np.bitwise_xor(part, query, out=differ)
            count = np.bitwise_count(differ)
            count.sum(axis=1, dtype=np.int32, out=answer[start : start + 1024])
    return found
