"""What a job may ask of a training: every field has a default that was tuned on 25 Gaussians."""

from typing import Annotated, Literal

import rfc8785
from pydantic import Field, model_validator

from scf.contracts.job import Job
from scf.errors import ContractError
from scf.training.device import Choice
from scf.training.ebdm.checkpoint import Objective
from scf.training.ebdm.sampling import Sampling
from scf.training.ebdm.schedule import Count, Positive, Schedule
from scf.training.ebdm.shape import Shape
from scf.training.task import RecipeError


class Config(Schedule):
    """Lengths (the noise levels sigma) are in the data's own unit."""

    steps: Count = 9000
    decay: Annotated[float, Field(ge=0, le=10)] = 0.05

    width: Annotated[int, Field(ge=4, le=4096)] = 128
    depth: Annotated[int, Field(ge=1, le=64)] = 3
    features: Annotated[int, Field(ge=1, le=4096)] = 64
    sigma_min: Positive = 0.03
    sigma_max: Positive = 8.0
    objective: Objective = "conditional"
    """An energy for every noise level, or one energy, that of `sigma_min`, from all of them."""
    reference: Annotated[int, Field(ge=0, le=1 << 16)] = 512
    """Points that a noisy one may have come from beside its own; 0 is plain score matching."""
    level_weight: Annotated[float, Field(ge=0, le=1e6)] = 0.05
    """How much the energy's change with the noise level counts beside its change in space."""
    slices: Annotated[int, Field(ge=1, le=1024)] = 1
    """Parts of a step whose gradients are computed apart, by other machines for instance; the sum, and
    with it the result, depends on how many there are, not on where."""
    residual: Literal["rotation"] | None = None
    residual_weight: Positive = 1.0
    density: Literal["gaussians-25", "two-moons", "rings", "spiral"] | None = None
    """The closed form that the data was drawn from; adds figures that need it."""
    sampling: Sampling = Sampling()
    samples: Annotated[int, Field(ge=0, le=1 << 20)] = 2500
    device: Choice = "auto"
    """Where it computes; `auto` is CUDA where there is one."""

    @model_validator(mode="after")
    def _orders(self) -> "Config":
        if not self.sigma_min < self.sigma_max:
            raise ValueError("sigma_min is not below sigma_max")
        return self

    def shape(self, dimensions: int) -> Shape:
        """The network for points of so many dimensions."""
        return Shape(
            dimensions=dimensions,
            width=self.width,
            depth=self.depth,
            features=self.features,
            lowest=2.0 / self.sigma_max,
            # no faster: what the layers make of slow waves is smoother where points are few
            highest=0.08 / self.sigma_min,
        )


def configured(job: Job) -> Config:
    """The job's configuration. Raises RecipeError that names the field."""
    try:
        return Config.parse(rfc8785.dumps(job.config), source="config")
    except ContractError as error:
        raise RecipeError(f"ebdm: {error}") from None
