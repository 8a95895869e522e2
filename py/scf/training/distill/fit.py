"""The training loop: the teacher answers at noised points, the student learns to answer so too."""

import math

import torch

from scf.batcher.batcher import Batcher
from scf.training.distill.config import Config
from scf.training.distill.ternary import Learner
from scf.training.ebdm.loss import noised
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.points import Floats, Sample, Split
from scf.training.ebdm.state import State
from scf.training.task import Beat, Task


class Lesson:
    """A teacher, the noise levels that it knows, and what its student is held to."""

    def __init__(self, teacher: EnergyModel, low: float, high: float, config: Config) -> None:
        self.teacher, self.low, self.high, self.config = teacher, low, high, config

    def step(self, state: State, points: Floats) -> None:
        """Move the student towards the teacher at these points, (n, d), with noise of all levels."""
        config = self.config
        learner = Learner(state.model, config.form)
        noisy = noised(state.model.points(points), self.low, self.high, state.generator)
        x, sigma = noisy.noisy, noisy.sigma
        with torch.no_grad():
            energy, score = self.teacher.both(x, sigma)
        found_energy, found_score = learner.both(x, sigma)
        # no noise in the target, unlike in denoising score matching: its floor is zero
        scores = (sigma[:, None] * (found_score - score)).square().sum(1).mean()
        energies = (found_energy - energy).square().mean()
        loss = scores + config.energy_weight * energies
        state.descend(
            state.slope(loss), lr=self._rate(state.step), clip=config.clip, ema=config.ema
        )

    def _rate(self, step: int) -> float:
        """A linear start, then half a cosine down to nothing."""
        ramp = min(1.0, (step + 1) / (self.config.warmup + 1))
        return self.config.lr * ramp * 0.5 * (1 + math.cos(math.pi * step / self.config.steps))


def fit(state: State, task: Task, lesson: Lesson, beat: Beat) -> None:
    """Train to the last step, saving `resume.*` on the way. Raises what `beat` raises."""
    config, split = lesson.config, Split(lesson.config.held_out)
    stream = Batcher(
        task.dataset,
        task.shards,
        seed=task.job.seed,
        of=Sample,
        epochs=None,
        start=state.position,
    )
    batches = stream.batches(config.batch)
    while state.step < config.steps:
        points, _ = split.parts(next(batches))
        if not len(points):
            continue
        lesson.step(state, points)
        if state.step % config.save_every == 0 or state.step == config.steps:
            state.position = stream.position
            state.save(task.out, task.job.id)
        beat(state.step, config.steps)
