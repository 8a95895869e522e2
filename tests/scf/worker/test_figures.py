"""Figures computed again: the same on this machine, nearly so on others, and of no other checkpoint."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from hypothesis import given
from hypothesis import strategies as st
from tests.scf.training_ebdm_data import dataset, task

from scf.cid import cid_of
from scf.contracts.job import CHECKPOINT, Job
from scf.errors import ScfError
from scf.training.densities.shapes import Gaussians25
from scf.training.task import RECIPES, RecipeError, Task, lacks, measure, recipe
from scf.training.tolerance import TOLERANCES, Tolerance, differing

MODEL = {
    "width": 48,
    "depth": 2,
    "features": 32,
    "steps": 200,
    "samples": 300,
    "ema": 0.98,
    "density": "gaussians-25",
}
STUDENT = MODEL | {"width": 32}
GRID = {"side": 6, "dimensions": 2, "steps": 40}
EXACT = {"modes", "teacher_modes", "modes_true", "steps"} | {
    f"{whose}{what}" for whose in ("", "teacher_") for what in ("bytes", "parameters")
}
"""What is counted, and the same everywhere."""


def quiet(step: int, of: int) -> None:
    assert 0 <= step <= of


def student(of: Task, out: Path, form: str) -> Task:
    """The task of a student of a trained model."""
    config = {key: value for key, value in STUDENT.items() if key != "features"} | {"form": form}
    path = of.out / CHECKPOINT
    job = of.job.model_copy(
        update={
            "recipe": "distill",
            "generation": 2,
            "config": config,
            "parent": cid_of(path.read_bytes()),
        }
    )
    out.mkdir()
    return replace(of, job=job, out=out, parent=path)


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, tuple[Task, dict[str, float]]]:
    """A run of each recipe with the figures that the training gave."""
    root = tmp_path_factory.mktemp("runs")
    (root / "shards").mkdir()
    data = dataset(root / "shards", Gaussians25().sample(1200, np.random.default_rng(0)))
    first = task(root / "shards", root / "ebdm", data, **MODEL)
    done = {"ebdm": (first, dict(recipe("ebdm")(first, quiet).metrics))}
    tasks = {f"distill {form}": student(first, root / form, form) for form in ("float", "ternary")}
    grid = first.job.model_copy(update={"recipe": "gflownet", "config": GRID})
    (root / "gflownet").mkdir()
    tasks["gflownet"] = replace(first, job=grid, out=root / "gflownet")
    return done | {
        name: (work, dict(recipe(work.job.recipe)(work, quiet).metrics))
        for name, work in tasks.items()
    }


NAMES = ["ebdm", "distill float", "distill ternary", "gflownet"]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_the_same_to_the_last_bit_on_the_same_machine(
    trained: Mapping[str, tuple[Task, dict[str, float]]], name: str
) -> None:
    work, figures = trained[name]
    assert measure(work.job.recipe)(work, quiet) == figures


@pytest.mark.parametrize("name", NAMES)
def test_each_figure_has_a_tolerance_or_is_exact(
    trained: Mapping[str, tuple[Task, dict[str, float]]], name: str
) -> None:
    work, figures = trained[name]
    declared = TOLERANCES[work.job.recipe].keys()
    assert figures.keys() <= declared | EXACT
    assert not declared & EXACT


MEASURE = """
import json, sys
from pathlib import Path
from scf.contracts.dataset import Dataset
from scf.contracts.job import Job
from scf.training.task import Task, measure
job, data, shards, out, parent = sys.argv[1:]
work = Task(
    Job.read(Path(job)), Dataset.read(Path(data)), Path(shards), Path(out), Path(parent) if parent else None
)
print(json.dumps(dict(measure(work.job.recipe)(work, lambda *_: None))))
"""
OTHER = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
}
"""As on a processor with fewer instructions."""


@pytest.mark.parametrize("name", NAMES)
def test_another_kind_of_processor_bears_them_out(
    trained: Mapping[str, tuple[Task, dict[str, float]]], name: str, tmp_path: Path
) -> None:
    work, figures = trained[name]
    (tmp_path / "job").write_bytes(work.job.canonical())
    (tmp_path / "data").write_bytes(work.dataset.canonical())
    words = (tmp_path / "job", tmp_path / "data", work.shards, work.out, work.parent or "")
    env = os.environ | OTHER | {"PYTHONPATH": os.pathsep.join(sys.path)}
    argv = (sys.executable, "-P", "-c", MEASURE, *words)
    done = subprocess.run(argv, check=True, capture_output=True, env=env, timeout=120)
    assert differing(work.job.recipe, figures, json.loads(done.stdout)) == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("figure", ["dsm", "score_error", "modes", "l1"])
def test_what_is_a_tenth_better_is_not_borne_out(
    trained: Mapping[str, tuple[Task, dict[str, float]]], name: str, figure: str
) -> None:
    work, figures = trained[name]
    if figure in figures:
        better = figures | {figure: figures[figure] * 0.9 - 0.01}
        assert differing(work.job.recipe, better, figures).startswith(f"{figure} is ")


def changed(job: Job) -> list[Job]:
    """Jobs that this one's checkpoint was not made for."""
    smaller = "side" if job.recipe == "gflownet" else "width"
    config = job.config | {smaller: int(str(job.config[smaller])) // 2}
    other = {"generation": job.generation + 1} if job.recipe != "gflownet" else {"seed": 5}
    return [job.model_copy(update=other), job.model_copy(update={"config": config})]


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_of_another_job_is_refused(
    trained: Mapping[str, tuple[Task, dict[str, float]]], name: str
) -> None:
    work, _ = trained[name]
    for job in changed(work.job):
        with pytest.raises(ScfError, match="does not say of itself what the job does"):
            measure(job.recipe)(replace(work, job=job), quiet)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_that_is_none_is_refused(
    trained: Mapping[str, tuple[Task, dict[str, float]]], name: str, tmp_path: Path
) -> None:
    work, _ = trained[name]
    (tmp_path / CHECKPOINT).write_bytes(b"\xff" * 64)
    with pytest.raises(ScfError):
        measure(work.job.recipe)(replace(work, out=tmp_path), quiet)


def test_who_measures_can_be_ended_between_two_steps_of_sampling(
    trained: Mapping[str, tuple[Task, dict[str, float]]],
) -> None:
    work, _ = trained["ebdm"]
    asked = []

    def beat(step: int, of: int) -> None:
        asked.append((step, of))
        if len(asked) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure("ebdm")(work, beat)
    assert asked[-1] == (0, 1)


def test_what_is_measured_on_cuda_is_measured_without_where_there_is_none(
    trained: Mapping[str, tuple[Task, dict[str, float]]],
) -> None:
    import torch

    from scf.training.device import chosen, measuring

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert measuring("cuda") == torch.device("cpu")
    with pytest.raises(RecipeError):
        chosen("cuda")
    del trained


def test_this_machine_lacks_nothing_and_an_unknown_recipe_needs_nothing() -> None:
    assert [lacks(name) for name in (*RECIPES, "unknown")] == [""] * (len(RECIPES) + 1)


def test_what_is_lacking_is_found_without_an_import() -> None:
    hidden = (
        "import sys; sys.modules['torch'] = None\n"
        "from importlib.machinery import PathFinder as Finder\n"
        "find = Finder.find_spec.__func__\n"
        "Finder.find_spec = classmethod(lambda c, n, *r: None if n == 'torch' else find(c, n, *r))\n"
        "del sys.modules['torch']\n"
        "from scf.training.task import lacks; print(lacks('ebdm'), 'torch' in sys.modules)"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    argv = (sys.executable, "-P", "-c", hidden)
    done = subprocess.run(argv, check=True, capture_output=True, env=env, timeout=60)
    assert done.stdout.decode().strip() == "torch False"


finite = st.floats(-1e6, 1e6)


@given(finite, finite, st.floats(0, 1), st.floats(0, 1))
def test_a_tolerance_is_the_same_either_way_and_holds_for_equals(
    one: float, other: float, relative: float, absolute: float
) -> None:
    tolerance = Tolerance(relative, absolute)
    assert tolerance.holds(one, other) == tolerance.holds(other, one)
    assert tolerance.holds(one, one)
    assert not Tolerance().holds(one, other) or one == other


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_no_tolerance_holds_for_what_is_no_number(wrong: float) -> None:
    assert not Tolerance(relative=1, absolute=1).holds(wrong, 1.0)
