"""Many binary hypervectors in one block of memory."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi, lib
from emily.instinct.hdc.packing import (
    DIM,
    LINE,
    Seed,
    aligned_rows,
    check_aligned,
    check_bits,
    check_bytes,
    check_dim,
    check_words,
    line_count,
    pack,
    random_words,
    unpack,
    whole,
    word_count,
)
from emily.instinct.hdc.vector import Hypervector

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer


class Hypervectors:
    """`n` hypervectors of `dim` bits, one after another, each in whole lines of 64 bytes.

    Indexed by a number it gives a Hypervector, by a slice Hypervectors, both without a copy; by an
    array of numbers it gives copies.
    """

    __slots__ = ("_c", "_dim", "_rows")
    __hash__ = None  # type: ignore[assignment]  # their bits can change

    _c: "Pointer"
    _dim: int
    _rows: NDArray[np.uint64]

    def __init__(self) -> None:
        raise TypeError(
            "make Hypervectors by random, zeros, stack, from_bits, from_words, from_wire"
        )

    @classmethod
    def random(cls, n: int, dim: int = DIM, *, seed: Seed) -> Self:
        """Each bit is 0 or 1 with probability 1/2, independently: PCG64 with this seed."""
        dim = check_dim(dim)
        return cls.from_words(random_words(whole("n", n, 0), dim, seed), dim)

    @classmethod
    def zeros(cls, n: int, dim: int = DIM) -> Self:
        """Vectors without a set bit."""
        dim = check_dim(dim)
        return cls.view(aligned_rows(whole("n", n, 0), dim), dim)

    @classmethod
    def from_bits(cls, bits: ArrayLike) -> Self:
        """From booleans, or numbers that are 0 or 1, of shape (n, dim)."""
        array = check_bits(bits, ndim=2)
        return cls.from_words(pack(array), array.shape[1])

    @classmethod
    def from_words(cls, words: NDArray[np.uint64], dim: int = DIM) -> Self:
        """From uint64 of shape (n, ceil(dim / 64)); the bits from `dim` on must be zero."""
        dim = check_words(words, dim, ndim=2)
        vectors = cls.zeros(len(words), dim)
        vectors.rows[:, : word_count(dim)] = words
        return vectors

    @classmethod
    def from_wire(cls, data: bytes, dim: int = DIM) -> Self:
        """From `to_wire`'s bytes: n times ceil(dim / 64) little-endian 64-bit words."""
        dim = check_dim(dim)
        check_bytes(data)
        if len(data) % (8 * word_count(dim)):
            raise ShapeError(
                f"data: vectors of {dim} bits are {8 * word_count(dim)} bytes each on the wire;"
                f" {len(data)} bytes are no multiple of it"
            )
        words = np.frombuffer(data, "<u8").astype(np.uint64)
        return cls.from_words(words.reshape(-1, word_count(dim)), dim)

    @classmethod
    def stack(cls, vectors: Iterable[Hypervector]) -> Self:
        """Copies of single vectors, which must have the same dimension; at least one."""
        if isinstance(vectors, Hypervector) or not isinstance(vectors, Iterable):
            raise TypeError(f"vectors must be several of Hypervector, not {type(vectors).__name__}")
        items = list(vectors)
        if not items:
            raise ShapeError("vectors: at least one is needed to know the dimension")
        if not isinstance(items[0], Hypervector):
            raise TypeError(f"vectors must hold Hypervector, not {type(items[0]).__name__}")
        stacked = cls.zeros(len(items), items[0].dim)
        for number, vector in enumerate(items):
            if not isinstance(vector, Hypervector):
                raise TypeError(f"vectors must hold Hypervector, not {type(vector).__name__}")
            if vector.dim != stacked.dim:
                raise DimensionError(
                    f"vectors: number {number} has {vector.dim} bits, not {stacked.dim} as the first"
                )
            stacked.rows[number, : word_count(vector.dim)] = vector.words
        return stacked

    @classmethod
    def view(cls, rows: NDArray[np.uint64], dim: int) -> Self:
        """The vectors in rows, uint64 of shape (n, 8 * lines) in whole cache lines, without a copy."""
        check_aligned("rows", rows, (len(rows), line_count(check_dim(dim)) * LINE // 8))
        vectors = cls.__new__(cls)
        vectors._rows, vectors._dim = rows, dim
        vectors._c = matrix = ffi.new("sov_hdc_matrix *")
        matrix.words = ffi.from_buffer("uint64_t *", rows)
        matrix.count, matrix.dim, matrix.lines = len(rows), dim, line_count(dim)
        return vectors

    def bind(
        self, other: "Hypervector | Hypervectors", out: "Hypervectors | None" = None
    ) -> "Hypervectors":
        """The XOR of each row with the vector, or with the row of the same number.

        It goes into new rows, or into `out`, which may share memory with the operands.
        """
        _check_same(self.dim, "other", other)
        if isinstance(other, Hypervector):
            other = Hypervectors.view(other.padded[np.newaxis], other.dim)
        elif len(other) != len(self):
            raise ShapeError(f"other has {len(other)} rows, not {len(self)}")
        result = self._result(out)
        first, second = (
            rows.copy() if _overlap(rows.rows, result.rows) else rows for rows in (self, other)
        )
        lib.sov_hdc_bind_rows(result._c, first._c, second._c)
        return result

    __xor__ = bind

    def __rxor__(self, other: Hypervector) -> "Hypervectors":
        return self.bind(other)

    def permute(self, shift: int = 1, out: "Hypervectors | None" = None) -> "Hypervectors":
        """Rotate the bits of each row: bit i becomes bit (i + shift) % dim."""
        result = self._result(out)
        if np.may_share_memory(result.rows, self.rows):
            raise ShapeError("out: rows cannot be permuted into themselves")
        lib.sov_hdc_rotate_rows(result._c, self._c, whole("shift", shift) % self.dim)
        return result

    def distances(self, other: "Hypervector | Hypervectors") -> NDArray[np.int32]:
        """Bits that differ: int32 of shape (n,) from one vector, (n, m) from m vectors."""
        _check_same(self.dim, "other", other)
        if isinstance(other, Hypervector):
            out = np.empty(len(self), np.int32)
            lib.sov_hdc_distances(ffi.from_buffer("int32_t *", out), self._c, other._c)
            return out
        columns = [self.distances(vector) for vector in other]
        return np.stack(columns, axis=1) if columns else np.empty((len(self), 0), np.int32)

    def similarity(self, other: "Hypervector | Hypervectors") -> NDArray[np.float64]:
        """1 - 2 distances / dim, of the same shape as `distances`."""
        return 1 - 2 * self.distances(other) / self.dim

    @property
    def dim(self) -> int:
        """The dimension in bits."""
        return self._dim

    @property
    def rows(self) -> NDArray[np.uint64]:
        """The words in whole lines, without a copy: shape (n, 8 * lines).

        Whoever writes to them leaves the bits from `dim` on zero.
        """
        return self._rows

    @property
    def words(self) -> NDArray[np.uint64]:
        """The words as a read-only view of shape (n, ceil(dim / 64)), without a copy."""
        view = self.rows[:, : word_count(self.dim)]
        view.flags.writeable = False
        return view

    def bits(self) -> NDArray[np.bool_]:
        """The bits as booleans of shape (n, dim)."""
        return unpack(self.words, self.dim)

    def to_wire(self) -> bytes:
        """The words of all rows as little-endian bytes, without padding."""
        return self.words.astype("<u8", copy=False).tobytes()

    def copy(self) -> "Hypervectors":
        """Others with the same bits."""
        return Hypervectors.from_words(self.words, self.dim)

    def _result(self, out: "Hypervectors | None") -> "Hypervectors":
        if out is None:
            return Hypervectors.zeros(len(self), self.dim)
        if not isinstance(out, Hypervectors):
            raise TypeError(f"out must be Hypervectors, not {type(out).__name__}")
        if (len(out), out.dim) != (len(self), self.dim):
            raise ShapeError(
                f"out has {len(out)} rows of {out.dim} bits, not {len(self)} of {self.dim}"
            )
        if not out.rows.flags.writeable:
            raise HdcError("out is read-only: it shows rows of something that may not change")
        return out

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Hypervector: ...
    @overload
    def __getitem__(self, index: "slice | NDArray[np.integer] | list[int]") -> "Hypervectors": ...
    def __getitem__(
        self, index: "int | slice | NDArray[np.integer] | list[int]"
    ) -> "Hypervector | Hypervectors":
        if isinstance(index, bool | np.bool_):
            raise TypeError("rows are indexed by whole numbers, slices and arrays, not by booleans")
        if isinstance(index, int | np.integer):
            return Hypervector.view(self.rows[index], self.dim)
        if isinstance(index, slice) and index.step in (None, 1):
            return Hypervectors.view(self.rows[index], self.dim)
        return Hypervectors.from_words(self.words[index], self.dim)

    def __iter__(self) -> Iterator[Hypervector]:
        return (self[number] for number in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hypervectors):
            return NotImplemented
        return self.dim == other.dim and np.array_equal(self.rows, other.rows)

    def __array__(
        self, dtype: np.dtype[np.generic] | None = None, copy: bool | None = None
    ) -> NDArray[np.uint64]:
        return np.array(self.words, dtype, copy=copy)

    def __reduce__(self) -> tuple[object, tuple[bytes, int]]:
        return Hypervectors.from_wire, (self.to_wire(), self.dim)

    def __repr__(self) -> str:
        return f"Hypervectors({len(self)} of {self.dim} bits)"


def _check_same(dim: int, name: str, other: object) -> None:
    if not isinstance(other, Hypervector | Hypervectors):
        raise TypeError(f"{name} must be a Hypervector or Hypervectors, not {type(other).__name__}")
    if other.dim != dim:
        raise DimensionError(f"{name} has {other.dim} bits, not {dim}")


def _overlap(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> bool:
    """Whether they share memory without being the same rows."""
    same = a.shape == b.shape and a.ctypes.data == b.ctypes.data
    return not same and bool(np.may_share_memory(a, b))
