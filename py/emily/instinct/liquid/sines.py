"""The task that asks for a sense of time: to foretell sines that are sampled irregularly."""

from dataclasses import dataclass

import numpy as np

from emily.instinct.liquid.arrays import Array
from emily.instinct.liquid.training import Batch, Parameters, train

SPAN_S = (0.02, 0.5)
"""Between two samples; uniform. The longest is half a period."""

PERIOD_S = 1.0

WARM_UP = 4
"""Samples before which a phase cannot be known; they are not scored."""


@dataclass(frozen=True, slots=True, eq=False)
class Sines:
    """Sines of random phases: b sequences of t samples and, for each, when the next comes and what it is."""

    samples: Array
    """(b, t, 1)."""
    spans_s: Array
    """From each sample to the next, (b, t)."""
    following: Array
    """The next sample, (b, t, 1)."""

    def time_blind(self) -> "Sines":
        """The same with the mean span everywhere: what one sees who does not know the times."""
        mean = np.full_like(self.spans_s, sum(SPAN_S) / 2)
        return Sines(self.samples, mean, self.following)


def sines(count: int, length: int, rng: np.random.Generator) -> Sines:
    """Count sequences of length samples of sin(2 pi t / PERIOD_S + phase)."""
    spans = rng.uniform(*SPAN_S, (count, length))
    times = np.concatenate([np.zeros((count, 1)), spans.cumsum(axis=1)], axis=1)
    phases = rng.uniform(0, 2 * np.pi, (count, 1))
    values = np.sin(2 * np.pi * times / PERIOD_S + phases)[..., None]
    return Sines(values[:, :-1], spans, values[:, 1:])


def foretelling_error(*, timed: bool, seed: int, steps: int = 400) -> float:
    """The mean square error on 500 new sequences of a CfC of 16 neurons trained for so many steps.

    Args:
        timed: whether it is told the time spans
        seed: of its first weights and the sequences it learns from
        steps: batches of 32 sequences of 24 samples
    """
    rng = np.random.default_rng(seed)

    def batch() -> Batch:
        task = sines(32, 24, rng)
        task = task if timed else task.time_blind()
        return task.samples, task.spans_s, task.following

    start = Parameters.random(1, 1, rng, neurons=16, units=24)
    network = train(start, batch, steps=steps, skip=WARM_UP)
    task = sines(500, 24, rng)
    task = task if timed else task.time_blind()
    errors = network.predict(task.samples, task.spans_s) - task.following
    return float((errors[:, WARM_UP:] ** 2).mean())
