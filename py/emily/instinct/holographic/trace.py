"""A superposition of bound pairs, which a key unbinds."""

import numpy as np
from numpy.typing import DTypeLike

from emily.instinct.holographic.blocks import check_alike
from emily.instinct.holographic.errors import HoloError
from emily.instinct.holographic.memory import CleanupMemory
from emily.instinct.holographic.vectors import Holo


class Trace:
    """The sum of bound pairs in one vector (Plate 1995); it starts empty.

    Pairs are added up in float64, so that what is subtracted leaves no more than rounding behind.
    recall_probability() says how many pairs a trace holds. Only one thread at a time may change it.

    Args:
        dim: values of its vectors
        dtype: float32 or float64, the type of its vectors
    """

    def __init__(self, dim: int, *, dtype: DTypeLike = np.float32) -> None:
        self._vector = Holo.zeros(dim, dtype=dtype)
        self._sum = np.zeros(dim)
        self._pairs = 0

    @property
    def pairs(self) -> int:
        """The pairs added less those subtracted."""
        return self._pairs

    @property
    def vector(self) -> Holo:
        """The trace itself, (dim,)."""
        return self._vector

    def add(self, keys: Holo, values: Holo) -> None:
        """Add one pair, or n; one key serves n values, and one value n keys.

        Raises HoloError when dimensions, types or numbers of vectors differ, or when the trace would hold
        infinities or NaN; it is then as it was.
        """
        self._change(keys, values, 1)

    def subtract(self, keys: Holo, values: Holo) -> None:
        """Take out what add() added.

        Raises HoloError when dimensions, types or numbers of vectors differ, or when the trace would hold
        infinities or NaN; it is then as it was.
        """
        self._change(keys, values, -1)

    def unbind(self, keys: Holo) -> Holo:
        """What is bound to each key, and the noise of the other pairs; in the shape of keys."""
        return self._vector.unbind(keys)

    def recall(self, keys: Holo, memory: CleanupMemory) -> Holo:
        """What is bound to each key, as the nearest vectors of a memory; in the shape of keys."""
        return memory.cleanup(self.unbind(keys))

    def _change(self, keys: Holo, values: Holo, sign: int) -> None:
        check_alike("keys", keys, "the trace", self._vector, counts=False)
        check_alike("values", values, "keys", keys)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            bound = np.atleast_2d(keys.bind(values).values)
            total = self._sum + sign * bound.sum(axis=0, dtype=np.float64)
            vector = total.astype(keys.dtype)
        if not np.isfinite(vector).all():
            raise HoloError(f"keys and values are too large: the trace leaves {keys.dtype}'s range")
        self._vector = Holo(vector)
        self._sum = total
        self._pairs += sign * len(bound)
