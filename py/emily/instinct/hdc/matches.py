"""What a search takes beside queries, and what it finds."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emily.instinct.hdc.errors import ShapeError
from emily.instinct.hdc.kernel import ffi

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer

MAX_K = 2**31 - 1

Shape = int | tuple[int, int]


class Matches(NamedTuple):
    """The k nearest rows: distances in bits, int32, and ids, int64, both of shape (k,) for one query
    and (q, k) for q queries.

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
