"""Circular convolution of two float32 vectors by PyTorch, and by torchhd with it."""

from collections.abc import Callable
from typing import Protocol, Self, cast

import numpy as np
from bench.hdc.peers.fft import Reals
from bench.hdc.peers.protocol import load
from bench.hdc.peers.torch import Tensor, torch
from bench.hdc.peers.torchhd import vectors


class _Module(Protocol):
    def rfft(self, x: Tensor, /) -> "_Spectrum": ...
    def irfft(self, x: "_Spectrum", n: int, /) -> Tensor: ...


class _Spectrum(Protocol):
    def __mul__(self, other: Self, /) -> Self: ...


class Torch:
    """torch.fft."""

    name = "torch.fft"
    library = "torch"

    def __init__(self) -> None:
        self.fft = cast("_Module", load("torch.fft"))

    def prepare(self, left: Reals, right: Reals) -> None:
        """Take and transform both."""
        library = torch()
        self.dim = len(left)
        self.left, self.right = library.from_numpy(left), library.from_numpy(right)
        self.spectra = self.fft.rfft(self.left), self.fft.rfft(self.right)

    def bind(self, known: int) -> Callable[[], object]:
        """The transforms that are needed, and the product."""
        forward, back, dim = self.fft.rfft, self.fft.irfft, self.dim
        left, right, (first, second) = self.left, self.right, self.spectra
        return (
            lambda: back(forward(left) * forward(right), dim),
            lambda: back(first * forward(right), dim),
            lambda: back(first * second, dim),
        )[known]

    def values(self, found: object) -> Reals:
        """The same memory."""
        return cast("Tensor", found).numpy()


class Torchhd:
    """Its HRR bind, which keeps no spectra."""

    name = "torchhd HRR bind"
    library = "torchhd"

    def __init__(self) -> None:
        load("torchhd")

    def prepare(self, left: Reals, right: Reals) -> None:
        """Take both."""
        self.left, self.right = vectors(left, "HRR"), vectors(right, "HRR")

    def bind(self, known: int) -> Callable[[], object]:  # noqa: ARG002 (it keeps no spectra)
        """The bind."""
        return lambda: self.left.bind(self.right)

    def values(self, found: object) -> Reals:
        """The same memory."""
        return np.asarray(cast("Tensor", found).numpy())
