"""torchhd: binary spatter codes, which it holds as booleans, and MAP vectors in float32."""

from typing import Protocol, Self, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data
from bench.hdc.peers.protocol import TOP, Answer, Defaults, integers, load
from bench.hdc.peers.torch import Tensor, torch


class Vector(Tensor, Protocol):
    """What is used of its tensors, of one vector or of many."""

    def bind(self, other: Self) -> Self:
        """XOR."""

    def permute(self, shifts: int) -> Self:
        """Rotate."""

    def multibundle(self) -> Self:
        """Majority."""


class _Functional(Protocol):
    BSCTensor: type[Vector]
    MAPTensor: type[Vector]

    def ensure_vsa_tensor(self, tensor: Tensor, /, *, vsa: str) -> Vector: ...
    def hamming_similarity(self, vector: Vector, others: Vector, /) -> Vector: ...


def functional() -> _Functional:
    """Load it with its threads pinned."""
    torch()
    return cast("_Functional", load("torchhd.functional"))


def vectors(bits: npt.NDArray[np.generic], vsa: str = "BSC") -> Vector:
    """Its own tensors."""
    return functional().ensure_vsa_tensor(torch().from_numpy(bits), vsa=vsa)


class Similarity(Defaults):
    """`hamming_similarity` and `topk`."""

    name = "torchhd hamming_similarity, topk"
    library = "torchhd"
    most = 10_000
    why = "a byte a bit, and as much for the comparison"

    def __init__(self) -> None:
        self.torchhd = functional()

    def prepare(self, data: Data) -> None:
        """Unpack to booleans."""
        self.rows, self.queries = vectors(data.row_bits), data.query_bits
        self.wanted = [vectors(query) for query in self.queries]

    def single(self, number: int) -> object:
        """Search for one query."""
        return self.torchhd.hamming_similarity(self.wanted[number], self.rows).topk(TOP)

    def answer(self, found: object) -> Answer:
        """Distances and numbers (1, k)."""
        values, ids = cast("tuple[Tensor, Tensor]", found)
        distances = DIM - integers(values.numpy())
        return Answer(distances.reshape(1, TOP), integers(ids.numpy()).reshape(1, TOP))


class BscBundle(Defaults):
    """`multibundle` of booleans."""

    name = "torchhd BSC multibundle"
    library = "torchhd"

    def __init__(self) -> None:
        functional()

    def prepare(self, data: Data) -> None:
        """Unpack to booleans."""
        self.rows = vectors(data.row_bits)

    def bundle(self) -> object:
        """The majority."""
        return self.rows.multibundle()

    def bits(self, found: object) -> Bits:
        """It is booleans."""
        return np.asarray(cast("Tensor", found).numpy(), np.bool_)


class MapBundle(Defaults):
    """`multibundle` of -1 and 1 in float32: the sums, whose sign would be the majority."""

    name = "torchhd MAP multibundle"
    library = "torchhd MAP"
    kind = "sums, no sign"

    def __init__(self) -> None:
        functional()

    def prepare(self, data: Data) -> None:
        """Unpack to -1 and 1."""
        self.rows = vectors(np.where(data.row_bits, np.float32(1), np.float32(-1)), "MAP")

    def bundle(self) -> object:
        """The sums."""
        return self.rows.multibundle()

    def bits(self, found: object) -> Bits:
        """Positive where the majority is 1."""
        return np.asarray(cast("Tensor", found).numpy() > 0)
