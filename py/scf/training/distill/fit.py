"""The training loop: the teacher answers at noised points, the student learns to answer so too."""

import math

import torch
from torch import Tensor

from scf.training.device import normal
from scf.training.distill.config import Config
from scf.training.distill.ternary import Learner
from scf.training.ebdm.fit import descend
from scf.training.ebdm.loss import noised
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.state import State
from scf.training.task import Beat, Task

_LEVELS = 32
_LEAST = 1e-2


class Lesson:
    """A teacher, the noise levels that it knows, and what its student is held to.

    `points`, (n, d), are such as the teacher knows. Errors count in proportion to the mean of
    |sigma · score|² at their noise level, so that no level is learned at the cost of another.
    """

    def __init__(
        self, teacher: EnergyModel, low: float, high: float, points: Tensor, config: Config
    ) -> None:
        self.teacher, self.low, self.high, self.config = teacher, low, high, config
        generator = torch.Generator().manual_seed(0)
        levels = torch.logspace(math.log10(low), math.log10(high), _LEVELS).tolist()
        strengths = []
        for sigma in levels:
            x = points + sigma * normal(points.shape, generator, points.device)
            with torch.no_grad():
                score = teacher.score(x, sigma)
            strengths.append((sigma * score).square().sum(1).mean())
        self._weights = torch.stack(strengths).clamp_min(_LEAST).reciprocal()

    def weight(self, sigma: Tensor) -> Tensor:
        """What a square error counts at noise sigma, (n,): that of the nearest level in a table."""
        place = (sigma / self.low).log() / math.log(self.high / self.low) * (_LEVELS - 1)
        return self._weights[place.round().long().clamp(0, _LEVELS - 1)]

    def slope(self, state: State, points: Tensor) -> Tensor:
        """The gradient that leads to the teacher's answers at points (n, d) with noise of all levels."""
        config = self.config
        learner = Learner(state.model, config.form)
        noisy = noised(points, self.low, self.high, state.generator)
        x, sigma = noisy.noisy, noisy.sigma
        with torch.no_grad():
            energy, score = self.teacher.both(x, sigma)
        found_energy, found_score = learner.both(x, sigma)
        # no noise in the target, unlike in denoising score matching: its floor is zero
        errors = (sigma[:, None] * (found_score - score)).square().sum(1)
        scores = (self.weight(sigma) * errors).mean()
        energies = (found_energy - energy).square().mean()
        loss = scores + config.energy_weight * energies
        return state.slope(loss)


def fit(state: State, task: Task, lesson: Lesson, beat: Beat) -> None:
    """Train a student to its last step. Raises what `beat` raises."""

    def slope(points: Tensor) -> Tensor:
        return lesson.slope(state, points)

    descend(state, task, lesson.config, slope, beat)
