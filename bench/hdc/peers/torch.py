"""PyTorch: the product of matrices of -1 and 1, whose largest values are the smallest distances."""

from typing import Protocol, Self, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.data import DIM, Bits, Data
from bench.hdc.peers.protocol import TOP, Answer, Defaults, integers, load

Floats = npt.NDArray[np.float32]


class Tensor(Protocol):
    """What is used of it."""

    def __matmul__(self, other: Self, /) -> Self: ...
    def __getitem__(self, rows: slice, /) -> Self: ...
    def t(self) -> Self:
        """Transposed."""

    def topk(self, k: int) -> tuple[Self, Self]:
        """The largest along the last axis, and their numbers."""

    def numpy(self) -> npt.NDArray[np.float32]:
        """The same memory."""


class Torch(Protocol):
    """What is used of it."""

    def set_num_threads(self, threads: int, /) -> None:
        """Pin the threads."""

    def from_numpy(self, array: npt.NDArray[np.generic], /) -> Tensor:
        """The same memory."""

    def logical_xor(self, a: Tensor, b: Tensor, /, *, out: Tensor) -> Tensor:
        """Of booleans."""

    def bitwise_xor(self, a: Tensor, b: Tensor, /, *, out: Tensor) -> Tensor:
        """Of words."""


def torch(threads: int = 1) -> Torch:
    """Load it with its threads pinned."""
    library = cast("Torch", load("torch"))
    library.set_num_threads(threads)
    return library


class Product(Defaults):
    """float32, by its BLAS."""

    name = "torch float32 product, topk"
    library = "torch"
    most = 10_000
    most_batch = 10_000
    threaded = True
    why = "4 GB of float32 at 100,000 rows"

    def __init__(self) -> None:
        torch()

    def prepare(self, data: Data) -> None:
        """Unpack to -1 and 1."""
        library = torch()
        self.rows = library.from_numpy(_signs(data.row_bits)).t()
        self.queries = library.from_numpy(_signs(data.query_bits))

    def use(self, threads: int) -> None:
        """Its own pool, of the whole process."""
        torch(threads)

    def single(self, number: int) -> object:
        """Search for one query."""
        return (self.queries[number : number + 1] @ self.rows).topk(TOP)

    def batch(self, count: int) -> object:
        """Search for the first `count` queries."""
        return (self.queries[:count] @ self.rows).topk(TOP)

    def answer(self, found: object) -> Answer:
        """Distances and numbers, both (q, k)."""
        values, ids = cast("tuple[Tensor, Tensor]", found)
        return Answer((DIM - integers(values.numpy())) // 2, integers(ids.numpy()))


def _signs(bits: Bits) -> Floats:
    signs = bits.astype(np.float32)
    signs *= 2
    signs -= 1
    return signs
