"""A step in parts, each with a gradient of its own: a sum that is the same wherever its terms are made."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from scf.training.ebdm.config import Config
from scf.training.ebdm.loss import Noised, conditional_loss, multiscale_loss, target_of
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.residual import RESIDUALS
from scf.training.ebdm.state import State


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a step's points, and those that they may have come from beside their own, (m, d)."""

    share: float
    """Of the step's points."""
    points: Noised
    reference: Tensor


Slopes = Callable[[State, Config, Sequence[Part]], Iterable[Tensor]]
"""The gradient of each part's share of the loss at the state's values, as one vector, in their order."""


def parted(points: Noised, reference: Tensor, most: int) -> list[Part]:
    """Points, each twice with opposite noise, in `most` parts of about one size, in fewer if they are few."""
    n = len(points.clean) // 2

    def both(tensor: Tensor, low: int, high: int) -> Tensor:
        return torch.cat((tensor[low:high], tensor[n + low : n + high]))

    return [
        Part(
            (high - low) / n,
            Noised(
                both(points.clean, low, high),
                both(points.sigma, low, high),
                both(points.noise, low, high),
            ),
            reference,
        )
        for low, high in pairwise(n * k // most for k in range(most + 1))
        if low < high
    ]


def loss_of(model: EnergyModel, config: Config, part: Part) -> Tensor:
    """The mean loss of a part's points."""
    points = part.points
    target = target_of(points, part.reference)
    if config.objective == "conditional":
        total = conditional_loss(model, points, target, level_weight=config.level_weight)
    else:
        total = multiscale_loss(model, points, target, base=config.sigma_min)
    if config.residual is not None:
        term = RESIDUALS[config.residual]()(model, points.noisy, points.sigma)
        total = total + config.residual_weight * term
    return total


def slope_of(state: State, config: Config, part: Part) -> Tensor:
    """The gradient of a part's share of the loss, in a vector that the next call overwrites."""
    return state.slope(part.share * loss_of(state.model, config, part))


def here(state: State, config: Config, parts: Sequence[Part]) -> Iterable[Tensor]:
    """Slopes that this process computes, one after another."""
    return (slope_of(state, config, part) for part in parts)
