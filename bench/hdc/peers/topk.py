"""Libraries that return all distances, and the top-k that their user then makes with NumPy."""

from typing import cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import Data
from bench.hdc.peers.protocol import TOP, Answer, Defaults, integers

Distances = npt.NDArray[np.number]
MOST_BATCH = 100_000  # `argpartition` of 256 queries at 1,000,000 rows returns 2 GB


class AllDistances(Defaults):
    """Returns the distances to all rows, (q, n)."""

    name: str
    library: str
    kind = "distances only"

    def prepare(self, data: Data) -> None:
        """Take the rows and queries in its own form."""
        raise NotImplementedError

    def single(self, number: int) -> Distances:
        """Distances of one query, (1, n)."""
        raise NotImplementedError

    def batch(self, count: int) -> Distances:
        """Distances of the first `count` queries."""
        raise NotImplementedError

    def answer(self, found: object) -> Answer:
        """The distances as they are."""
        return Answer(cast("Distances", found))


class Partitioned(Defaults):
    """Such a library, prepared already, followed by `argpartition` and a sort of what remains."""

    def __init__(self, library: AllDistances) -> None:
        self.inner = library
        self.name = f"{library.name}, argpartition"
        self.library = library.library
        self.most, self.why = library.most, library.why
        self.most_batch = min(library.most_batch, MOST_BATCH)

    def prepare(self, data: Data) -> None:
        """Done by the library that it shares."""

    def single(self, number: int) -> object:
        """The top-k of one query, (k,)."""
        distances = self.inner.single(number)[0]
        ids = np.argpartition(distances, TOP)[:TOP]
        nearest = distances[ids]
        order = nearest.argsort()
        return nearest[order], ids[order]

    def batch(self, count: int) -> object:
        """The top-k of the first `count` queries."""
        distances = self.inner.batch(count)
        ids = np.argpartition(distances, TOP, axis=1)[:, :TOP]
        nearest = np.take_along_axis(distances, ids, axis=1)
        order = np.argsort(nearest, axis=1)
        return np.take_along_axis(nearest, order, axis=1), np.take_along_axis(ids, order, axis=1)

    def answer(self, found: object) -> Answer:
        """Distances and numbers, both (q, k)."""
        distances, ids = cast("tuple[Distances, Distances]", found)
        return Answer(np.atleast_2d(integers(distances)), np.atleast_2d(integers(ids)))
