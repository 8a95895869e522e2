"""SimSIMD: `cdist` with the metric of bits, distances only."""

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import Bytes, Data
from bench.hdc.peers.protocol import ANY, load
from bench.hdc.peers.topk import AllDistances, Distances

Doubles = npt.NDArray[np.float64]


class Simsimd(Protocol):
    """What is used of it."""

    def cdist(
        self, a: Bytes, b: Bytes, /, *, metric: str, dtype: str, out: Doubles, threads: int
    ) -> None:
        """Fill `out` with all distances."""

    def hamming(self, a: Bytes, b: Bytes, dtype: str, /) -> float:
        """The distance of two rows."""


class Cdist(AllDistances):
    """Into an output that is reused."""

    name = "simsimd cdist"
    library = "simsimd"
    most_batch = ANY
    threaded = True

    def __init__(self) -> None:
        self.simsimd = cast("Simsimd", load("simsimd"))

    def prepare(self, data: Data) -> None:
        """Nothing to make."""
        self.rows, self.queries, self.threads = data.row_bytes, data.query_bytes, 1
        self.each = data.each_query
        self.outputs: dict[int, Doubles] = {}

    def use(self, threads: int) -> None:
        """A keyword of the call."""
        self.threads = threads

    def single(self, number: int) -> Distances:
        """Distances of one query."""
        return self._cdist(self.each[number])

    def batch(self, count: int) -> Distances:
        """Distances of the first `count` queries."""
        return self._cdist(self.queries[:count])

    def _cdist(self, queries: Bytes) -> Distances:
        out = self.outputs.get(len(queries))
        if out is None:
            out = self.outputs[len(queries)] = np.zeros((len(queries), len(self.rows)))
        self.simsimd.cdist(
            queries, self.rows, metric="hamming", dtype="bin8", out=out, threads=self.threads
        )
        return out
