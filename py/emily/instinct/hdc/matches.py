"""What a search takes beside queries, and what it finds."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emily.instinct.hdc.errors import HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer

MAX_K = 2**31 - 1
MAX_THREADS = 256

Shape = int | tuple[int, int]


_WHOLE = (int, np.integer)


class Matches(NamedTuple):
    """The k nearest rows, of shape (k,) for one query and (q, k) for q queries.

    By ascending distance, equally near ones in the order in which they were added; where no row is
    left the id is -1 and the distance 2**31 - 1.
    """

    distances: NDArray[np.int32]
    ids: NDArray[np.int64]


class Out(NamedTuple):
    """Matches that results of a shape fit into, and the addresses of their arrays."""

    matches: Matches | None
    shape: Shape
    distances: "Pointer"
    ids: "Pointer"


NO_OUT = Out(None, 0, ffi.NULL, ffi.NULL)


def prepare(matches: Matches, shape: Shape) -> Out:
    """Check that results of this shape fit; raises ShapeError."""
    if not isinstance(matches, Matches):
        raise TypeError(f"out must be Matches, not {type(matches).__name__}")
    wanted = (shape,) if isinstance(shape, int) else shape
    for name, array, dtype in (
        ("distances", matches.distances, np.dtype(np.int32)),
        ("ids", matches.ids, np.dtype(np.int64)),
    ):
        if array.dtype != dtype or array.shape != wanted:
            raise ShapeError(
                f"out.{name} must be {dtype} of shape {wanted}, not {array.dtype} of {array.shape}"
            )
        if not (array.flags.c_contiguous and array.flags.aligned and array.flags.writeable):
            raise ShapeError(f"out.{name} must be contiguous, aligned and writeable")
    distances = ffi.from_buffer("int32_t *", matches.distances, require_writable=True)
    ids = ffi.from_buffer("int64_t *", matches.ids, require_writable=True)
    return Out(matches, shape, distances, ids)


def whole(name: str, number: int, least: int, most: int | None = None) -> int:
    """A whole number in its range; raises HdcError."""
    if isinstance(number, bool) or not isinstance(number, _WHOLE):
        raise TypeError(f"{name} must be a whole number, not {type(number).__name__}")
    if number < least or (most is not None and number > most):
        bounds = f"{least} or more" if most is None else f"{least} to {most}"
        raise HdcError(f"{name} must be {bounds}, but is {number}")
    return int(number)
