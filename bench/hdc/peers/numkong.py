"""NumKong: `cdist` and packed matrices, distances only."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, cast

import numpy as np
from bench.hdc.data import Bytes, Data
from bench.hdc.peers.protocol import ANY, load
from bench.hdc.peers.topk import AllDistances, Distances


class _Tensor(Protocol):
    def __array__(self) -> Distances: ...


class _Packed(Protocol):
    """A matrix in its own layout."""


class Numkong(Protocol):
    """What is used of it."""

    def zeros(self, shape: tuple[int, int], /, *, dtype: str) -> _Tensor:
        """An output."""

    def cdist(self, a: Bytes, b: Bytes, /, metric: str, *, dtype: str, out: _Tensor) -> None:
        """Fill `out` with all distances."""

    def hammings_pack(self, rows: Bytes, /, dtype: str) -> _Packed:
        """Lay a matrix out for many products."""

    def hammings_packed(
        self, a: Bytes, b: _Packed, /, *, out: _Tensor, start_row: int, end_row: int
    ) -> object:
        """Fill rows of `out` with the distances of rows of a to all of b."""

    def hamming(self, a: Bytes, b: Bytes, /, dtype: str) -> int:
        """The distance of two rows."""


class Cdist(AllDistances):
    """Into an output that is reused; for one query, many are faster packed."""

    name = "numkong cdist"
    library = "numkong"
    why = "packed is faster"

    def __init__(self) -> None:
        self.numkong = cast("Numkong", load("numkong"))

    def prepare(self, data: Data) -> None:
        """Nothing to make but the output."""
        self.rows, self.each = data.row_bytes, data.each_query
        self.out = self.numkong.zeros((1, data.size), dtype="float64")
        self.view: Distances = np.asarray(self.out)

    def single(self, number: int) -> Distances:
        """Distances of one query."""
        self.numkong.cdist(self.each[number], self.rows, "hamming", dtype="uint1", out=self.out)
        return self.view


class PackedRows(AllDistances):
    """The rows packed beforehand; threads of ours share the queries."""

    name = "numkong packed rows"
    library = "numkong"
    most_batch = ANY
    threaded = True

    def __init__(self) -> None:
        self.numkong = cast("Numkong", load("numkong"))

    def prepare(self, data: Data) -> None:
        """Pack the rows."""
        self._take(data)
        self.packed = self.numkong.hammings_pack(self.rows, "uint1")

    def use(self, threads: int) -> None:
        """Threads of ours, as it offers parts of the work instead."""
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads)

    def single(self, number: int) -> Distances:
        """Distances of one query."""
        return self._distances(self.each[number])

    def batch(self, count: int) -> Distances:
        """Distances of the first `count` queries."""
        return self._distances(self.queries[:count])

    def _take(self, data: Data) -> None:
        self.rows, self.queries = data.row_bytes, data.query_bytes
        self.each = data.each_query
        self.outputs: dict[int, tuple[_Tensor, Distances]] = {}
        self.use(1)

    def _distances(self, queries: Bytes) -> Distances:
        out, view = self._output(len(queries), (len(queries), len(self.rows)))
        self._share(queries, self.packed, out)
        return view

    def _output(self, key: int, shape: tuple[int, int]) -> tuple[_Tensor, Distances]:
        if key not in self.outputs:
            out = self.numkong.zeros(shape, dtype="uint32")
            self.outputs[key] = out, np.asarray(out)
        return self.outputs[key]

    def _share(self, left: Bytes, right: _Packed, out: _Tensor) -> None:
        """Have each thread do its part of the rows of the left operand."""
        if self.threads == 1:
            self._part(left, right, out, 0, len(left))
            return
        bounds = [len(left) * part // self.threads for part in range(self.threads + 1)]
        parts = [
            self.pool.submit(self._part, left, right, out, start, end)
            for start, end in itertools.pairwise(bounds)
        ]
        for part in parts:
            part.result()

    def _part(self, left: Bytes, right: _Packed, out: _Tensor, start: int, end: int) -> None:
        self.numkong.hammings_packed(left, right, out=out, start_row=start, end_row=end)


class PackedQueries(PackedRows):
    """The queries packed, which is part of the search; threads of ours share the rows."""

    name = "numkong packed queries"

    def prepare(self, data: Data) -> None:
        """Nothing to make."""
        self._take(data)

    def _distances(self, queries: Bytes) -> Distances:
        out, view = self._output(len(queries), (len(self.rows), len(queries)))
        self._share(self.rows, self.numkong.hammings_pack(queries, "uint1"), out)
        return view.T
