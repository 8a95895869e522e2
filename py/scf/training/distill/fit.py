"""The training loop: the teacher answers at noised points, the student learns to answer so too."""

import torch
from torch import Tensor

from scf.training.distill.config import Config
from scf.training.distill.ternary import Learner
from scf.training.ebdm.fit import descend
from scf.training.ebdm.loss import noised
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.state import State
from scf.training.task import Beat, Task


class Lesson:
    """A teacher, the noise levels that it knows, and what its student is held to."""

    def __init__(self, teacher: EnergyModel, low: float, high: float, config: Config) -> None:
        self.teacher, self.low, self.high, self.config = teacher, low, high, config

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
        scores = (sigma[:, None] * (found_score - score)).square().sum(1).mean()
        energies = (found_energy - energy).square().mean()
        loss = scores + config.energy_weight * energies
        return state.slope(loss)


def fit(state: State, task: Task, lesson: Lesson, beat: Beat) -> None:
    """Train a student to its last step. Raises what `beat` raises."""

    def slope(points: Tensor) -> Tensor:
        return lesson.slope(state, points)

    descend(state, task, lesson.config, slope, beat)
