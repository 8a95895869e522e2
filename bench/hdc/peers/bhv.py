"""bhv: native vectors of 8,192 bits, no other dimension."""

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
from bench.hdc.data import Bits, Data, Words
from bench.hdc.peers.protocol import Answer, Defaults, load

BITS = 8192
BYTES = BITS // 8


class Vector(Protocol):
    """What is used of it."""

    def hamming(self, other: "Vector", /) -> int:
        """Distance."""

    def closest(self, rows: Sequence["Vector"], /) -> int:
        """Number of the nearest."""

    def roll_bits(self, shift: int, /) -> "Vector":
        """Rotate."""

    def to_bytes(self) -> bytes:
        """The bits."""

    def __xor__(self, other: "Vector", /) -> "Vector": ...


class _Vectors(Protocol):
    def from_bytes(self, data: bytes, /) -> Vector: ...
    def majority(self, rows: Sequence[Vector], /) -> Vector: ...


class _Native(Protocol):
    CNativePackedBHV: _Vectors


class _Wrapped(Vector, Protocol):
    """Its documented class."""

    def __init__(self, vector: Vector, /) -> None: ...

    @classmethod
    def majority(cls, rows: Sequence[Vector], /) -> Vector:
        """Bitwise."""


class _Public(Protocol):
    NativePackedBHV: type[_Wrapped]


def vectors(rows: Words) -> list[Vector]:
    """The first 8,192 bits of each row, in the extension's own class, which is its fastest."""
    native = cast("_Native", load("bhv.cnative"))
    return [native.CNativePackedBHV.from_bytes(row[: BITS // 64].tobytes()) for row in rows]


class Closest(Defaults):
    """`closest` over a list of its vectors; its `top` reads past the list and may end the process."""

    name = "bhv closest"
    library = "bhv"
    kind = "8,192 bits, k = 1, number only"
    dim = BITS
    most = 10_000
    why = "a Python object a row"

    def __init__(self) -> None:
        load("bhv.cnative")

    def prepare(self, data: Data) -> None:
        """Make its vectors."""
        self.rows, self.queries = vectors(data.rows), vectors(data.queries)
        self.number = 0

    def single(self, number: int) -> object:
        """Search for one query."""
        self.number = number
        return self.queries[number].closest(self.rows)

    def answer(self, found: object) -> Answer:
        """Its number, (1, 1), and the distance that it does not return."""
        nearest = cast("int", found)
        distance = self.queries[self.number].hamming(self.rows[nearest])
        return Answer(np.array([[distance]]), np.array([[nearest]]))


class Majority(Defaults):
    """`majority` over a list of the vectors of its extension."""

    name = "bhv CNativePackedBHV.majority"
    library = "bhv"
    kind = "8,192 bits"
    dim = BITS

    def __init__(self) -> None:
        self.native = cast("_Native", load("bhv.cnative")).CNativePackedBHV

    def prepare(self, data: Data) -> None:
        """Make its vectors."""
        self.rows = vectors(data.rows)

    def bundle(self) -> object:
        """The majority."""
        return self.native.majority(self.rows)

    def bits(self, found: object) -> Bits:
        """Read as booleans."""
        packed = np.frombuffer(cast("Vector", found).to_bytes(), np.uint8)
        return np.unpackbits(packed, bitorder="little").view(np.bool_)


class PublicMajority(Majority):
    """The same through the class that it documents, which unwraps every vector in Python."""

    name = "bhv NativePackedBHV.majority"

    def prepare(self, data: Data) -> None:
        """Make its vectors and wrap them."""
        self.public = cast("_Public", load("bhv.native")).NativePackedBHV
        self.wrapped = [self.public(vector) for vector in vectors(data.rows)]

    def bundle(self) -> object:
        """The majority."""
        return self.public.majority(self.wrapped)
