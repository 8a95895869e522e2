"""The size of an energy network, as its checkpoint states it."""

from typing import Annotated

from pydantic import Field

from scf.contracts.base import Document


class Shape(Document):
    """Points of `dimensions`, `depth` layers of `width` units, `features` waves of the input."""

    dimensions: Annotated[int, Field(ge=1, le=1024)] = 2
    width: Annotated[int, Field(ge=4, le=4096)] = 128
    depth: Annotated[int, Field(ge=1, le=64)] = 4
    features: Annotated[int, Field(ge=1, le=4096)] = 64
    levels: Annotated[int, Field(ge=1, le=256)] = 8
    lowest: Annotated[float, Field(gt=0)] = 0.3
    highest: Annotated[float, Field(gt=0)] = 20.0
    """The slowest and the fastest wave, in radians per unit of length."""

    def fits(self, other: "Shape") -> bool:
        """Whether one's tensors can take the other's place: their waves may be other ones."""
        return self == other.model_copy(update={"lowest": self.lowest, "highest": self.highest})

    @property
    def numbers(self) -> int:
        """How many numbers its tensors hold."""
        inlet = self.width * (self.dimensions + 2 * self.features + 2 * self.levels + 3)
        hidden = (self.depth - 1) * self.width * (self.width + 1)
        scales = self.dimensions + 1 + self.features * self.dimensions + self.levels
        return inlet + hidden + scales
