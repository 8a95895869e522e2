"""The recipe `ebdm`: an energy-based diffusion model of the points in a dataset.

The figure that models are compared by is `dsm`, the held-out loss, lower being better; it is known for
any dataset. Where the job's config names the `density` that the data came from, `score_error` is the
largest relative error of the score at the noise levels of `figures.LEVELS`.
"""

from collections.abc import Callable
from functools import partial

import torch

from emily.files import replacing
from scf.atlas.energies import ENERGIES
from scf.contracts.job import CHECKPOINT
from scf.training.densities.density import Density
from scf.training.densities.shapes import DENSITIES
from scf.training.device import chosen, measuring
from scf.training.ebdm.checkpoint import Card, CheckpointError, load_with_card, read_card, save
from scf.training.ebdm.config import Config, configured
from scf.training.ebdm.energies import energies
from scf.training.ebdm.figures import held_out_loss, sample_figures, score_errors
from scf.training.ebdm.fit import deterministic, fit
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.parts import Slopes, here
from scf.training.ebdm.points import Split, Survey, survey
from scf.training.ebdm.sampling import sample
from scf.training.ebdm.state import State
from scf.training.task import Beat, Outcome, RecipeError, Task

METRIC = "dsm"
"""The figure that generations are compared by; less is better."""


def train(task: Task, beat: Beat, slopes: Slopes = here) -> Outcome:
    """Train, or go on training, an energy model. Raises RecipeError, ShardError, and what `beat` raises."""
    config = configured(task.job)
    device = chosen(config.device)
    with deterministic():
        beat(0, config.steps)
        known = survey(task.dataset, task.shards, Split(config.held_out))
        density = _density(config, known)
        state, lineage = _start(task, config, known, device)
        state.take_up(task.out, task.job.id)
        fit(state, task, config, beat, slopes)
        model = state.averaged()
        save(task.out / CHECKPOINT, model, _card(task, config, model, lineage))
        metrics = _measure(task, config, model, known, density)
        found = energies(model, task.dataset, task.shards, config.sigma_min)
        with replacing(task.out / ENERGIES) as file:
            file.write(found.canonical())
        beat(config.steps, config.steps)
    return Outcome(metrics, (CHECKPOINT, ENERGIES))


def measure(task: Task, beat: Beat) -> dict[str, float]:
    """The figures of the run's checkpoint. Raises RecipeError, ShardError, CheckpointError."""
    config = configured(task.job)
    device = measuring(config.device)
    with deterministic():
        beat(0, 1)
        model, card = load_with_card(task.out / CHECKPOINT)
        lineage: tuple[str, ...] = ()
        if task.job.parent is not None and task.parent is not None:
            lineage = (*read_card(task.parent).lineage, task.job.parent)
        known = survey(task.dataset, task.shards, Split(config.held_out))
        shape = config.shape(known.dimensions)
        if card != _card(task, config, model, lineage) or not model.shape.fits(shape):
            raise CheckpointError("the checkpoint does not say of itself what the job does")
        density = _density(config, known)
        alive = partial(beat, 0, 1)
        found = _measure(task, config, model.to(device), known, density, alive)
        beat(1, 1)
    return found


def _start(
    task: Task, config: Config, known: Survey, device: torch.device
) -> tuple[State, tuple[str, ...]]:
    """A new network, or a parent's, before the first step; and the checkpoints that it descends from."""
    shape = config.shape(known.dimensions)
    lineage: tuple[str, ...] = ()
    model = EnergyModel(shape, seed=task.job.seed)
    model.fit_scale(torch.from_numpy(known.centre), known.spread)
    if task.job.parent is not None:
        if task.parent is None:
            raise RecipeError(f"ebdm: the parent's checkpoint {task.job.parent} is not here")
        model, card = load_with_card(task.parent)
        if not model.shape.fits(shape):
            raise RecipeError(
                "ebdm: the parent's network has another shape",
                hint="give the parent's width, depth, features and noise levels",
            )
        model.requires_grad_(True).train()
        lineage = (*card.lineage, task.job.parent)
    return State(model.to(device), seed=task.job.seed), lineage


def _card(task: Task, config: Config, model: EnergyModel, lineage: tuple[str, ...]) -> Card:
    job = task.job
    return Card(
        shape=model.shape,
        sigma_min=config.sigma_min,
        sigma_max=config.sigma_max,
        model=job.model,
        generation=job.generation,
        job=job.id,
        dataset=job.dataset,
        lineage=lineage,
        objective=config.objective,
    )


def _measure(
    task: Task,
    config: Config,
    model: EnergyModel,
    known: Survey,
    density: Density | None,
    alive: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    alive()
    held_out = model.points(known.held_out)
    metrics = {METRIC: held_out_loss(model, held_out, config, seed=task.job.seed)}
    if density is not None and config.objective == "conditional":
        metrics["score_error"] = max(score_errors(model, density).values())
    if config.samples:
        points = sample(
            model,
            config.samples,
            low=config.sigma_min,
            high=config.sigma_max,
            plan=config.sampling,
            seed=task.job.seed,
            alive=alive,
        )
        metrics |= sample_figures(points, held_out, density)
    return metrics


def _density(config: Config, known: Survey) -> Density | None:
    if config.density is None:
        return None
    if known.dimensions != 2:
        raise RecipeError(f"ebdm: {config.density} is in the plane, the points are not")
    return DENSITIES[config.density]()
