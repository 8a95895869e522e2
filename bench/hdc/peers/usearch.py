"""USearch: its exact search, and its index searched exactly."""

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import Bytes, Data, Ints
from bench.hdc.peers.protocol import ANY, TOP, Answer, Defaults, integers, load


class _Matches(Protocol):
    keys: npt.NDArray[np.uint64]
    distances: npt.NDArray[np.float32]


class _Metrics(Protocol):
    Hamming: object


class _Index(Protocol):
    def add(self, keys: Ints, vectors: Bytes, *, copy: bool, threads: int) -> object: ...
    def search(self, queries: Bytes, k: int, *, exact: bool, threads: int) -> _Matches: ...


class _Usearch(Protocol):
    MetricKind: _Metrics

    def search(
        self,
        rows: Bytes,
        queries: Bytes,
        count: int,
        metric: object,
        /,
        *,
        exact: bool,
        threads: int,
        dtype: str,
    ) -> _Matches: ...

    def Index(  # noqa: N802 (its name)
        self, *, ndim: int, metric: object, dtype: str, connectivity: int, expansion_add: int
    ) -> _Index: ...


class Exact(Defaults):
    """`search(..., exact=True)` on a plain matrix."""

    name = "usearch exact"
    library = "usearch"
    most_batch = ANY
    threaded = True

    def __init__(self) -> None:
        self.usearch = cast("_Usearch", load("usearch.index"))

    def prepare(self, data: Data) -> None:
        """Nothing to make: it works on the matrix."""
        self.rows, self.queries, self.threads = data.row_bytes, data.query_bytes, 1
        self.each = list(self.queries)

    def use(self, threads: int) -> None:
        """A keyword of the call."""
        self.threads = threads

    def single(self, number: int) -> object:
        """Search for one query."""
        return self._search(self.each[number])

    def batch(self, count: int) -> object:
        """Search for the first `count` queries."""
        return self._search(self.queries[:count])

    def answer(self, found: object) -> Answer:
        """Distances and numbers, both (q, k)."""
        matches = cast("_Matches", found)
        return Answer(
            integers(matches.distances).reshape(-1, TOP), integers(matches.keys).reshape(-1, TOP)
        )

    def _search(self, queries: Bytes) -> _Matches:
        return self.usearch.search(
            self.rows,
            queries,
            TOP,
            self.usearch.MetricKind.Hamming,
            exact=True,
            threads=self.threads,
            dtype="b1",
        )


class IndexExact(Exact):
    """`Index.search(exact=True)`: its graph is built, with the least effort, and not used."""

    name = "usearch Index, exact"
    most_batch = 10_000  # above, the other is faster
    threaded = False

    def prepare(self, data: Data) -> None:
        """Build the index, which for an exact search need not be a good one."""
        super().prepare(data)
        self.index = self.usearch.Index(
            ndim=self.rows.shape[1] * 8,
            metric=self.usearch.MetricKind.Hamming,
            dtype="b1",
            connectivity=2,
            expansion_add=1,
        )
        self.index.add(np.arange(data.size), self.rows, copy=False, threads=1)

    def _search(self, queries: Bytes) -> _Matches:
        return self.index.search(queries, TOP, exact=True, threads=self.threads)
