"""Ternary weights in bytes: five to each, as digits of base 3; 1.6 bits for the 1.58 that they hold."""

from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

PER_BYTE = 5
_PLACES = 3 ** np.arange(PER_BYTE)


def pack(trits: NDArray[np.int8]) -> NDArray[np.uint8]:
    """An array of -1, 0 and 1 as bytes, row by row; the last one is filled up with 0."""
    digits = np.ones(size((trits.size,)) * PER_BYTE, np.int64)
    digits[: trits.size] = trits.ravel() + 1
    packed: NDArray[np.uint8] = (digits.reshape(-1, PER_BYTE) @ _PLACES).astype(np.uint8)
    return packed


def unpack(packed: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The array of this shape that was packed. Raises ValueError when the bytes are no such."""
    if packed.shape != (size(shape),) or packed.max(initial=0) >= 3**PER_BYTE:
        raise ValueError(f"expected {size(shape)} bytes of {PER_BYTE} ternary digits each")
    digits = (packed[:, None].astype(np.int64) // _PLACES % 3 - 1).ravel()
    if digits[prod(shape) :].any():
        raise ValueError("expected nothing after the last ternary digit")
    return digits[: prod(shape)].astype(np.int8).reshape(shape)


def size(shape: tuple[int, ...]) -> int:
    """How many bytes an array takes."""
    return ceil(prod(shape) / PER_BYTE)
