"""Rows that are XORs of rows of tables, and where a bundle goes."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.kernel import ffi
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

if TYPE_CHECKING:
    from emily.instinct.hdc._kernel import Pointer


class Products:
    """Rows that are XORs of table rows, ready for the kernel."""

    def __init__(self, tables: Sequence[Hypervectors], indices: ArrayLike) -> None:
        if not isinstance(tables, Iterable):
            raise TypeError(f"tables must be several of Hypervectors, not {type(tables).__name__}")
        self._held = tables = list(tables)
        if not tables:
            raise ShapeError("tables: at least one is needed")
        for table in tables:
            if not isinstance(table, Hypervectors):
                raise TypeError(f"tables must hold Hypervectors, not {type(table).__name__}")
        array = np.array(indices)  # a copy: what is checked is what is used
        if array.ndim != 2 or array.shape[1] != len(tables):
            raise ShapeError(f"indices must have the shape (n, {len(tables)}), not {array.shape}")
        if array.dtype.kind not in "iu":
            raise ShapeError(f"indices must be whole numbers, not {array.dtype}")
        self.dim = tables[0].dim
        for number, table in enumerate(tables):
            if table.dim != self.dim:
                raise DimensionError(
                    f"tables: number {number} has {table.dim} bits, not {self.dim} as the first"
                )
            column = array[:, number]
            if len(column) and not 0 <= column.min() <= column.max() < len(table):
                raise ShapeError(
                    f"indices: column {number} reaches from {column.min()} to {column.max()},"
                    f" but its table has {len(table)} rows"
                )
        self.count = len(array)
        self._tables = ffi.new("sov_hdc_matrix *[]", [table._c for table in tables])
        self._factors = len(tables)
        self._indices = array.astype(np.int32, order="C")

    def arguments(self) -> tuple["Pointer", int, "Pointer", int]:
        """Tables, factors, indices and count, as the kernel takes them."""
        indices = ffi.from_buffer("int32_t *", self._indices)
        return self._tables, self._factors, indices, self.count


def result_of(out: Hypervector | None, dim: int) -> Hypervector:
    """The vector for a result: a new one, or `out` when it fits."""
    if out is None:
        return Hypervector.zeros(dim)
    if not isinstance(out, Hypervector):
        raise TypeError(f"out must be a Hypervector, not {type(out).__name__}")
    if out.dim != dim:
        raise DimensionError(f"out has {out.dim} bits, not {dim}")
    if out.read_only:
        raise HdcError("out is read-only: it shows a row of something that may not change")
    return out


def done(code: int) -> None:
    """Raise MemoryError when the kernel had none."""
    if code:
        raise MemoryError("no memory for the bundle's counters")
