"""Circular convolution and correlation as they are defined, and made-up holographic vectors."""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from emily.instinct.holographic import (
    Holo,
)

DIMS = (1, 2, 3, 7, 8, 30, 64)
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-13}


@st.composite
def vectors(draw: st.DrawFn, number: int, *, batch: bool = False) -> tuple[Holo, ...]:
    """`number` vectors of one dimension and type; or as many batches of one to four."""
    dim, dtype = draw(st.sampled_from(DIMS)), draw(st.sampled_from([np.float32, np.float64]))
    shape = (draw(st.integers(1, 4)), dim) if batch else (dim,)
    values = hnp.arrays(dtype, shape, elements=st.floats(-8, 8, width=32))
    return tuple(Holo(draw(values)) for _ in range(number))


def convolution(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """sum over i of a[i] * b[(k - i) % n], as it is defined."""
    n = a.shape[-1]
    k, i = np.ogrid[:n, :n]
    return np.einsum(
        "...i,...ki->...k", a.astype(np.float64), b.astype(np.float64)[..., (k - i) % n]
    )


def correlation(key: NDArray[np.floating], t: NDArray[np.floating]) -> NDArray[np.float64]:
    """sum over i of key[i] * t[(k + i) % n], as it is defined."""
    n = t.shape[-1]
    k, i = np.ogrid[:n, :n]
    return np.einsum(
        "...i,...ki->...k", key.astype(np.float64), t.astype(np.float64)[..., (k + i) % n]
    )


def assert_near(found: Holo, expected: object, *sources: Holo) -> None:
    """Equal, to the rounding that the lengths of what was combined allow."""
    size = math.prod(1 + float(np.abs(source.values).sum()) for source in sources)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=TOLERANCE[found.dtype] * size)
