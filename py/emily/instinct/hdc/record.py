"""Records of named numbers as hypervectors: role-filler binding.

Kanerva 2009 ("Hyperdimensional computing", Cognitive Computation 1), section "Data records".
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from emily.instinct.hdc.bundling import bundle_groups
from emily.instinct.hdc.codebook import Codebook
from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.packing import Seed
from emily.instinct.hdc.scalars import ScalarEncoder
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors


class RecordEncoder:
    """The majority of role ^ level over the fields of a record.

    Each field has a role, a random hypervector, and the encoder of its numbers; fields may share an
    encoder.

    Raises HdcError when there is no field or the encoders' dimensions differ.
    """

    def __init__(self, fields: Mapping[str, ScalarEncoder], *, seed: Seed) -> None:
        if not fields:
            raise HdcError("fields is empty; a record has at least one field")
        self.fields = dict(fields)
        dims = {encoder.vectors.dim for encoder in self.fields.values()}
        if len(dims) > 1:
            raise DimensionError(
                f"the encoders of fields have different dimensions: {sorted(dims)}"
            )
        self.roles = Codebook.random(self.fields, dims.pop(), seed=seed)
        # One table of all levels; each encoder's own begin at its offset.
        encoders = list({id(encoder): encoder for encoder in self.fields.values()}.values())
        starts = np.cumsum([0, *(len(encoder.vectors) for encoder in encoders)])
        offsets = {
            id(encoder): int(start) for encoder, start in zip(encoders, starts, strict=False)
        }
        self._offsets = [offsets[id(encoder)] for encoder in self.fields.values()]
        levels = Hypervectors.stack(v for encoder in encoders for v in encoder.vectors)
        self._tables = [self.roles.vectors, levels]

    @property
    def dim(self) -> int:
        """The dimension of the hypervectors in bits."""
        return self.roles.dim

    def encode(self, values: npt.ArrayLike) -> Hypervector:
        """The hypervector of one record: its numbers in the order of the fields, shape (fields,).

        Raises HdcError when the shape differs or an encoder refuses a number.
        """
        return self._rows(np.asarray(values)[np.newaxis])[0]

    def encode_batch(self, values: npt.ArrayLike, *, threads: int = 1) -> Hypervectors:
        """The hypervectors of m records, shape (m, fields): m rows."""
        return self._rows(np.asarray(values), threads)

    def decode(self, record: Hypervector, field: str) -> float:
        """The number that a record holds in a field, as far as the other fields let it through.

        Unbinding with the role leaves the level's hypervector and noise; the nearest level's
        number is the answer.
        """
        if field not in self.fields:
            raise HdcError(f"field {field!r} is none of {', '.join(self.fields)}")
        return self.fields[field].decode(record ^ self.roles[field])

    def _rows(self, values: npt.NDArray[np.generic], threads: int = 1) -> Hypervectors:
        if values.ndim != 2 or values.shape[1] != len(self.fields):
            raise ShapeError(f"values has shape (m, {len(self.fields)}), not {values.shape}")
        indices = np.empty((*values.shape, 2), np.int32)
        indices[:, :, 0] = np.arange(len(self.fields))
        for column, (name, encoder) in enumerate(self.fields.items()):
            try:
                indices[:, column, 1] = encoder.indices(values[:, column]) + self._offsets[column]
            except HdcError as error:
                raise HdcError(f"field {name!r}: {error}") from error
        ends = np.arange(1, len(values) + 1) * len(self.fields)
        return bundle_groups(self._tables, indices.reshape(-1, 2), ends, threads=threads)
