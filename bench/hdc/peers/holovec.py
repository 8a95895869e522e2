"""HoloVec: its BSC model on NumPy."""

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data
from bench.hdc.peers.protocol import Defaults, load

Vector = npt.NDArray[np.generic]


class Model(Protocol):
    """What is used of it."""

    def bind(self, a: Vector, b: Vector) -> Vector:
        """XOR."""

    def bundle(self, vectors: Sequence[Vector]) -> Vector:
        """Majority."""

    def permute(self, vector: Vector, k: int) -> Vector:
        """Rotate."""


class _Models(Protocol):
    def BSCModel(self, dimension: int) -> Model: ...  # noqa: N802 (its name)


def model() -> Model:
    """Binary vectors of 10,000."""
    return cast("_Models", load("holovec.models")).BSCModel(DIM)


def vectors(bits: Bits) -> list[Vector]:
    """Rows as int32, which is what the model itself makes."""
    return list(bits.astype(np.int32))


class Bundle(Defaults):
    """`BSCModel.bundle`."""

    name = "holovec BSC bundle"
    library = "holovec"

    def __init__(self) -> None:
        self.model = model()

    def prepare(self, data: Data) -> None:
        """Unpack."""
        self.rows = vectors(data.row_bits)

    def bundle(self) -> object:
        """The majority."""
        return self.model.bundle(self.rows)

    def bits(self, found: object) -> Bits:
        """One where it is not zero."""
        return np.asarray(found, np.bool_)
