"""PyHDC: its BSC encoding on NumPy."""

from typing import Protocol, Self, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data
from bench.hdc.peers.protocol import Defaults, load


class Vector(Protocol):
    """What is used of it."""

    data: npt.NDArray[np.int8]

    def bind(self, other: Self, /) -> Self:
        """XOR."""

    def bundle(self, *others: Self) -> Self:
        """Majority."""

    def permute(self, shift: int) -> Self:
        """Rotate."""


class _Encoding(Protocol):
    def from_array(self, array: npt.NDArray[np.int8], /) -> Vector: ...


class _Encodings(Protocol):
    def BSC(self, *, dimension: int, backend: str) -> _Encoding: ...  # noqa: N802 (its name)


def vectors(bits: Bits) -> list[Vector]:
    """One vector a row, of int8 as the encoding has them."""
    encoding = cast("_Encodings", load("pyhdc.encodings")).BSC(dimension=DIM, backend="numpy")
    return [encoding.from_array(row) for row in bits.astype(np.int8)]


class Bundle(Defaults):
    """`Hypervector.bundle` of many."""

    name = "pyhdc BSC bundle"
    library = "pyhdc"

    def __init__(self) -> None:
        load("pyhdc.encodings")

    def prepare(self, data: Data) -> None:
        """Unpack."""
        self.rows = vectors(data.row_bits)

    def bundle(self) -> object:
        """The majority."""
        return self.rows[0].bundle(*self.rows[1:])

    def bits(self, found: object) -> Bits:
        """One where it is not zero."""
        return np.asarray(cast("Vector", found).data, np.bool_)
