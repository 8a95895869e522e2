"""NumPy itself: what its user writes with `bitwise_count`, `unpackbits` and sums."""

import numpy as np
from bench.hdc.data import DIM, WORDS, Bits, Data, Words
from bench.hdc.peers.protocol import Defaults
from bench.hdc.peers.topk import AllDistances, Distances

CHUNK = 512  # rows whose intermediate results stay in the caches


class Count(AllDistances):
    """`bitwise_count` of the xor, in parts that fit the caches, into outputs that are reused."""

    name = "numpy bitwise_count"
    library = "numpy"
    most_batch = 10_000
    why = "a minute for 256 queries"

    def prepare(self, data: Data) -> None:
        """Rows without padding."""
        self.rows = np.ascontiguousarray(data.rows[:, :WORDS])
        self.queries = data.queries[:, :WORDS]
        self.differ = np.empty((CHUNK, WORDS), np.uint64)
        self.count = np.empty((CHUNK, WORDS), np.uint8)
        self.out = np.empty((1, data.size), np.uint32)

    def single(self, number: int) -> Distances:
        """Distances of one query."""
        self._distances(self.queries[number], 0)
        return self.out

    def batch(self, count: int) -> Distances:
        """Distances of the first `count` queries, one after another."""
        if len(self.out) != count:
            self.out = np.empty((count, len(self.rows)), np.uint32)
        for number in range(count):
            self._distances(self.queries[number], number)
        return self.out

    def _distances(self, query: Words, place: int) -> None:
        for start in range(0, len(self.rows), CHUNK):
            part = self.rows[start : start + CHUNK]
            differ, count = self.differ[: len(part)], self.count[: len(part)]
            np.bitwise_xor(part, query, out=differ)
            np.bitwise_count(differ, out=count)
            count.sum(axis=1, dtype=np.uint32, out=self.out[place, start : start + CHUNK])


class UnpackedSum(Defaults):
    """Sums bytes of 0 and 1, unpacked beforehand; the result stays unpacked."""

    name = "numpy sum of unpacked bytes"
    library = "numpy"
    kind = "unpacked"

    def prepare(self, data: Data) -> None:
        """Unpack."""
        self.rows = data.row_bits.view(np.uint8)

    def bundle(self) -> object:
        """The majority."""
        return self.rows.sum(axis=0, dtype=np.uint16) > len(self.rows) // 2

    def bits(self, found: object) -> Bits:
        """It is booleans."""
        return np.asarray(found, np.bool_)


class PackedSum(Defaults):
    """Unpacks, sums and packs."""

    name = "numpy unpackbits, sum, packbits"
    library = "numpy"

    def prepare(self, data: Data) -> None:
        """Nothing to make."""
        self.rows = data.row_bytes

    def bundle(self) -> object:
        """The majority, packed."""
        unpacked = np.unpackbits(self.rows, axis=1, count=DIM, bitorder="little")
        majority = unpacked.sum(axis=0, dtype=np.uint16) > len(unpacked) // 2
        return np.packbits(majority, bitorder="little")

    def bits(self, found: object) -> Bits:
        """Read as booleans."""
        packed = np.asarray(found, np.uint8)
        return np.unpackbits(packed, count=DIM, bitorder="little").view(np.bool_)
