"""Where vectors keep their values and spectra, and how two are combined."""

import os
import threading
from typing import Self, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from emily.instinct.holographic.errors import HoloError
from emily.instinct.holographic.transform import (
    ONE_A,
    ONE_B,
    TRANSFORM_A,
    TRANSFORM_B,
    Real,
    Transform,
    Values,
)

_UNKNOWN, _WRITING, _KNOWN = range(3)
_states = threading.RLock()  # held during a fork, so that no child waits for another thread forever
os.register_at_fork(
    before=_states.acquire, after_in_parent=_states.release, after_in_child=_states.release
)
_empty, _new = np.empty, object.__new__  # a call takes a microsecond or two: looking names up shows


class Blocks:
    """One vector, or n, each beside its spectrum.

    Values are written once, before anyone else sees them. Spectra are written by the first thread that
    needs them; one that needs them meanwhile works on a copy, so none waits and none reads half a
    spectrum.
    """

    __slots__ = ("_count", "_handle", "_memory", "_spectra", "_transform")

    _transform: Transform
    _memory: Values
    _handle: object
    _count: int | None  # of vectors; None for one of shape (dim,)
    _spectra: int

    @classmethod
    def _blank(cls, made: Transform, count: int | None) -> Self:
        blocks = _new(cls)
        blocks._transform = made
        size = made.block if count is None else made.block * count
        blocks._memory = memory = _empty(size, made.dtype)
        blocks._handle = made.handle(memory)
        blocks._count = count
        blocks._spectra = _UNKNOWN
        return blocks

    @classmethod
    def _of(cls, made: Transform, values: NDArray[np.floating]) -> Self:
        """Vectors of values that are known to fit, rounded to their type."""
        blocks = cls._blank(made, None if values.ndim == 1 else len(values))
        made.layout.values(blocks._memory)[:] = values
        return blocks

    @property
    def dim(self) -> int:
        """The values of a vector."""
        return self._transform.dim

    @property
    def dtype(self) -> np.dtype[Real]:
        """float32 or float64."""
        return self._transform.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """(dim,) or (n, dim)."""
        return (self.dim,) if self._count is None else (self._count, self.dim)

    @property
    def values(self) -> Values:
        """The values, (dim,) or (n, dim): a read-only view."""
        made = self._transform
        one = self._count is None
        view = self._memory[: made.dim] if one else made.layout.values(self._memory)
        view.setflags(write=False)
        return view

    @property
    def spectrum(self) -> NDArray[np.complexfloating]:
        """The values' transform as by numpy.fft.rfft, (..., dim // 2 + 1): a read-only view."""
        made = self._transform
        with _states:
            blocks, unknown = self._claim()
        if unknown:
            made.transform(made.plans, 1 if self._count is None else self._count, blocks._handle)
            blocks._spectra = _KNOWN
        view = made.layout.spectra(blocks._memory)
        view.setflags(write=False)
        return view[0] if self._count is None else view

    def _part(self, index: SupportsIndex | slice | NDArray[np.integer]) -> Self:
        """A copy of the vectors at an index of n, with their spectra when they are known."""
        spectra = self._spectra  # read before what it says is copied
        rows = self._memory.reshape(self._count or 0, self._transform.block)[index]
        if rows.ndim not in (1, 2) or rows.shape[-1] != self._transform.block:
            raise IndexError("index is neither a number, a slice nor numbers (n,)")
        part = self._blank(self._transform, None if rows.ndim == 1 else len(rows))
        part._memory[:] = rows.reshape(-1)
        part._spectra = _KNOWN if spectra == _KNOWN else _UNKNOWN
        return part

    def _combine(self, other: Self, name: str, flags: int) -> Self:
        made, count, rows = self._transform, None, 1
        if getattr(other, "_transform", None) is not made:
            check_alike(name, other, "self", self)
        ours, theirs = self._count, other._count
        if ours is not None or theirs is not None:
            check_alike(name, other, "self", self)
            flags |= (ONE_A if ours in (None, 1) else 0) | (ONE_B if theirs in (None, 1) else 0)
            count = rows = next((n for n in (ours, theirs) if n is not None and n != 1), 1)
            if not rows:
                return self._blank(made, count)
        out = _new(self.__class__)  # as _blank() does, without the call, which would show
        out._transform = made
        out._memory = memory = _empty(made.block * rows, made.dtype)
        out._handle = made.handle(memory)
        out._count = count
        out._spectra = _UNKNOWN
        a, b = self, other
        if a._spectra != _KNOWN or b._spectra != _KNOWN:
            with _states:
                a, a_unknown = self._claim()
                b, b_unknown = (a, False) if other is self else other._claim()
            flags |= TRANSFORM_A * a_unknown | TRANSFORM_B * b_unknown
        made.combine(made.plans, rows, out._handle, a._handle, b._handle, flags)
        a._spectra = b._spectra = _KNOWN
        return out

    def _claim(self) -> tuple[Self, bool]:
        """What to read the spectra from, and whether the caller is to write them first.

        The caller holds the lock.
        """
        if self._spectra == _KNOWN:
            return self, False
        if self._spectra == _UNKNOWN:
            self._spectra = _WRITING
            return self, True
        return self._of(self._transform, self.values), True


def check_alike(
    name: str, theirs: Blocks, other: str, ours: Blocks, *, counts: bool = True
) -> None:
    """Raise what says that two arguments do not fit; with `counts`, in their numbers of vectors too."""
    if not isinstance(theirs, type(ours)):
        raise TypeError(f"{name} is a {type(theirs).__name__}, not a {type(ours).__name__}")
    both = f"{name} has shape {theirs.shape}, {other} {ours.shape}"
    if theirs.dim != ours.dim:
        raise HoloError(f"{both}: dimensions differ")
    numbers = {theirs._count, ours._count}
    if counts and len(numbers) == 2 and not numbers & {None, 1}:
        raise HoloError(f"{both}: numbers of vectors differ, and neither is one")
    if theirs.dtype != ours.dtype:
        raise HoloError(f"{both}, and types are {theirs.dtype} and {ours.dtype}; astype() converts")
    if theirs._transform is not ours._transform:
        libraries = f"{theirs._transform.backend} and {ours._transform.backend}"
        raise HoloError(f"{both}, and FFT libraries are {libraries}")
