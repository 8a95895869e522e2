"""scikit-learn: brute-force neighbours with its Hamming metric."""

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data, Ints
from bench.hdc.peers.protocol import TOP, Answer, Defaults, integers, load


class _Neighbors(Protocol):
    def fit(self, rows: Bits, /) -> object: ...
    def kneighbors(self, queries: Bits, /) -> tuple[npt.NDArray[np.float64], Ints]: ...


class _Sklearn(Protocol):
    def NearestNeighbors(  # noqa: N802 (its name)
        self, *, n_neighbors: int, algorithm: str, metric: str, n_jobs: int
    ) -> _Neighbors: ...


class Brute(Defaults):
    """Booleans, a share of differing bits instead of their number."""

    name = "scikit-learn brute, hamming"
    library = "scikit-learn"
    most = 1_000
    why = "17 µs a row"

    def __init__(self) -> None:
        self.sklearn = cast("_Sklearn", load("sklearn.neighbors"))

    def prepare(self, data: Data) -> None:
        """Unpack to booleans."""
        self.queries = data.query_bits
        self.neighbors = self.sklearn.NearestNeighbors(
            n_neighbors=TOP, algorithm="brute", metric="hamming", n_jobs=1
        )
        self.neighbors.fit(data.row_bits)

    def single(self, number: int) -> object:
        """Search for one query."""
        return self.neighbors.kneighbors(self.queries[number : number + 1])

    def answer(self, found: object) -> Answer:
        """Distances and numbers, both (q, k)."""
        shares, ids = cast("tuple[npt.NDArray[np.float64], Ints]", found)
        return Answer(integers(np.rint(shares * DIM)), ids)
