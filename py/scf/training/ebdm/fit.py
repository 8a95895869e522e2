"""The training loop: batches of points in, a trained model out, the same whenever it was interrupted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from scf.batcher.batcher import Batcher
from scf.training.ebdm.config import Config
from scf.training.ebdm.loss import noised
from scf.training.ebdm.parts import Slopes, here, parted
from scf.training.ebdm.points import Sample, Split
from scf.training.ebdm.schedule import Schedule
from scf.training.ebdm.state import State
from scf.training.task import Beat, Task

Slope = Callable[[Tensor], Tensor]
"""The gradient of the loss at points (n, d), as one vector."""


def fit(state: State, task: Task, config: Config, beat: Beat, slopes: Slopes = here) -> None:
    """Train an energy model to its last step. Raises what `beat` and `slopes` raise."""

    def slope(points: Tensor) -> Tensor:
        noisy = noised(points, config.sigma_min, config.sigma_max, state.generator)
        parts = parted(noisy, state.recent, config.slices)
        if config.reference:
            state.recent = torch.cat((state.recent, points))[-config.reference :]
        total = torch.zeros_like(state.values)
        for each in slopes(state, config, parts):
            total += each
        return total

    descend(state, task, config, slope, beat)


def descend(state: State, task: Task, schedule: Schedule, slope: Slope, beat: Beat) -> None:
    """Go down a loss from the state's step to the last, saving `resume.*` on the way.

    `slope` may depend on the state and its points alone. Raises what `beat` raises.
    """
    job, split = task.job.id, Split(schedule.held_out)
    stream = Batcher(
        task.dataset,
        task.shards,
        seed=task.job.seed,
        of=Sample,
        epochs=None,
        start=state.position,
    )
    batches = stream.batches(schedule.batch)
    while state.step < schedule.steps:
        points, _ = split.parts(next(batches))
        if not len(points):
            continue
        state.descend(
            slope(state.model.points(points)),
            lr=schedule.rate(state.step),
            clip=schedule.clip,
            ema=schedule.ema,
            decay=schedule.decay,
        )
        if state.step % schedule.save_every == 0 or state.step == schedule.steps:
            state.position = stream.position
            state.save(task.out, job)
        beat(state.step, schedule.steps)


@contextmanager
def deterministic() -> Iterator[None]:
    """One thread, and only algorithms that give the same bits each time; as before afterwards."""
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    torch.set_num_threads(1)
    # what torch.use_deterministic_algorithms does, without its import of the compiler, three seconds
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_deterministic_debug_mode(mode)
