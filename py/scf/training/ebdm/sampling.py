"""Sampling by annealed Langevin dynamics: from the widest noise to the least, then one denoising step.

Song & Ermon 2019, arXiv:1907.05600, algorithm 1; the last step of Jolicoeur-Martineau et al. 2020,
arXiv:2009.05475. Langevin only samples here; nothing is trained by it.
"""

import math
from collections.abc import Callable
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from scf.contracts.base import Document
from scf.training.device import normal
from scf.training.ebdm.network import EnergyModel


class Sampling(Document):
    """Langevin steps: `steps` at each of `levels` noise levels, of size `rate`·sigma²."""

    levels: Annotated[int, Field(ge=2, le=1000)] = 20
    steps: Annotated[int, Field(ge=1, le=1000)] = 10
    rate: Annotated[float, Field(gt=0, lt=2)] = 0.5


@torch.no_grad()
def sample(
    model: EnergyModel,
    n: int,
    *,
    low: float,
    high: float,
    plan: Sampling,
    seed: int,
    alive: Callable[[], None] = lambda: None,
) -> Tensor:
    """n points, (n, d), drawn from noise sigma = `high` down to `low`; the same seed gives the same points.

    `alive` is called before each step.
    """
    generator = torch.Generator().manual_seed(seed)
    start = math.hypot(high, float(model.spread))
    noise = normal((n, model.shape.dimensions), generator, model.device)
    x = model.centre + start * noise
    sigmas = torch.logspace(math.log10(high), math.log10(low), plan.levels).tolist()
    for sigma in sigmas:
        size = plan.rate * sigma**2
        for _ in range(plan.steps):
            alive()
            noise = normal(x.shape, generator, model.device)
            x = x + 0.5 * size * model.score(x, sigma) + math.sqrt(size) * noise
    # the mean of what the last noise may have hidden (Tweedie)
    return x + low**2 * model.score(x, low)
