"""Distillation as a job: what a student loses is measured, and an interrupted one comes to the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.scf.training_ebdm_data import dataset, task
from tests.scf.training_ebdm_device import pretended

from scf.cid import cid_of
from scf.contracts.dataset import Dataset
from scf.contracts.job import CHECKPOINT
from scf.training.densities.shapes import Gaussians25
from scf.training.distill.card import read_student
from scf.training.distill.figures import quality_ratio
from scf.training.distill.recipe import train
from scf.training.distill.student import Student
from scf.training.ebdm.checkpoint import CheckpointError
from scf.training.ebdm.recipe import train as teach
from scf.training.resume import NAME
from scf.training.task import RecipeError, Task, recipe

TEACHER = {
    "width": 16,
    "depth": 2,
    "features": 8,
    "steps": 40,
    "batch": 32,
    "samples": 0,
    "density": "gaussians-25",
}
STUDENT = {
    "width": 8,
    "depth": 2,
    "steps": 24,
    "batch": 32,
    "warmup": 2,
    "save_every": 5,
    "samples": 200,
    "sampling": {"levels": 4, "steps": 2},
    "density": "gaussians-25",
}
FORMS = ["float", "ternary"]


class EndedError(Exception):
    """Ends a training."""


def quiet(step: int, of: int) -> None:
    assert 0 <= step <= of


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shards")


@pytest.fixture(scope="module")
def data(shards: Path) -> Dataset:
    return dataset(shards, Gaussians25().sample(1200, np.random.default_rng(0)), shards=2)


@pytest.fixture(scope="module")
def teacher(shards: Path, data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("teacher") / "run"
    teach(task(shards, out, data, **TEACHER), quiet)
    return out / CHECKPOINT


@pytest.fixture
def lesson(shards: Path, data: Dataset, teacher: Path):
    def made(out: Path, *, parent: Path | None = teacher, **config: object) -> Task:
        plain = task(shards, out, data, **{**STUDENT, **config})
        cid = None if parent is None else cid_of(parent.read_bytes())
        job = plain.job.model_copy(update={"recipe": "distill", "generation": 2, "parent": cid})
        return replace(plain, job=job, parent=parent)

    return made


@pytest.mark.parametrize("form", FORMS)
def test_both_are_measured_alike(tmp_path: Path, lesson, teacher: Path, form: str) -> None:
    found = recipe("distill")(lesson(tmp_path / "run", form=form), quiet)
    path = tmp_path / "run" / CHECKPOINT
    figures = {"dsm", "score_error", "sliced_wasserstein", "modes", "high_quality", "kl"}
    figures |= {"bytes", "parameters"}
    assert found.metrics.keys() == (
        figures
        | {f"teacher_{name}" for name in figures}
        | {"score_distance", "energy_distance", "quality_ratio"}
    )
    assert all(np.isfinite(value) for name, value in found.metrics.items() if "kl" not in name)
    assert found.metrics["bytes"] == path.stat().st_size
    assert found.metrics["teacher_bytes"] == teacher.stat().st_size
    assert found.metrics["parameters"] < found.metrics["teacher_parameters"]
    card, _ = read_student(path)
    assert card.form == form
    assert card.lineage[-1] == cid_of(teacher.read_bytes())
    assert len(Student.load(path).sample(5, seed=0)) == 5


@pytest.mark.parametrize("form", FORMS)
def test_a_student_comes_near_its_teacher(tmp_path: Path, lesson, form: str) -> None:
    short, long = (
        train(lesson(tmp_path / str(steps), form=form, steps=steps, width=24, samples=0), quiet)
        for steps in (1, 600)
    )
    assert long.metrics["score_distance"] < short.metrics["score_distance"] / 2
    assert long.metrics["score_distance"] < {"float": 0.2, "ternary": 0.4}[form]
    assert long.metrics["energy_distance"] < short.metrics["energy_distance"] / 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cuts", [[1], [10], [11, 12, 23], [24]], ids=str)
def test_a_training_that_was_cut_short_comes_to_the_same(
    tmp_path: Path, lesson, cuts: list[int], form: str
) -> None:
    whole = train(lesson(tmp_path / "whole", form=form), quiet)
    work = lesson(tmp_path / "cut", form=form)
    for cut in cuts:

        def ending(step: int, _: int, last: int = cut) -> None:
            if step >= last:
                raise EndedError

        with pytest.raises(EndedError):
            train(work, ending)
    steps = []
    assert train(work, lambda step, _: steps.append(step)) == whole
    begun = 24 if cuts == [24] else cuts[-1] // 5 * 5
    assert steps == [0, *range(begun + 1, 25), 24]
    for name in (CHECKPOINT, NAME):
        expected = (tmp_path / "whole" / name).read_bytes()
        assert (work.out / name).read_bytes() == expected


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"form": "binary"}, "distill: config: form: "),
        ({"steps": 0}, "distill: config: steps: "),
        ({"wide": 3}, "distill: config: wide: Extra"),
        ({"density": "three-moons"}, "distill: config: density: "),
    ],
    ids=str,
)
def test_a_config_that_cannot_be_is_refused(tmp_path: Path, lesson, config, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        train(lesson(tmp_path / "run", **config), quiet)
    assert not list((tmp_path / "run").iterdir())


def test_a_student_needs_a_teacher(tmp_path: Path, lesson) -> None:
    with pytest.raises(RecipeError, match="the teacher is missing"):
        train(lesson(tmp_path / "run", parent=None), quiet)


def test_a_teacher_of_other_points_is_refused(tmp_path: Path, lesson) -> None:
    points = np.random.default_rng(0).standard_normal((300, 3))
    (tmp_path / "shards").mkdir()
    other = dataset(tmp_path / "shards", points)
    work = lesson(tmp_path / "run", density=None)
    job = work.job.model_copy(update={"dataset": other.id})
    with pytest.raises(RecipeError, match="teacher's points have 2 numbers, the dataset's 3"):
        train(replace(work, job=job, dataset=other, shards=tmp_path / "shards"), quiet)


def test_a_teacher_of_one_noise_level_is_refused(
    shards: Path, data: Dataset, tmp_path: Path, lesson
) -> None:
    config = {**TEACHER, "steps": 2, "objective": "multiscale"}
    teach(task(shards, tmp_path / "teacher", data, **config), quiet)
    work = lesson(tmp_path / "run", parent=tmp_path / "teacher" / CHECKPOINT)
    with pytest.raises(RecipeError, match="the teacher is multiscale") as refused:
        train(work, quiet)
    assert "conditional" in (refused.value.hint or "")
    assert not list(work.out.iterdir())


@pytest.mark.parametrize("form", FORMS)
def test_nothing_of_a_lesson_is_computed_beside_the_device(
    tmp_path: Path, lesson, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    here = lesson(tmp_path / "here", form=form)
    expected = train(here, quiet)
    there = replace(here, out=tmp_path / "there")
    there.out.mkdir()
    with pretended(monkeypatch) as device:
        assert train(there, quiet) == expected
    for name in (CHECKPOINT, NAME):
        assert (there.out / name).read_bytes() == (here.out / name).read_bytes()
    assert device.on["addmm"]
    assert not device.off["addmm"]
    assert device.off["randn"]
    assert not device.on["randn"]


def test_cuda_is_asked_for_where_there_is_none(
    tmp_path: Path, lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    work = lesson(tmp_path / "run", device="cuda")
    with pytest.raises(RecipeError, match="no CUDA device is here"):
        train(work, quiet)
    assert not list(work.out.iterdir())


def test_a_student_is_no_teacher(tmp_path: Path, lesson) -> None:
    train(lesson(tmp_path / "run"), quiet)
    with pytest.raises(CheckpointError, match="checkpoint"):
        train(lesson(tmp_path / "again", parent=tmp_path / "run" / CHECKPOINT), quiet)


@pytest.mark.parametrize(
    ("student", "teacher", "ratio"),
    [
        ({"dsm": 1.1, "kl": 9.0}, {"dsm": 1.0, "kl": 0.1}, 1.1),
        ({"dsm": 0.5, "score_error": 0.06}, {"dsm": 1.0, "score_error": 0.05}, 1.2),
        ({"dsm": 0.5, "high_quality": 0.8}, {"dsm": 1.0, "high_quality": 1.0}, 1.25),
        ({"dsm": 0.9, "modes": 20.0}, {"dsm": 1.0, "modes": 25.0}, 1.25),
        ({"dsm": 0.9, "sliced_wasserstein": 0.3}, {"dsm": 1.0, "sliced_wasserstein": 0.2}, 1.5),
        ({"dsm": 0.9}, {"dsm": 1.0}, 0.9),
    ],
    ids=str,
)
def test_the_worst_figure_counts(student, teacher, ratio: float) -> None:
    assert quality_ratio(student, teacher) == pytest.approx(ratio)
