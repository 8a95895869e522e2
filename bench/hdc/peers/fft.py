"""Circular convolution of two float32 vectors by each library's Fourier transform.

Those whose spectrum is not known are transformed; then follow a product and the transform back.
"""

from collections.abc import Callable
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from bench.hdc.peers.protocol import load

Reals = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]


class Convolver(Protocol):
    """A library with two vectors."""

    name: str
    library: str

    def prepare(self, left: Reals, right: Reals) -> None:
        """Take both, plan, and keep the spectra of both."""

    def bind(self, known: int) -> Callable[[], object]:
        """What binds them when the spectrum of none, of the left one or of both is known."""

    def values(self, found: object) -> Reals:
        """Read the result."""


class _Plan(Protocol):
    def execute(self) -> None: ...


class _Pyfftw(Protocol):
    def empty_aligned(self, n: int, dtype: str) -> npt.NDArray[np.generic]: ...
    def FFTW(  # noqa: N802 (its name)
        self,
        source: npt.NDArray[np.generic],
        target: npt.NDArray[np.generic],
        *,
        direction: str,
        flags: tuple[str, ...],
    ) -> _Plan: ...


class Pyfftw:
    """FFTW's most patient plans on arrays that stay; the result is not divided by dim."""

    name = "pyfftw, FFTW_PATIENT, arrays that stay, undivided"
    library = "pyfftw"

    def __init__(self) -> None:
        self.pyfftw = cast("_Pyfftw", load("pyfftw"))

    def prepare(self, left: Reals, right: Reals) -> None:
        """Plan, fill in both vectors, transform the left one."""
        dim, half = len(left), len(left) // 2 + 1
        make = self.pyfftw.empty_aligned
        self.dim = dim
        self.left, self.right, self.out = (cast("Reals", make(dim, "float32")) for _ in range(3))
        self.a, self.b, self.product = (cast("Spectrum", make(half, "complex64")) for _ in range(3))
        patient, spoils = "FFTW_PATIENT", "FFTW_DESTROY_INPUT"
        plan = self.pyfftw.FFTW
        self.forward_left = plan(self.left, self.a, direction="FFTW_FORWARD", flags=(patient,))
        self.forward_right = plan(self.right, self.b, direction="FFTW_FORWARD", flags=(patient,))
        self.backward = plan(
            self.product, self.out, direction="FFTW_BACKWARD", flags=(patient, spoils)
        )
        self.left[:], self.right[:] = left, right
        self.forward_left.execute()
        self.forward_right.execute()

    def bind(self, known: int) -> Callable[[], object]:
        """The plans that are needed, and the product."""
        return (self._none, self._left, self._both)[known]

    def _none(self) -> Reals:
        self.forward_left.execute()
        return Pyfftw._left(self)

    def _left(self) -> Reals:
        self.forward_right.execute()
        return Pyfftw._both(self)

    def _both(self) -> Reals:
        np.multiply(self.a, self.b, self.product)
        self.backward.execute()
        return self.out

    def values(self, found: object) -> Reals:
        """Divide by dim."""
        return cast("Reals", found) / np.float32(self.dim)


class PyfftwCopied(Pyfftw):
    """The same for vectors that lie elsewhere: copied in, and the result divided into a new one."""

    name = "pyfftw, FFTW_PATIENT, new vectors"
    library = "pyfftw, new vectors"

    def prepare(self, left: Reals, right: Reals) -> None:
        """Plan, and keep the vectors apart."""
        super().prepare(left, right)
        self.first, self.second = left, right
        self.share = np.float32(1 / self.dim)

    def values(self, found: object) -> Reals:
        """It is divided already."""
        return cast("Reals", found)

    def _none(self) -> Reals:
        self.left[:] = self.first
        self.right[:] = self.second
        return np.multiply(super()._none(), self.share)

    def _left(self) -> Reals:
        self.right[:] = self.second
        return np.multiply(super()._left(), self.share)

    def _both(self) -> Reals:
        return np.multiply(super()._both(), self.share)


Forward = Callable[[Reals], Spectrum]
Back = Callable[[Spectrum], Reals]


class _Functions:
    """A library whose transforms are plain functions of arrays."""

    name: str
    library: str

    def transforms(self, dim: int) -> tuple[Forward, Back]:
        """Its transform of reals, and the way back to `dim` of them."""
        raise NotImplementedError

    def prepare(self, left: Reals, right: Reals) -> None:
        """Transform both."""
        self.left, self.right = left, right
        self.forward, self.back = self.transforms(len(left))
        self.spectra = self.forward(left), self.forward(right)

    def bind(self, known: int) -> Callable[[], object]:
        """The transforms that are needed, and the product."""
        forward, back, left, right = self.forward, self.back, self.left, self.right
        first, second = self.spectra
        return (
            lambda: back(forward(left) * forward(right)),
            lambda: back(first * forward(right)),
            lambda: back(first * second),
        )[known]

    def values(self, found: object) -> Reals:
        """It is an array."""
        return cast("Reals", found)


class _Module(Protocol):
    def rfft(self, x: Reals, /) -> Spectrum: ...
    def irfft(self, x: Spectrum, n: int, /) -> Reals: ...


class _Plain(_Functions):
    """The functions are called rfft and irfft."""

    module: str

    def __init__(self) -> None:
        self.fft = cast("_Module", load(self.module))

    def transforms(self, dim: int) -> tuple[Forward, Back]:
        """Both, with nothing around the first."""
        back = self.fft.irfft
        return self.fft.rfft, lambda spectrum: back(spectrum, dim)


class Numpy(_Plain):
    """numpy.fft."""

    name = module = "numpy.fft"
    library = "numpy"


class Scipy(_Plain):
    """scipy.fft."""

    name = module = "scipy.fft"
    library = "scipy"


class Mkl(_Plain):
    """mkl_fft."""

    name = module = "mkl_fft"
    library = "mkl_fft"


class _Ducc(Protocol):
    def r2c(self, a: Reals, /) -> Spectrum: ...
    def c2r(
        self, a: Spectrum, /, *, lastsize: int, forward: bool, inorm: int, out: Reals
    ) -> Reals: ...


class Ducc(_Functions):
    """ducc0.fft."""

    name = "ducc0.fft"
    library = "ducc0"

    def __init__(self) -> None:
        self.fft = cast("_Ducc", load("ducc0.fft"))

    def transforms(self, dim: int) -> tuple[Forward, Back]:
        """The first has an output of its own each time, as two spectra are needed at once."""
        back, out = self.fft.c2r, np.empty(dim, np.float32)
        return (
            self.fft.r2c,
            lambda spectrum: back(spectrum, lastsize=dim, forward=False, inorm=2, out=out),
        )
