"""hdlib: vectors as NumPy arrays of integers, its space a dictionary of them."""

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data
from bench.hdc.peers.protocol import Answer, Defaults, load


class Vector(Protocol):
    """What is used of it."""

    vector: npt.NDArray[np.int64]

    def dist(self, vector: "Vector", method: str) -> float:
        """Distance."""


class _Space(Protocol):
    def insert(self, vector: Vector, /) -> None: ...
    def find(self, vector: Vector, *, method: str) -> tuple[str, float]: ...


class _Library(Protocol):
    def Vector(  # noqa: N802 (its name)
        self, *, name: str, size: int, vector: npt.NDArray[np.int64], vtype: str
    ) -> Vector: ...
    def Space(self, *, size: int, vtype: str) -> _Space: ...  # noqa: N802 (its name)


class Arithmetic(Protocol):
    """What is used of it."""

    def bundle(self, a: Vector, b: Vector, /) -> Vector:
        """Sum of bipolar vectors."""

    def bind(self, a: Vector, b: Vector, /) -> Vector:
        """XOR of binary vectors."""

    def permute(self, vector: Vector, /, rotate_by: int) -> Vector:
        """Rotate."""


def arithmetic() -> Arithmetic:
    """Load it."""
    return cast("Arithmetic", load("hdlib.arithmetic"))


def vector(bits: Bits, number: int, vtype: str = "binary") -> Vector:
    """One of its vectors; a bipolar one is 1 for a set bit and -1 for another."""
    values = bits.astype(np.int64)
    if vtype == "bipolar":
        values = 2 * values - 1
    library = cast("_Library", load("hdlib.space"))
    return library.Vector(name=str(number), size=len(bits), vector=values, vtype=vtype)


class Find(Defaults):
    """`Space.find`, the nearest alone."""

    name = "hdlib Space.find"
    library = "hdlib"
    kind = "k = 1"
    most = 10_000
    why = "a Python loop over the rows"

    def __init__(self) -> None:
        self.hdlib = cast("_Library", load("hdlib.space"))

    def prepare(self, data: Data) -> None:
        """Insert the rows."""
        self.space = self.hdlib.Space(size=DIM, vtype="binary")
        for number, row in enumerate(data.row_bits):
            self.space.insert(vector(row, number))
        self.queries = [vector(query, -1) for query in data.query_bits]

    def single(self, number: int) -> object:
        """Search for one query."""
        return self.space.find(self.queries[number], method="hamming")

    def answer(self, found: object) -> Answer:
        """Distance and number, (1, 1)."""
        name, distance = cast("tuple[str, float]", found)
        return Answer(np.array([[int(distance)]]), np.array([[int(name)]]))


class Pairwise(Defaults):
    """`bundle` of bipolar vectors, one after another: the sums, whose sign would be the majority."""

    name = "hdlib bundle, pair after pair"
    library = "hdlib"
    kind = "sums, no sign"

    def __init__(self) -> None:
        self.arithmetic = arithmetic()

    def prepare(self, data: Data) -> None:
        """Make its vectors."""
        self.rows = [vector(row, number, "bipolar") for number, row in enumerate(data.row_bits)]

    def bundle(self) -> object:
        """The sums."""
        total = self.rows[0]
        for row in self.rows[1:]:
            total = self.arithmetic.bundle(total, row)
        return total

    def bits(self, found: object) -> Bits:
        """Positive where the majority is 1."""
        return np.asarray(cast("Vector", found).vector > 0)
