"""Denoising score matching in three forms.

- One noise level: Vincent 2011, "A connection between score matching and denoising autoencoders".
- Noise-conditional, each level weighted by sigma²: Song & Ermon 2019, arXiv:1907.05600.
- Multiscale for one energy, with noise of many levels but the slope of one: Li, Chen & Sommer 2019,
  arXiv:1910.07762.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from scf.training.device import normal
from scf.training.ebdm.network import EnergyModel


@dataclass(frozen=True, slots=True)
class Noised:
    """Points x, each with its noise: `noisy` = `clean` + sigma·`noise`; shapes (n, d), sigma of (n,)."""

    clean: Tensor
    sigma: Tensor
    noise: Tensor

    @property
    def noisy(self) -> Tensor:
        """The points with their noise."""
        return self.clean + self.sigma[:, None] * self.noise


def noised(clean: Tensor, low: float, high: float, generator: torch.Generator) -> Noised:
    """Each point twice, with opposite noise of one level, the levels log-uniform in [low, high].

    One level per equal slice of the range and opposite signs both lower the variance of the loss's
    gradient, at no cost and without bias. The generator is the CPU's.
    """
    n = len(clean)
    place = (torch.arange(n) + torch.rand(n, generator=generator)) / n
    sigma = (low * torch.exp(place * math.log(high / low))).to(clean.device)
    noise = normal(clean.shape, generator, clean.device)
    return Noised(clean.repeat(2, 1), sigma.repeat(2), torch.cat((noise, -noise)))


@dataclass(frozen=True, slots=True)
class Target:
    """What the noise of a point is taken for: the noise, (n, d), and its square, (n,)."""

    noise: Tensor
    square: Tensor


def target_of(points: Noised, reference: Tensor) -> Target:
    """E[noise | noisy] and E[|noise|² | noisy] over a point's own origin and `reference`, (m, d).

    With no reference it is the noise itself. More of them lower the variance where many origins are
    likely, and vanish in bias as they grow: Xu, Tong & Jaakkola 2023, arXiv:2302.00670.
    """
    if not len(reference):
        return Target(points.noise, points.noise.square().sum(1))
    noisy, sigma = points.noisy, points.sigma[:, None]
    # expanded, not the difference: one product of matrices instead of n·m·d numbers
    cross = noisy @ reference.T
    square = reference.square().sum(1) - 2 * cross + noisy.square().sum(1, keepdim=True)
    own = (sigma * points.noise).square().sum(1, keepdim=True)
    square = torch.cat((own, square), 1) / sigma.square()
    weight = torch.softmax(-0.5 * square, 1)
    origin = weight[:, :1] * points.clean + weight[:, 1:] @ reference
    return Target((noisy - origin) / sigma, (weight * square).sum(1))


def conditional_loss(
    model: EnergyModel, points: Noised, target: Target, *, level_weight: float = 0.0
) -> Tensor:
    """Mean of |sigma·score(x, sigma) + noise|²: Vincent's at one sigma, Song & Ermon's over many.

    With a `level_weight`, that times the mean of (∂E/∂ log sigma + |noise|² - d)² is added: it ties the
    energies of all levels together and so, from the widest, which is one Gaussian, gives modes that no
    data connects their true weights. Guth, Kadkhodaie & Simoncelli 2025, arXiv:2506.05310.
    """
    _, score, level_slope = model.slopes(points.noisy, points.sigma)
    loss = (points.sigma[:, None] * score + target.noise).square().sum(1).mean()
    if level_weight:
        change = level_slope + target.square - points.clean.shape[1]
        loss = loss + level_weight * change.square().mean()
    return loss


def multiscale_loss(model: EnergyModel, points: Noised, target: Target, *, base: float) -> Tensor:
    """Li, Chen & Sommer's: noise of every level, one energy, that of `base`.

    The step sigma0²·∇E(x, sigma0) undoes the noise sigma·target; weighted by 1/sigma².
    """
    step = -(base**2) * model.score(points.noisy, base)
    sigma = points.sigma[:, None]
    return ((step - sigma * target.noise) / sigma).square().sum(1).mean()
