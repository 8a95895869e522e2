"""The recipe `gflownet`: a policy on a hypergrid, trained in NumPy and evaluated exactly."""

from typing import Annotated

import numpy as np
import rfc8785
from pydantic import Field

from emily.cognition.gflownet.checkpoint import Trained, assess
from emily.cognition.gflownet.errors import GFlowNetError
from emily.cognition.gflownet.hypergrid import Hypergrid
from emily.cognition.gflownet.policy import Policy
from emily.cognition.gflownet.recipe import Recipe
from scf.contracts.base import Document
from scf.contracts.job import CHECKPOINT, Job
from scf.errors import RefusedError
from scf.training.gflownet.checkpoint import arrays_of, load, parameters_of, save
from scf.training.gflownet.training import Training
from scf.training.resume import Kept, keep, kept
from scf.training.task import Beat, Outcome, RecipeError, Task
from scf.training.tensors import TensorsError
from scf.training.tolerance import differing

EVERY = 500
"""Steps between what is saved to go on from: a second or two."""

_SHIPPED = Recipe()

Count = Annotated[int, Field(ge=1, le=10_000_000)]


class Config(Document):
    """What a job's `config` may say; the rest is as the shipped weights have it."""

    side: Annotated[int, Field(ge=2)] = 8
    dimensions: Annotated[int, Field(ge=1)] = 4
    r0: Annotated[float, Field(gt=0)] = 0.1
    """The least reward."""
    steps: Count = _SHIPPED.steps
    batch: Count = _SHIPPED.batch
    """Trajectories in a step."""
    rate: Annotated[float, Field(gt=0)] = _SHIPPED.rate
    log_z_rate: Annotated[float, Field(gt=0)] = _SHIPPED.log_z_rate
    exploration: Annotated[float, Field(ge=0, lt=1)] = _SHIPPED.exploration


def train(task: Task, beat: Beat) -> Outcome:
    """Train a policy to end in each state as often as its share of the reward.

    The reward is a formula, so no fossil is read: the job names a dataset all the same, as the place
    in the vault that a release is traced back to. With a parent, the training starts from its policy.
    The figures are exact: `l1` (0 to 2), `modes` of `modes_true`, `log_z` and how far it is off. The
    same job gives the same bytes on one machine, interrupted or not. Raises RecipeError,
    ContractError, TensorsError.
    """
    config = Config.parse(rfc8785.dumps(task.job.config), source="the job's config")
    try:
        training = _training(task, config)
        while training.done < config.steps:
            training.step()
            if training.done % EVERY == 0 or training.done == config.steps:
                keep(task.out, task.job.id, _state(training))
            beat(training.done, config.steps)
    except GFlowNetError as error:
        raise RecipeError(f"this GFlowNet cannot be trained: {error}") from error
    trained = assess(training.policy, training.recipe)
    save(trained, task.out / CHECKPOINT)
    return Outcome(_figures(trained, config), (CHECKPOINT,))


def measure(task: Task, beat: Beat) -> dict[str, float]:
    """The figures of the run's checkpoint. Raises ContractError, RefusedError, TensorsError, RecipeError."""
    beat(0, 1)
    config = Config.parse(rfc8785.dumps(task.job.config), source="the job's config")
    said, recipe = load(task.out / CHECKPOINT), _recipe(config, task.job)
    try:
        grid = Hypergrid(config.side, config.dimensions, config.r0)
    except GFlowNetError as error:
        raise RecipeError(f"this GFlowNet cannot be measured: {error}") from error
    if (said.policy.grid, said.record.recipe) != (grid, recipe):
        raise RefusedError("the checkpoint does not say of itself what the job does")
    found = assess(said.policy, recipe)
    if why := differing("gflownet", _figures(said, config), figures := _figures(found, config)):
        raise RefusedError(f"the checkpoint says more of itself than there is: {why}")
    beat(1, 1)
    return figures


def _figures(trained: Trained, config: Config) -> dict[str, float]:
    grid, record = trained.policy.grid, trained.record
    figures = {
        "l1": record.l1,
        "log_z": record.log_z,
        "log_z_error": abs(record.log_z - grid.log_z),
        "modes": record.modes,
        "modes_true": grid.modes,
        "steps": config.steps,
    }
    return {name: float(value) for name, value in figures.items()}


def _training(task: Task, config: Config) -> Training:
    """The training as it was saved, or from its start."""
    grid = Hypergrid(config.side, config.dimensions, config.r0)
    training = Training(grid, _recipe(config, task.job))
    if saved := kept(task.out, task.job.id):
        _restore(training, saved)
    elif task.parent is not None:
        parent = load(task.parent).policy
        if parent.grid != grid:
            raise RecipeError(f"the parent is of {parent.grid}, the job of {grid}")
        training.start_from(parent)
    return training


def _recipe(config: Config, job: Job) -> Recipe:
    return Recipe(
        steps=config.steps,
        batch=config.batch,
        rate=config.rate,
        log_z_rate=config.log_z_rate,
        exploration=config.exploration,
        seed=job.seed,
    )


def _state(training: Training) -> Kept:
    adam = training.optimiser
    arrays = {
        **arrays_of("policy.", training.policy.parameters),
        **arrays_of("means.", adam.means),
        **arrays_of("squares.", adam.squares),
    }
    return Kept(training.done, arrays, {"random": dict(training.random.bit_generator.state)})


def _restore(training: Training, saved: Kept) -> None:
    arrays, random = dict(saved.arrays), saved.state.get("random")
    if not isinstance(random, dict):
        raise TensorsError("what was saved lacks the state of its random numbers")
    training.start_from(Policy(training.policy.grid, parameters_of("policy.", arrays)))
    training.optimiser.means = parameters_of("means.", arrays)
    training.optimiser.squares = parameters_of("squares.", arrays)
    training.optimiser.steps = training.done = saved.step
    training.random = np.random.default_rng()
    training.random.bit_generator.state = random
