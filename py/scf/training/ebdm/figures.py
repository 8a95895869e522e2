"""The figures of a trained model."""

import numpy as np
import torch
from torch import Tensor

from scf.training.densities.density import Density
from scf.training.densities.quality import quality, relative_error, sliced_wasserstein
from scf.training.ebdm.config import Config
from scf.training.ebdm.loss import conditional_loss, noised, target_of
from scf.training.ebdm.network import EnergyModel

LEVELS = (4.0, 0.8, 0.2, 0.05)
"""The noise levels at which a score is compared with the closed form."""
_POINTS = 8192


def held_out_loss(model: EnergyModel, points: Tensor, config: Config, *, seed: int) -> float:
    """`dsm`: the noise-conditional loss on points that no step saw, (n, d), with noise drawn by `seed`.

    Its floor is the data's own, not zero: it compares models on one dataset. One energy of many levels
    is measured at its own, `sigma_min`.
    """
    low = config.sigma_min
    high = config.sigma_max if config.objective == "conditional" else low
    noisy = noised(points, low, high, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return float(conditional_loss(model, noisy, target_of(noisy, points[:0])))


def score_errors(
    model: EnergyModel, density: Density, levels: tuple[float, ...] = LEVELS, *, seed: int = 0
) -> dict[float, float]:
    """√(E|model - exact|² / E|exact|²) of the score at each noise level, over that level's own points."""
    rng = np.random.default_rng(seed)
    errors = {}
    for sigma in levels:
        x = density.sample(_POINTS, rng) + sigma * rng.standard_normal((_POINTS, 2))
        with torch.no_grad():
            found = model.score(model.points(x), sigma).double().cpu().numpy()
        errors[sigma] = relative_error(found, density.score(x, sigma))
    return errors


def sample_figures(samples: Tensor, held_out: Tensor, density: Density | None) -> dict[str, float]:
    """`sliced_wasserstein` from points held out, and how the modes are met where they are known."""
    points = samples.double().cpu().numpy()
    figures = {}
    count = min(len(points), len(held_out))
    if points.shape[1] == 2 and count:
        apart = sliced_wasserstein(points[:count], held_out[:count].double().cpu().numpy())
        figures["sliced_wasserstein"] = apart
    if density is not None and len(density.modes()):
        found = quality(points, density.modes(), density.sd)
        figures |= {
            "modes": float(found.modes),
            "high_quality": found.high_quality,
            "kl": found.kl,
        }
    return figures
