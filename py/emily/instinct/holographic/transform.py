"""The transform of one dimension and number type, made once, by FFTW or else by NumPy."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from emily.instinct.holographic.errors import HoloError

MAX_DIM = 1_048_576
CONJUGATE, TRANSFORM_A, TRANSFORM_B, ONE_A, ONE_B = 1, 2, 4, 8, 16

Real = np.float32 | np.float64
Values = NDArray[Real]

_TYPES: dict[np.dtype[np.generic], np.dtype[Real]] = {
    np.dtype(kind): np.dtype(kind) for kind in (np.float32, np.float64)
}
_LINE = 16  # reals; whole lines keep every row and its spectrum aligned as FFTW planned them


@dataclass(frozen=True, slots=True)
class Layout:
    """A block of reals holds a vector's `dim` values and, from `spectrum` on, its transform.

    Attributes:
        dim: values of a vector
        dtype: float32 or float64
    """

    dim: int
    dtype: np.dtype[Real]

    @property
    def spectrum(self) -> int:
        """The reals before the spectrum; the values, in whole lines."""
        return -(-(self.dim + 2) // _LINE) * _LINE

    @property
    def block(self) -> int:
        """The reals of a block: dim / 2 + 1 complex numbers need no more than the values' part."""
        return 2 * self.spectrum

    def values(self, blocks: Values) -> Values:
        """The values in blocks (n * block,), as a view (n, dim)."""
        return blocks.reshape(-1, self.block)[:, : self.dim]

    def spectra(self, blocks: Values) -> NDArray[np.complexfloating]:
        """The spectra in blocks (n * block,), as a complex view (n, dim // 2 + 1)."""
        parts = blocks.reshape(-1, self.block)[:, self.spectrum :][:, : 2 * (self.dim // 2 + 1)]
        return parts.view(np.result_type(self.dtype, np.complex64))


class Functions(NamedTuple):
    """What an FFT library does with blocks; the C kernel's functions have these arguments too.

    Attributes:
        plans: what the library prepared; the first argument of the others
        handle: (blocks) what the others take for an array of blocks
        transform: (plans, count, blocks) writes the spectra of `count` blocks
        combine: (plans, count, out, a, b, flags) writes the values of `count` convolutions, or with
            CONJUGATE in flags of correlations; a is one block for all with ONE_A, and its spectra are
            written first with TRANSFORM_A; likewise b; the spectra of out are spoilt
    """

    plans: object
    handle: Callable[[Values], object]
    transform: Callable[[object, int, object], object]
    combine: Callable[[object, int, object, object, object, int], object]


class Transform:
    """A layout, and a library's functions for it; one object serves all threads."""

    __slots__ = (
        "backend",
        "block",
        "combine",
        "dim",
        "dtype",
        "handle",
        "layout",
        "plans",
        "transform",
    )

    def __init__(self, layout: Layout, backend: str, functions: Functions) -> None:
        self.layout = layout
        self.backend = backend
        self.dim, self.dtype, self.block = layout.dim, layout.dtype, layout.block
        self.plans, self.handle, self.transform, self.combine = functions


# A fork waits until nothing is planned: a child forked meanwhile would wait forever for this lock and for
# FFTW's own. The thread that forks may hold it already, in a signal handler.
_lock = threading.RLock()
os.register_at_fork(
    before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
)
_made: dict[tuple[str, Layout], Transform] = {}
_in_use: list[str] = []


def backends() -> tuple[str, ...]:
    """The FFT libraries that can be used here, fastest first."""
    from emily.instinct.holographic import fftw

    return ("fftw", "numpy") if fftw.available() else ("numpy",)


def backend() -> str:
    """The FFT library of vectors made from now on: "fftw" or "numpy".

    The environment variable EMILY_HOLO_FFT names one; without it the fastest is taken.
    """
    if not _in_use:
        use(os.environ.get("EMILY_HOLO_FFT") or backends()[0])
    return _in_use[-1]


def use(name: str) -> None:
    """Use this FFT library for vectors made from now on.

    Raises HoloError when it is unknown, or not here: FFTW needs pyfftw and the C kernel.
    """
    if name not in backends():
        raise HoloError(f"the FFT library {name!r} cannot be used; here: {', '.join(backends())}")
    _in_use[:] = [name]


def transform(dim: int, dtype: DTypeLike) -> Transform:
    """The transform of a dimension and number type.

    FFTW measures which of its plans is fastest when a dimension is first used (some 0.2 s for 1,024).
    Raises HoloError for a dimension outside 1 to 1,048,576 and another type than float32 or float64.
    """
    kind = _TYPES.get(np.dtype(dtype))
    if kind is None:
        raise HoloError(f"dtype is {np.dtype(dtype)}, not float32 or float64")
    if not 1 <= dim <= MAX_DIM:
        raise HoloError(f"dim is {dim:,}, not within 1 to {MAX_DIM:,}")
    key = backend(), Layout(int(dim), kind)
    with _lock:
        if key not in _made:
            _made[key] = Transform(key[1], key[0], _prepare(*key))
        return _made[key]


def _prepare(name: str, layout: Layout) -> Functions:
    from emily.instinct.holographic import fftw, numpy_fft

    return {"fftw": fftw.prepare, "numpy": numpy_fft.prepare}[name](layout)
