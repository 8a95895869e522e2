"""The quality that a student loses: the same figures of both, and how far apart they are."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from scf.training.densities.density import Density
from scf.training.densities.quality import relative_error
from scf.training.device import normal
from scf.training.distill.config import Config
from scf.training.ebdm.checkpoint import Card
from scf.training.ebdm.config import Config as Teaching
from scf.training.ebdm.figures import held_out_loss, sample_figures, score_errors
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.sampling import sample

_LEVELS = 8
_LESS_IS_BETTER = ("dsm", "score_error", "sliced_wasserstein")
_MORE_IS_BETTER = ("high_quality", "modes")


def figures(
    model: EnergyModel,
    known: Card,
    held_out: Tensor,
    density: Density | None,
    config: Config,
    *,
    seed: int,
    alive: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """What the recipe `ebdm` measures of a model, with the same noise for the same seed.

    `dsm` always; `sliced_wasserstein` in the plane; with a density `score_error`, and with its modes
    `modes`, `high_quality` and `kl`.
    """
    low, high = known.sigma_min, known.sigma_max
    found = {
        "dsm": held_out_loss(model, held_out, Teaching(sigma_min=low, sigma_max=high), seed=seed)
    }
    if density is not None:
        found["score_error"] = max(score_errors(model, density).values())
    if config.samples:
        points = sample(
            model, config.samples, low=low, high=high, plan=config.sampling, seed=seed, alive=alive
        )
        found |= sample_figures(points, held_out, density)
    return found


def quality_ratio(student: Mapping[str, float], teacher: Mapping[str, float]) -> float:
    """The worst of a student's figures over its teacher's; above 1 the student is worse.

    A figure of which more is better counts the other way round. KL does not count: that of a good
    teacher is the noise of counting.
    """
    ratios = [student[name] / teacher[name] for name in _LESS_IS_BETTER if name in student]
    ratios += [
        teacher[name] / max(student[name], 1e-9) for name in _MORE_IS_BETTER if name in student
    ]
    return max(ratios)


def distance(
    student: EnergyModel, teacher: EnergyModel, known: Card, held_out: Tensor, *, seed: int
) -> dict[str, float]:
    """How far a student is from its teacher over points held out, with noise of eight levels.

    `score_distance` is the largest √(E|student - teacher|² / E|teacher|²) of the score, and
    `energy_distance`, in kT, the largest standard deviation of the difference of the energies, which
    may differ by a constant at each level.
    """
    generator = torch.Generator().manual_seed(seed)
    scores, energies = [], []
    for sigma in np.geomspace(known.sigma_min, known.sigma_max, _LEVELS).tolist():
        x = held_out + sigma * normal(held_out.shape, generator, held_out.device)
        with torch.no_grad():
            energy, score = student.both(x, sigma)
            true_energy, true_score = teacher.both(x, sigma)
        scores.append(
            relative_error(*(each.double().cpu().numpy() for each in (score, true_score)))
        )
        energies.append(float((energy - true_energy).double().std(correction=0)))
    return {"score_distance": max(scores), "energy_distance": max(energies)}
