"""What a library must offer to be raced, and how its answers are read."""

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data, Ints

TOP = 10
ANY = 10_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Distances (q, k) with their rows' numbers, or distances to all rows (q, n) without."""

    distances: npt.NDArray[np.number]
    ids: Ints | None = None


class Searcher(Protocol):
    """Nearest neighbours by Hamming distance.

    `kind` says how the result differs from a top-10, `dim` how many of the bits are compared.
    Above `most` rows, and with many queries at once above `most_batch`, it is not run, because of
    `why`. Only who is `threaded` runs on more than one.
    """

    name: str
    library: str
    kind: str
    dim: int
    most: int
    most_batch: int
    why: str
    threaded: bool

    def prepare(self, data: Data) -> None:
        """Take the rows and queries in its own form; reported, but not timed with the search."""

    def use(self, threads: int) -> None:
        """Pin the number of threads."""

    def single(self, number: int) -> object:
        """Search for one query."""

    def batch(self, count: int) -> object:
        """Search for the first `count` queries."""

    def answer(self, found: object) -> Answer:
        """Read what a search returned."""


class Bundler(Protocol):
    """The bitwise majority of an odd number of vectors."""

    name: str
    library: str
    kind: str
    dim: int

    def prepare(self, data: Data) -> None:
        """Take the rows in its own form."""

    def bundle(self) -> object:
        """Make the majority of all rows."""

    def bits(self, found: object) -> Bits:
        """Read it as booleans (dim,)."""


class Defaults:
    """What most libraries share: no threads, no batches, no limit."""

    kind: str = ""
    dim: int = DIM
    most: int = ANY
    most_batch: int = 0
    why: str = "one query at a time"
    threaded: bool = False

    def use(self, threads: int) -> None:
        """There is one thread."""

    def batch(self, count: int) -> object:
        """Not offered."""
        raise NotImplementedError(f"{count} queries at once")


def load(name: str) -> ModuleType:
    """Import a library that need not be there; raises ImportError."""
    return importlib.import_module(name)


def integers(values: npt.ArrayLike) -> Ints:
    """Whatever numbers a library returns, as int64."""
    return np.asarray(values).astype(np.int64)
