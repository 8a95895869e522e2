"""Blocks transformed by numpy.fft, where FFTW or the C kernel is missing."""

from typing import cast

import numpy as np

from emily.instinct.holographic.transform import (
    CONJUGATE,
    TRANSFORM_A,
    TRANSFORM_B,
    Functions,
    Layout,
    Values,
)


def prepare(layout: Layout) -> Functions:
    """The functions of a layout; NumPy plans nothing, and its handle is the array itself."""

    def transform(_plans: object, count: int, blocks: object) -> None:
        if count:
            rows = cast("Values", blocks)
            layout.spectra(rows)[:] = np.fft.rfft(layout.values(rows))

    def combine(plans: object, count: int, out: object, a: object, b: object, flags: int) -> None:
        if flags & TRANSFORM_A:
            transform(plans, count, a)
        if flags & TRANSFORM_B:
            transform(plans, count, b)
        left, right = (layout.spectra(cast("Values", blocks)) for blocks in (a, b))
        product = left * (right.conj() if flags & CONJUGATE else right)
        layout.values(cast("Values", out))[:] = np.fft.irfft(product, layout.dim)

    return Functions(None, lambda blocks: blocks, transform, combine)
