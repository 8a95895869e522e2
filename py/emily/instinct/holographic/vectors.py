"""Holographic vectors: what they are made from, and what is done with them."""

from collections.abc import Callable, Iterator
from typing import SupportsIndex, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from emily.instinct.holographic.blocks import Blocks, check_alike
from emily.instinct.holographic.errors import HoloError
from emily.instinct.holographic.transform import CONJUGATE, Values, transform


@final
class Holo(Blocks):
    """One holographic vector of shape (dim,), or n of them, (n, dim); float32 or float64.

    Plate 1995, "Holographic reduced representations", IEEE Transactions on Neural Networks 6(3). The
    values cannot change, so that a vector keeps its spectrum once that was needed: a key that is used
    often is transformed once. Threads can share vectors. random(), unitary() and inverse() give the same
    everywhere; the last bits of what is bound depend on the FFT library and, with FFTW, on the plan that
    was measured fastest in this process.

    Vectors are made from finite values. As in NumPy, results too large for their type become infinite or
    NaN, for looking would slow binding down. Such vectors can be copied and pickled as any;
    Trace and CleanupMemory refuse them.

    Args:
        values: float32 or float64, (dim,) or (n, dim), finite; copied

    Raises:
        HoloError: for another shape or type, a dimension outside 1 to 1,048,576, infinities or NaN
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # as in all classes with == and no hash

    def __new__(cls, values: ArrayLike) -> "Holo":
        """Check and copy the values."""
        array = np.asarray(values)
        if array.ndim not in (1, 2):
            raise HoloError(f"values has shape {array.shape}, not (dim,) or (n, dim)")
        if array.dtype not in (np.float32, np.float64):
            raise HoloError(f"values has dtype {array.dtype}, not float32 or float64")
        made = transform(array.shape[-1], array.dtype)
        if not np.isfinite(array).all():
            raise HoloError("values holds infinities or NaN")
        return cls._of(made, array)

    @classmethod
    def random(
        cls,
        shape: int | tuple[int, int],
        *,
        seed: int | np.random.Generator,
        unitary: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> "Holo":
        """Vectors with values from N(0, 1/dim), so of length near 1 and nearly at right angles.

        Args:
            shape: dim for one vector, (n, dim) for n
            seed: the same seed gives the same vectors, rounded to dtype
            unitary: make each unitary (see there): keys from which unbinding is exact
            dtype: float32 or float64
        """
        sizes = shape if isinstance(shape, tuple) else (shape,)
        if len(sizes) not in (1, 2) or min(sizes) < 0:
            raise HoloError(f"shape is {shape}, not dim or (n, dim)")
        made = transform(sizes[-1], dtype)
        drawn = np.random.default_rng(seed).standard_normal(sizes) / np.sqrt(made.dim)
        return cls._of(made, _unitary(drawn) if unitary else drawn)

    @classmethod
    def zeros(cls, dim: int, *, dtype: DTypeLike = np.float32) -> "Holo":
        """The vector that superposes without effect."""
        return cls._of(transform(dim, dtype), np.zeros(dim))

    @classmethod
    def identity(cls, dim: int, *, dtype: DTypeLike = np.float32) -> "Holo":
        """The vector that binds without effect: 1, 0, 0, ..."""
        return cls._of(transform(dim, dtype), np.eye(1, dim)[0])

    def bind(self, other: "Holo") -> "Holo":
        """Circular convolution: sum over i of self[i] * other[(k - i) % dim].

        Commutative, associative, and linear in both. A single vector is bound with each of n.

        Raises HoloError when dimensions, types or numbers of vectors differ.
        """
        return self._combine(other, "other", 0)

    def unbind(self, key: "Holo") -> "Holo":
        """Circular correlation with the key: the values that were bound with it, and noise.

        Plate's approximate inverse, self.bind(key.inverse()); exact when the key is unitary.

        Raises HoloError when dimensions, types or numbers of vectors differ.
        """
        return self._combine(key, "key", CONJUGATE)

    def inverse(self) -> "Holo":
        """The approximate inverse, x[-i % dim]: binding with it unbinds. Exact for unitary vectors."""
        return self._of(self._transform, np.roll(self.values[..., ::-1], 1, axis=-1))

    def unitary(self) -> "Holo":
        """The vectors with these phases and spectra of magnitude 1, so that inverse() is exact."""
        return self._of(self._transform, _unitary(self.values))

    def __add__(self, other: "Holo") -> "Holo":
        """Superposition. A single vector is added to each of n."""
        check_alike("other", other, "self", self)
        return self._of(self._transform, self.values + other.values)

    def __sub__(self, other: "Holo") -> "Holo":
        """Take a vector out of a superposition."""
        check_alike("other", other, "self", self)
        return self._of(self._transform, self.values - other.values)

    def sum(self) -> "Holo":
        """The superposition of n vectors, (dim,); added in float64."""
        return self._of(self._transform, np.atleast_2d(self.values).sum(axis=0, dtype=np.float64))

    def similarity(self, other: "Holo") -> Values:
        """Cosines, from -1 to 1: of one with one (), of n with one (n,), of n with m (n, m).

        Lengths do not matter, however large or small. A vector of zeros has similarity 0 with all, one
        with infinities or NaN has similarity NaN.
        """
        check_alike("other", other, "self", self, counts=False)
        cosines = _directions(self.values) @ _directions(other.values).T
        return np.asarray(np.clip(cosines, -1, 1), self.dtype)

    def astype(self, dtype: DTypeLike) -> "Holo":
        """The same values, rounded to float32 or widened to float64."""
        made = transform(self.dim, dtype)
        with np.errstate(over="ignore"):  # what becomes infinite is refused
            return Holo(self.values.astype(made.dtype))

    def __len__(self) -> int:
        if self._count is None:
            raise TypeError("one vector has no length; see dim")
        return self._count

    def __getitem__(self, index: SupportsIndex | slice | NDArray[np.integer]) -> "Holo":
        """Vector number `index`, or those that a slice or an array of numbers names; copied."""
        if self._count is None:
            raise TypeError("one vector cannot be indexed; see values")
        return self._part(index)

    def __iter__(self) -> Iterator["Holo"]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether shape, type and all values are equal."""
        if not isinstance(other, Holo):
            return NotImplemented
        return self.dtype == other.dtype and np.array_equal(self.values, other.values)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Values:
        return np.array(self.values, dtype, copy=copy)

    def __reduce__(self) -> tuple[Callable[[Values], "Holo"], tuple[Values]]:
        return _restored, (np.array(self.values),)

    def __repr__(self) -> str:
        return f"Holo(shape={self.shape}, dtype={self.dtype})"


def _restored(values: Values) -> Holo:
    """A vector from its pickle: infinities and NaN are kept."""
    return Holo._of(transform(values.shape[-1], values.dtype), values)


def _directions(values: Values) -> NDArray[np.float64]:
    """The vectors at length 1, in float64; zeros stay zeros.

    Divided by their largest value first, so that no square overflows or underflows.
    """
    largest = np.maximum(values.max(axis=-1), -values.min(axis=-1))
    with np.errstate(invalid="ignore"):  # infinities give NaN
        scaled = np.divide(
            values, np.where(largest == 0, 1, largest)[..., np.newaxis], dtype=np.float64
        )
    lengths = np.sqrt(np.einsum("...i,...i->...", scaled, scaled))
    scaled /= np.where(lengths == 0, 1, lengths)[..., np.newaxis]
    return scaled


def _unitary(values: NDArray[np.floating]) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(values.astype(np.float64))
    size = np.abs(spectrum)
    phases = np.where(size == 0, 1, spectrum / np.where(size == 0, 1, size))
    return np.fft.irfft(phases, values.shape[-1])
