"""Hypervectors as arrays of booleans: plain NumPy that the kernel must agree with, and made-up cases."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Bits = NDArray[np.bool_]

LINES = 512
"""Bits of a line of the kernel; dimensions around its multiples and those of 64 are the edges."""

EDGES = (64, 65, 127, 128, 511, 512, 513, 1000, 1024, 10_000, 10_240)
WIDEST = (1 << 20, (1 << 20) - 1)

dims = st.sampled_from(EDGES) | st.integers(64, 3 * LINES)
seeds = st.integers(0, 2**32 - 1)
densities = st.sampled_from([0.5, 0.5, 0.0, 0.02, 0.98, 1.0])
shifts = st.integers(-3000, 3000) | st.integers(-(2**200), 2**200)


def random_bits(shape: Sequence[int], seed: int, density: float = 0.5) -> Bits:
    """Booleans that are true with the probability `density`."""
    return np.random.default_rng(seed).random(shape) < density


@st.composite
def rows(
    draw: st.DrawFn, dim: st.SearchStrategy[int] = dims, *, least: int = 0, most: int = 12
) -> Bits:
    """Rows of bits, shape (n, dim)."""
    shape = draw(st.integers(least, most)), draw(dim)
    return random_bits(shape, draw(seeds), draw(densities))


@st.composite
def same_dim(draw: st.DrawFn, count: int) -> Bits:
    """So many vectors of one dimension, shape (count, dim)."""
    dim = draw(dims)
    return np.array([random_bits((dim,), draw(seeds), draw(densities)) for _ in range(count)])


def wire(bits: Bits) -> bytes:
    """Bit i as bit i % 64 of the little-endian word i // 64."""
    words = -(-len(bits) // 64)
    number = sum(1 << int(place) for place in np.flatnonzero(bits))
    return number.to_bytes(8 * words, "little")


@cache
def ties(dim: int) -> Bits:
    """SplitMix64 from the seed 0x9e3779b97f4a7c15 (Steele, Lea & Flood 2014), word by word."""
    mask, golden = 2**64 - 1, 0x9E3779B97F4A7C15
    state, out = golden, []
    for _ in range(-(-dim // 64)):
        state = (state + golden) & mask
        z = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        out += [z >> place & 1 for place in range(64)]
    return np.array(out[:dim], np.bool_)


def votes(bits: Bits, weights: Sequence[int] | None = None) -> NDArray[np.int64]:
    """Per bit the sum of the rows' weights, positive for a one and negative for a zero."""
    signs = np.where(bits, 1, -1).astype(np.int64)
    return signs.sum(axis=0) if weights is None else np.array(weights, np.int64) @ signs


def majority(votes: NDArray[np.int64]) -> Bits:
    """One for more ones than zeros, the tie's bit for as many."""
    return np.where(votes == 0, ties(len(votes)), votes > 0)


def products(tables: Sequence[Bits], indices: NDArray[np.integer]) -> Bits:
    """Row i is the XOR over j of tables[j][indices[i, j]]."""
    factors = [table[column] for table, column in zip(tables, indices.T, strict=True)]
    result: Bits = np.logical_xor.reduce(factors)
    return result
