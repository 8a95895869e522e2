"""A model's energies of the fossils of each shard, as a training hands them back."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scf.contracts.base import Document, FileName

ENERGIES = "energies.json"
"""The file of a result that holds them."""

Bound = Annotated[float, Field(ge=-1e200, le=1e200)]
Count = Annotated[int, Field(ge=0, lt=1 << 53)]


class Histogram(Document):
    """Counts in bins of equal width from `low` to `high`; what is `high` falls into the last."""

    low: Bound
    high: Bound
    counts: Annotated[tuple[Count, ...], Field(min_length=1, max_length=4096)]

    @model_validator(mode="after")
    def _has_width(self) -> "Histogram":
        # not so narrow that the bins have no width of their own as doubles
        if self.high - self.low <= max(1e-12 * max(abs(self.low), abs(self.high)), 1e-200):
            raise ValueError("expected low < high, and a width that can be divided")
        return self


class Spread(Document):
    """How the energies of a shard's `n` fossils are spread; `sd` is the root of the mean square."""

    n: Annotated[int, Field(ge=1, lt=1 << 53)]
    mean: float
    sd: Annotated[float, Field(ge=0)]
    min: float
    max: float
    histogram: Histogram

    @model_validator(mode="after")
    def _agrees(self) -> "Spread":
        # a mean of equal values may differ from them in its last digit
        slack = 1e-9 * max(abs(self.min), abs(self.max))
        bounds = (self.min - slack, self.mean, self.max + slack)
        if any(left > right for left, right in pairwise(bounds)):
            raise ValueError("expected min <= mean <= max")
        if sum(self.histogram.counts) > self.n:
            raise ValueError("the histogram counts more than there is")
        return self


class Energies(Document):
    """The spread of the energies of each shard, by the shard's name."""

    v: Literal[1] = 1
    shards: dict[FileName, Spread]
