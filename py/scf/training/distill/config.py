"""What a job may ask of a distillation; where it says nothing, the size and the pace of its form."""

from typing import Annotated, Literal

import rfc8785
from pydantic import Field

from scf.contracts.job import Job
from scf.errors import ContractError
from scf.training.device import Choice
from scf.training.distill.card import Form
from scf.training.ebdm.sampling import Sampling
from scf.training.ebdm.schedule import Count, Schedule
from scf.training.ebdm.shape import Shape
from scf.training.task import RecipeError


class Config(Schedule):
    """Noise levels, scale and waves are the teacher's."""

    form: Form = "float"
    width: Annotated[int, Field(ge=4, le=4096)] | None = None
    """64 units, 160 where their weights are ternary."""
    depth: Annotated[int, Field(ge=1, le=64)] = 3
    steps: Count = 9000
    lr: Annotated[float, Field(gt=0, le=1)] = 3e-3
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.99
    energy_weight: Annotated[float, Field(ge=0)] = 1e-3
    """How much (difference of energies)² counts beside (sigma · difference of scores)²."""
    density: Literal["gaussians-25", "two-moons", "rings", "spiral"] | None = None
    """The closed form that the data was drawn from; adds figures that need it."""
    sampling: Sampling = Sampling()
    samples: Annotated[int, Field(ge=0, le=1 << 20)] = 2500
    device: Choice = "auto"
    """Where it computes; `auto` is CUDA where there is one."""

    def shape(self, teacher: Shape) -> Shape:
        """The student's network."""
        width = self.width or (64 if self.form == "float" else 160)
        return teacher.model_copy(update={"width": width, "depth": self.depth})


def configured(job: Job) -> Config:
    """The job's configuration. Raises RecipeError that names the field."""
    try:
        return Config.parse(rfc8785.dumps(job.config), source="config")
    except ContractError as error:
        raise RecipeError(f"distill: {error}") from None
