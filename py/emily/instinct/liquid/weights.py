"""Weights of a network as one .npz file: named float64 arrays whose shapes agree."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emily.files import ArchiveError, StrPath, read_arrays, replacing
from emily.instinct.liquid.arrays import Array, numbers
from emily.instinct.liquid.errors import ShapeError, WeightsError

_KIND = "kind"


class NetworkWeights(ABC):
    """The parameters of a network: arrays, copied and made read-only, that are kept in files.

    A dataclass of them says which kind of network they make, and the axes of each array.
    """

    __slots__ = ()

    kind: ClassVar[str]
    shapes: ClassVar[Mapping[str, tuple[str, ...]]]
    """The names of the axes of each array; axes of one name must be of one size."""

    @abstractmethod
    def __init__(self, **arrays: ArrayLike) -> None:
        """Take the arrays by their names, as a dataclass does."""

    def __post_init__(self) -> None:
        for name, array in checked(self._arrays(), self.shapes).items():
            object.__setattr__(self, name, array)
        self._check()

    @abstractmethod
    def _check(self) -> None:
        """Raise WeightsError for values or sizes that this network cannot have."""

    def save(self, path: StrPath) -> None:
        """Write a .npz file, in place of one of its name. Raises OSError."""
        write(path, self.kind, self._arrays())

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read what save() wrote.

        Raises WeightsError when the file is no such file, OSError when it cannot be read.
        """
        return cls(**read(path, cls.kind, cls.shapes))

    def _arrays(self) -> dict[str, Array]:
        return {name: getattr(self, name) for name in self.shapes}


def checked(
    values: Mapping[str, ArrayLike], shapes: Mapping[str, tuple[str, ...]]
) -> dict[str, Array]:
    """Read-only copies of the arrays.

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
    return arrays


def write(path: StrPath, kind: str, values: Mapping[str, Array]) -> None:
    """Put arrays into a .npz file, which is replaced as a whole. Raises OSError."""
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **{_KIND: np.array(kind), **values})


def read(path: StrPath, kind: str, names: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """The arrays of a file that write() made.

    Raises WeightsError when the file is no .npz of this kind of network, or lacks an array or has one
    too many; OSError when it cannot be read.
    """
    expected = {*names, _KIND}
    try:
        values = read_arrays(path)
    except ArchiveError as error:
        raise WeightsError(f"{path} holds no weights: {error}") from error
    if set(values) != expected:
        found = ", ".join(sorted(values)) or "no arrays"
        raise WeightsError(f"{path} holds {found}, not {', '.join(sorted(expected))}")
    if (found := str(values.pop(_KIND))) != kind:
        raise WeightsError(f"{path} holds the weights of a {found[:40]} network, not {kind}")
    return values
