"""Bits in words: how many, which, and whether an array holds them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError

DIM = 10_000
"""Bits of a hypervector unless another number is given."""

MIN_DIM, MAX_DIM = 64, 1 << 20

MAX_THREADS = 256

LINE = 64
"""Bytes of a cache line; a vector takes whole ones."""

Seed = int | np.random.Generator
"""A number that always gives the same vectors, or a generator that goes on from where it is."""

_WHOLE = (int, np.integer)
_SEEDS = (int, np.integer, np.random.Generator)


def word_count(dim: int) -> int:
    """Words of 64 bits that hold `dim` bits."""
    return -(-dim // 64)


def line_count(dim: int) -> int:
    """Lines of 64 bytes that hold `dim` bits."""
    return -(-dim // (8 * LINE))


def check_dim(dim: int) -> int:
    """The dimension, when it is one; raises DimensionError, or TypeError for no whole number."""
    if isinstance(dim, bool) or not isinstance(dim, _WHOLE):
        raise TypeError(f"dim must be a whole number, not {type(dim).__name__}")
    if not MIN_DIM <= dim <= MAX_DIM:
        raise DimensionError(f"dim is {MIN_DIM} to {MAX_DIM} bits, not {dim}")
    return int(dim)


def whole(name: str, number: int, least: int | None = None, most: int | None = None) -> int:
    """A whole number in its range; raises HdcError, or TypeError for another number."""
    if isinstance(number, bool) or not isinstance(number, _WHOLE):
        raise TypeError(f"{name} must be a whole number, not {type(number).__name__}")
    if (least is not None and number < least) or (most is not None and number > most):
        bounds = f"{least} or more" if most is None else f"{least} to {most}"
        raise HdcError(f"{name} must be {bounds}, but is {number}")
    return int(number)


def check_bits(bits: ArrayLike, *, ndim: int) -> NDArray[np.bool_]:
    """Booleans, or numbers that are 0 or 1, of shape (dim,) or (n, dim)."""
    try:
        array = np.asarray(bits)
    except ValueError as error:
        raise ShapeError(f"bits are no array: {error}") from error
    shape = "(dim,)" if ndim == 1 else "(n, dim)"
    if array.ndim != ndim:
        raise ShapeError(f"bits must have the shape {shape}, not {array.shape}")
    check_dim(array.shape[-1])
    if array.dtype.kind not in "buif" or not np.isin(array, (0, 1)).all():
        raise ShapeError(f"bits must be booleans, or numbers 0 and 1, not others of {array.dtype}")
    return array.astype(np.bool_)


def check_bytes(data: bytes) -> None:
    """Refuse what holds no bytes."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"data must be bytes, not {type(data).__name__}")


def check_words(words: NDArray[np.uint64], dim: int, *, ndim: int) -> int:
    """The dimension, when these are uint64 of shape (..., ceil(dim / 64)) with zeros from `dim` on."""
    dim = check_dim(dim)
    array = np.asarray(words)
    shape = (word_count(dim),) if ndim == 1 else ("n", word_count(dim))
    if array.dtype != np.uint64:
        raise ShapeError(f"words must be uint64, not {array.dtype}")
    if array.ndim != ndim or array.shape[-1] != word_count(dim):
        wanted = str(shape).replace("'", "")
        raise ShapeError(f"words of {dim} bits must have the shape {wanted}, not {array.shape}")
    if dim % 64 and (array[..., -1] >> np.uint64(dim % 64)).any():
        raise ShapeError(f"words: bits from {dim} on must be zero")
    return dim


def check_aligned(name: str, rows: NDArray[np.uint64], shape: tuple[int, ...]) -> None:
    """Refuse what the kernel could not read: other than uint64 of this shape in whole cache lines."""
    if rows.dtype != np.uint64 or rows.shape != shape:
        raise ShapeError(
            f"{name} must be uint64 of shape {shape}, not {rows.dtype} of {rows.shape}"
        )
    if rows.size and (not rows.flags.c_contiguous or rows.ctypes.data % LINE):
        raise ShapeError(f"{name} must be contiguous and begin at a multiple of {LINE} bytes")


def pack(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Booleans of shape (n, dim) as words of shape (n, ceil(dim / 64))."""
    packed = np.packbits(bits, axis=1, bitorder="little")
    padded = np.zeros((len(bits), 8 * word_count(bits.shape[1])), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view("<u8").astype(np.uint64, copy=False)


def unpack(words: NDArray[np.uint64], dim: int) -> NDArray[np.bool_]:
    """Words of shape (n, >= ceil(dim / 64)) as booleans of shape (n, dim)."""
    octets = np.ascontiguousarray(words.astype("<u8", copy=False)).view(np.uint8)
    bits: NDArray[np.uint8] = np.unpackbits(octets, axis=1, count=dim, bitorder="little")
    return bits.astype(np.bool_)


def random_words(count: int, dim: int, seed: Seed) -> NDArray[np.uint64]:
    """Words of shape (count, ceil(dim / 64)) from PCG64, each bit below `dim` 0 or 1 alike."""
    if isinstance(seed, bool) or not isinstance(seed, _SEEDS):
        raise TypeError(f"seed must be a whole number or a Generator, not {type(seed).__name__}")
    if not isinstance(seed, np.random.Generator):
        seed = whole("seed", seed, 0)
    generator = np.random.default_rng(seed)
    words = generator.integers(0, 2**64, (count, word_count(dim)), np.uint64)
    if dim % 64:
        words[:, -1] &= np.uint64((1 << dim % 64) - 1)
    return words


def aligned_rows(count: int, dim: int) -> NDArray[np.uint64]:
    """Zeros of shape (count, 8 * lines), each row in whole cache lines."""
    words = count * line_count(dim) * LINE // 8
    memory = np.zeros(words + LINE // 8, np.uint64)
    start = -memory.ctypes.data % LINE // 8
    return memory[start : start + words].reshape(
        count, -1 if count else line_count(dim) * LINE // 8
    )
