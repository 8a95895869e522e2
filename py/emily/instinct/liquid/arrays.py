"""What is handed in, as checked float64 arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.liquid.errors import ShapeError, TimeSpanError

Array = NDArray[np.float64]

MAX_NUMBER = 1e100
"""Beyond it sums of products overflow; every sigmoid is 0 or 1 long before."""

MAX_SPAN_S = 1e9
"""30 years: a longer span is a mistake in units."""


def numbers(name: str, values: ArrayLike) -> Array:
    """float64 values that can be reckoned with, or ShapeError."""
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise ShapeError(f"{name} must be an array of numbers") from None
    if not (np.abs(array) <= MAX_NUMBER).all():  # nor is NaN
        raise ShapeError(f"{name} must be finite and at most {MAX_NUMBER:.0e} in magnitude")
    return array


def vectors(name: str, values: ArrayLike, size: int) -> Array:
    """One vector (size,) or a batch of them (b, size), or ShapeError."""
    array = numbers(name, values)
    if array.ndim not in (1, 2) or array.shape[-1] != size or 0 in array.shape:
        raise ShapeError(f"{name} must be of shape ({size},) or (b, {size}), not {array.shape}")
    return array


def sequences(name: str, values: ArrayLike, size: int) -> Array:
    """One sequence (t, size) or a batch of them (b, t, size), or ShapeError."""
    array = numbers(name, values)
    if array.ndim not in (2, 3) or array.shape[-1] != size or 0 in array.shape:
        raise ShapeError(
            f"{name} must be of shape (t, {size}) or (b, t, {size}), not {array.shape}"
        )
    return array


def spans(values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Time spans in seconds, broadcast to a shape, or TimeSpanError."""
    try:
        array = np.asarray(values, np.float64)
        wide = np.broadcast_to(array, shape)
    except (TypeError, ValueError):
        wanted = f"one number or of shape {shape}" if shape else "one number"
        raise TimeSpanError(f"dt_s must be {wanted}") from None
    if not ((array >= 0) & (array <= MAX_SPAN_S)).all():  # NaN is neither
        raise TimeSpanError(f"dt_s must be finite seconds from 0 to {MAX_SPAN_S:.0e}")
    return wide


def pair(states: Array, inputs: Array) -> tuple[int, ...]:
    """The batch that states and inputs make together: () or (b,), or ShapeError."""
    try:
        return np.broadcast_shapes(states.shape[:-1], inputs.shape[:-1])
    except ValueError:
        raise ShapeError(f"{len(states)} states do not go with {len(inputs)} inputs") from None


def sigmoid(values: Array) -> Array:
    """1 / (1 + e^-x), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * values))
