"""One binary hypervector.

The binary spatter code (Kanerva 1997, "Fully Distributed Representation"): binding is XOR, permuting
is rotation, and two vectors are compared by the number of bits in which they differ. Bit i is bit
i % 64 of word i // 64.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi, lib
from emily.instinct.hdc.packing import (
    DIM,
    LINE,
    Seed,
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

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer

_new = ffi.new
_place = lib.sov_hdc_place
_bind = lib.sov_hdc_bind
_distance = lib.sov_hdc_distance
_rotate = lib.sov_hdc_rotate
_BYTES = ffi.typeof("char[]")


class Hypervector:
    """`dim` bits, packed into 64-bit words; made by `random`, `zeros` or one of the `from_` methods.

    Only the `out` arguments change a hypervector that exists. It shows its words to NumPy, and from
    Python 3.12 on to all that read buffers.
    """

    __slots__ = ("_c", "_dim", "_memory")
    __hash__ = None  # type: ignore[assignment]  # its bits can change

    _c: "Pointer"
    _dim: int
    _memory: "Pointer | NDArray[np.uint64]"

    def __init__(self) -> None:
        raise TypeError("make a Hypervector by random, zeros, from_bits, from_words or from_wire")

    @classmethod
    def random(cls, dim: int = DIM, *, seed: Seed) -> "Hypervector":
        """Each bit is 0 or 1 with probability 1/2, independently: PCG64 with this seed."""
        words = random_words(1, dim := check_dim(dim), seed)
        return cls.from_words(words[0], dim)

    @classmethod
    def zeros(cls, dim: int = DIM) -> "Hypervector":
        """The vector without a set bit, which changes nothing that it is bound to."""
        return _blank(check_dim(dim))

    @classmethod
    def from_bits(cls, bits: ArrayLike) -> "Hypervector":
        """From booleans, or numbers that are 0 or 1, of shape (dim,)."""
        array = check_bits(bits, ndim=1)
        return cls.from_words(pack(array[np.newaxis])[0], array.shape[0])

    @classmethod
    def from_words(cls, words: NDArray[np.uint64], dim: int = DIM) -> "Hypervector":
        """From uint64 of shape (ceil(dim / 64),); the bits from `dim` on must be zero."""
        dim = check_words(words, dim, ndim=1)
        vector = _blank(dim)
        vector._view()[: len(words)] = words
        return vector

    @classmethod
    def from_wire(cls, data: bytes, dim: int = DIM) -> "Hypervector":
        """From `to_wire`'s bytes: ceil(dim / 64) little-endian 64-bit words, 157 for 10,000 bits."""
        dim = check_dim(dim)
        check_bytes(data)
        if len(data) != 8 * word_count(dim):
            raise ShapeError(
                f"data: {dim} bits are {8 * word_count(dim)} bytes on the wire, not {len(data)}"
            )
        return cls.from_words(np.frombuffer(data, "<u8").astype(np.uint64), dim)

    @classmethod
    def view(cls, row: NDArray[np.uint64], dim: int) -> "Hypervector":
        """The vector in a row of `Hypervectors.rows`, uint64 of shape (8 * lines,), without a copy."""
        check_aligned("row", row, (line_count(check_dim(dim)) * LINE // 8,))
        vector = cls.__new__(cls)
        vector._dim = dim
        vector._memory = row
        vector._c = at = _new("sov_hdc_vector *")
        at.words = ffi.from_buffer("uint64_t *", row)
        at.dim, at.lines = dim, line_count(dim)
        at.read_only = not row.flags.writeable
        return vector

    def bind(self, other: "Hypervector", out: "Hypervector | None" = None) -> "Hypervector":
        """The XOR of both: bound again with either, it gives the other.

        It goes into a new vector, or into `out`, which may be an operand.
        """
        try:
            # without `out` this fails: the way into an existing vector is not slowed by a question
            if not _bind(out._c, self._c, other._c):  # type: ignore[union-attr]
                return out  # type: ignore[return-value]
        except (AttributeError, TypeError):
            if out is None and isinstance(other, Hypervector):
                return self ^ other
        raise self._refused(other, out)

    def __xor__(self, other: "Hypervector") -> "Hypervector":
        if not isinstance(other, Hypervector):
            return NotImplemented
        out = _blank(self._dim)
        if _bind(out._c, self._c, other._c):
            raise self._refused(other, out)
        return out

    def permute(self, shift: int = 1, out: "Hypervector | None" = None) -> "Hypervector":
        """Rotate all bits: bit i becomes bit (i + shift) % dim, as numpy.roll does.

        The result goes into a new vector, or into `out`, which must be another than this one.
        """
        if out is None:
            out = _blank(self._dim)
        try:
            if not _rotate(out._c, self._c, shift):
                return out
        except OverflowError:
            return self.permute(whole("shift", shift) % self._dim, out)
        except (AttributeError, TypeError):
            pass
        raise self._refused(self, out)

    def distance(self, other: "Hypervector") -> int:
        """The number of bits that differ (Hamming): 0 to dim; dim / 2 for unrelated vectors."""
        try:
            distance = _distance(self._c, other._c)
            if distance >= 0:
                return distance
        except (AttributeError, TypeError):
            pass
        raise self._refused(other, self)

    def similarity(self, other: "Hypervector") -> float:
        """1 - 2 distance / dim: 1 for equal vectors, 0 for unrelated ones, -1 for opposite ones."""
        return 1 - 2 * self.distance(other) / self.dim

    @property
    def dim(self) -> int:
        """The dimension in bits."""
        return self._dim

    @property
    def words(self) -> NDArray[np.uint64]:
        """The words as a read-only view of shape (ceil(dim / 64),), without a copy."""
        view = self._view()[: word_count(self.dim)]
        view.flags.writeable = False
        return view

    @property
    def read_only(self) -> bool:
        """Whether this shows a row that may not be written to; its `copy()` may."""
        return bool(self._c.read_only)

    @property
    def padded(self) -> NDArray[np.uint64]:
        """The words in whole lines of 64 bytes, without a copy: shape (8 * lines,)."""
        view = self._view()
        view.flags.writeable = False
        return view

    def bits(self) -> NDArray[np.bool_]:
        """The bits as booleans of shape (dim,)."""
        bits: NDArray[np.bool_] = unpack(self.words[np.newaxis], self.dim)[0]
        return bits

    def to_wire(self) -> bytes:
        """The words as little-endian bytes, the same on every machine."""
        return self.words.astype("<u8", copy=False).tobytes()

    def copy(self) -> "Hypervector":
        """Another vector with the same bits."""
        return Hypervector.from_words(self.words, self.dim)

    def _view(self) -> NDArray[np.uint64]:
        memory = self._memory
        if isinstance(memory, np.ndarray):
            return memory[:]
        start = int(ffi.cast("uintptr_t", self._c.words)) - int(ffi.cast("uintptr_t", memory))
        # the buffer keeps the memory alive
        return np.frombuffer(ffi.buffer(memory), np.uint64, line_count(self.dim) * LINE // 8, start)

    def _refused(self, other: object, out: object) -> Exception:
        """Why an operation with these was refused."""
        for name, vector in (("other", other), ("out", out)):
            if not isinstance(vector, Hypervector):
                return TypeError(f"{name} must be a Hypervector, not {type(vector).__name__}")
            if vector.dim != self.dim:
                return DimensionError(f"{name} has {vector.dim} bits, not {self.dim}")
        if isinstance(out, Hypervector) and out.read_only:
            return HdcError("out is read-only: it shows a row of something that may not change")
        if out is self:
            return HdcError("out: a vector cannot be permuted into itself")
        return TypeError("shift must be a whole number")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hypervector):
            return NotImplemented
        return self.dim == other.dim and self.distance(other) == 0

    def __array__(
        self, dtype: np.dtype[np.generic] | None = None, copy: bool | None = None
    ) -> NDArray[np.uint64]:
        return np.array(self.words, dtype, copy=copy)

    def __buffer__(self, flags: int) -> memoryview:
        return self.words.data  # from Python 3.12 on: memoryview(vector)

    def __reduce__(self) -> tuple[object, tuple[bytes, int]]:
        return Hypervector.from_wire, (self.to_wire(), self.dim)

    def __repr__(self) -> str:
        return f"Hypervector({self.dim} bits, {self.words[0]:016x}...)"


def _blank(dim: int) -> Hypervector:
    vector = Hypervector.__new__(Hypervector)
    vector._dim = dim
    vector._memory = memory = _new(_BYTES, 2 * LINE + -(-dim // 512) * LINE)
    vector._c = _place(memory, dim)
    return vector
