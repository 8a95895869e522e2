"""How long, how fast and on what share of the records a model is trained."""

import math
from typing import Annotated

from pydantic import Field

from scf.contracts.base import Document

Count = Annotated[int, Field(ge=1, le=1 << 24)]
Positive = Annotated[float, Field(gt=0, le=1e6)]


class Schedule(Document):
    """What every training has; a recipe's config adds its own."""

    steps: Count = 3000
    batch: Annotated[int, Field(ge=2, le=1 << 16)] = 256
    """Records of a step; each is taken twice, with opposite noise."""
    lr: Annotated[float, Field(gt=0, le=1)] = 6e-3
    warmup: Annotated[int, Field(ge=0, le=1 << 24)] = 100
    clip: Positive = 1.0
    """The longest gradient."""
    decay: Annotated[float, Field(ge=0, le=10)] = 0.0
    """How fast weights shrink, as a part of the learning rate: a smoother energy from few points."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The share of records, by their CIDs, that the loss is measured on and no step sees."""
    save_every: Count = 250

    def rate(self, step: int) -> float:
        """The learning rate after so many steps: a linear start, then half a cosine down to nothing."""
        ramp = min(1.0, (step + 1) / (self.warmup + 1))
        return self.lr * ramp * 0.5 * (1 + math.cos(math.pi * step / self.steps))
