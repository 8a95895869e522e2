"""What a recipe is given, and what it gives back: the seam between the worker and torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from scf.contracts.dataset import Dataset
from scf.contracts.job import Job
from scf.errors import ScfError

RECIPES = {
    "ebdm": "scf.training.ebdm.recipe",
    "distill": "scf.training.distill.recipe",
    "gflownet": "scf.training.gflownet.recipe",
}
"""The module of each recipe, imported only where it trains: `train` is a Recipe, `measure` a Measure."""

_NEEDS = {"ebdm": "torch", "distill": "torch", "gflownet": "safetensors"}


class RecipeError(ScfError):
    """A job that cannot be trained as it is asked for."""

    code = "SCF020"


@dataclass(frozen=True, slots=True)
class Task:
    """A job, the shards it reads, and the folder that takes its files."""

    job: Job
    dataset: Dataset
    shards: Path
    """The folder that holds the dataset's shards, by name."""
    out: Path
    """The run's folder. What a recipe saves to go on from is named `resume.*` and is no result."""
    parent: Path | None = None
    """The checkpoint that the job's `parent` names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of a training, and the files in `Task.out` that are its result."""

    metrics: Mapping[str, float]
    files: tuple[str, ...]


Beat = Callable[[int, int], None]
"""Called often, with the steps done of all; raises what ends the training, which then goes on from
`resume.*` with the same result, to the byte, as one that was never ended."""

Recipe = Callable[[Task, Beat], Outcome]

Measure = Callable[[Task, Beat], Mapping[str, float]]
"""The figures of the checkpoint in `Task.out`, computed anew from the job, the dataset and the parent:
on the same machine those that the Recipe gave. Raises RefusedError for a checkpoint that says of
itself what the job does not."""


def lacks(name: str) -> str:
    """What this machine lacks to train or measure by a recipe, looked for without importing it."""
    needed = _NEEDS.get(name, "")
    return needed if needed and find_spec(needed) is None else ""


def recipe(name: str) -> Recipe:
    """The recipe of this name, with what it imports. Raises RecipeError."""
    train: Recipe = _module(name).train
    return train


def measure(name: str) -> Measure:
    """What measures by the recipe of this name, with what it imports. Raises RecipeError."""
    found: Measure = _module(name).measure
    return found


def _module(name: str) -> ModuleType:
    if name not in RECIPES:
        raise RecipeError(f"no recipe {name!r}: expected one of {', '.join(sorted(RECIPES))}")
    try:
        return import_module(RECIPES[name])
    except ModuleNotFoundError as error:
        raise RecipeError(
            f"the recipe {name} needs {error.name}",
            hint="install the extra: pip install 'sovereign[scf,train]'",
        ) from error
