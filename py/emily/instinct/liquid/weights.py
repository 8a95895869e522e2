"""Weights of a network as one .npz file: named float64 arrays whose shapes agree."""

import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.liquid.arrays import Array, numbers
from emily.instinct.liquid.errors import ShapeError, WeightsError

StrPath = str | os.PathLike[str]

_KIND = "kind"

_BROKEN = (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, OSError, KeyError, MemoryError)
"""What zipfile and NumPy raise for broken archives; RuntimeError when flags claim encryption."""


def checked(
    values: Mapping[str, ArrayLike], shapes: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Array], dict[str, int]]:
    """Read-only copies of the arrays, and the size of each named axis.

    Args:
        values: arrays by name
        shapes: the names of the axes of each array; axes of one name must be of one size

    Raises WeightsError when an array has another number of axes, an axis another size than its
    namesakes, or a value is not finite.
    """
    arrays, sizes = {}, dict[str, int]()
    for name, axes in shapes.items():
        try:
            array = np.array(numbers(name, values[name]))
        except ShapeError as error:
            raise WeightsError(str(error)) from None
        if array.ndim != len(axes) or 0 in array.shape:
            raise WeightsError(f"{name} must be of shape ({', '.join(axes)}), not {array.shape}")
        for axis, size in zip(axes, array.shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise WeightsError(f"{name} has {size} {axis}, the arrays before it {sizes[axis]}")
        array.setflags(write=False)
        arrays[name] = array
    return arrays, sizes


def write(path: StrPath, kind: str, values: Mapping[str, Array]) -> None:
    """Put arrays into a .npz file, which is replaced as a whole."""
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as file:
            np.savez(file, allow_pickle=False, **{_KIND: np.array(kind), **values})
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: StrPath, kind: str, names: Iterable[str]) -> dict[str, Array]:
    """The arrays of a file that write() made.

    Raises WeightsError when the file is no .npz of this kind of network, or lacks an array or has one
    too many; OSError when it cannot be read.
    """
    expected = {*names, _KIND}
    content = Path(path).read_bytes()
    try:
        arrays = np.load(io.BytesIO(content), allow_pickle=False)
        values = {name: arrays[name] for name in getattr(arrays, "files", ())}
    except _BROKEN as error:
        raise WeightsError(f"{path} is no .npz file of weights") from error
    if set(values) != expected:
        found = ", ".join(sorted(values)) or "no named arrays"
        raise WeightsError(f"{path} holds {found}, not {', '.join(sorted(expected))}")
    if (found := str(values.pop(_KIND))) != kind:
        raise WeightsError(f"{path} holds the weights of a {found[:40]} network, not {kind}")
    return values
