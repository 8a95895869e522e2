"""FAISS: its flat binary index."""

from typing import Protocol, cast

import numpy as np
from bench.hdc.data import Bytes, Data, Ints
from bench.hdc.peers.protocol import ANY, TOP, Answer, Defaults, integers, load


class _Index(Protocol):
    def add(self, rows: Bytes, /) -> None: ...
    def search(self, queries: Bytes, k: int, /) -> tuple[Ints, Ints]: ...


class _Faiss(Protocol):
    def omp_set_num_threads(self, threads: int, /) -> None: ...
    def IndexBinaryFlat(self, bits: int, /) -> _Index: ...  # noqa: N802 (its name)


class Flat(Defaults):
    """On the padded rows of 1,280 bytes."""

    name = "faiss IndexBinaryFlat"
    library = "faiss"
    most_batch = ANY
    threaded = True
    width = 1280

    def __init__(self) -> None:
        self.faiss = cast("_Faiss", load("faiss"))

    def prepare(self, data: Data) -> None:
        """Copy the rows into an index."""
        self.index = self.faiss.IndexBinaryFlat(self.width * 8)
        self.index.add(np.ascontiguousarray(data.row_bytes[:, : self.width]))
        self.queries = np.ascontiguousarray(data.query_bytes[:, : self.width])
        self.each = [self.queries[number : number + 1] for number in range(len(self.queries))]

    def use(self, threads: int) -> None:
        """OpenMP's threads, of the whole process."""
        self.faiss.omp_set_num_threads(threads)

    def single(self, number: int) -> object:
        """Search for one query."""
        return self.index.search(self.each[number], TOP)

    def batch(self, count: int) -> object:
        """Search for the first `count` queries."""
        return self.index.search(self.queries[:count], TOP)

    def answer(self, found: object) -> Answer:
        """Distances and numbers, both (q, k)."""
        distances, ids = cast("tuple[Ints, Ints]", found)
        return Answer(integers(distances), ids)


class Natural(Flat):
    """On rows of 1,250 bytes, as its user would store 10,000 bits."""

    name = "faiss IndexBinaryFlat, 1,250 bytes"
    width = 1250
    most = 100_000
    most_batch = 100_000
    why = "a second copy of the rows, no faster at 100,000"
