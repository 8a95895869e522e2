import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.scf.training_ebdm_data import dataset, fossil, task, write

from scf.atlas.energies import ENERGIES, Energies
from scf.batcher.errors import CidError, LineError
from scf.cid import cid_of_file
from scf.contracts.job import CHECKPOINT
from scf.training.densities.shapes import Gaussians25, Rings
from scf.training.ebdm.checkpoint import load, load_with_card, save
from scf.training.ebdm.recipe import measure, train
from scf.training.resume import NAME
from scf.training.task import RecipeError

TINY = {
    "width": 16,
    "depth": 2,
    "features": 8,
    "steps": 24,
    "batch": 32,
    "reference": 64,
    "warmup": 2,
    "save_every": 5,
    "samples": 200,
    "sampling": {"levels": 4, "steps": 2},
    "density": "gaussians-25",
}


class EndedError(Exception):
    """Ends a training."""


def quiet(step: int, of: int) -> None:
    assert 0 <= step <= of


def ending_at(last: int):
    def beat(step: int, _: int) -> None:
        if step >= last:
            raise EndedError

    return beat


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return tmp_path_factory.mktemp("shards")


@pytest.fixture(scope="module")
def data(shards):
    return dataset(shards, Gaussians25().sample(1500, np.random.default_rng(0)), shards=3)


@pytest.fixture(scope="module")
def whole(shards, data, tmp_path_factory):
    """The files of a training that nothing interrupted, and what came of it."""
    todo = task(shards, tmp_path_factory.mktemp("whole") / "out", data, **TINY)
    return todo, train(todo, quiet)


def content(todo, outcome) -> dict[str, bytes]:
    return {name: (todo.out / name).read_bytes() for name in outcome.files}


def test_a_training_gives_a_model_its_figures_and_the_energies(whole):
    todo, outcome = whole
    assert outcome.files == (CHECKPOINT, ENERGIES)
    assert set(outcome.metrics) == {
        *("dsm", "score_error", "sliced_wasserstein"),
        *("modes", "high_quality", "kl"),
    }
    assert all(np.isfinite(value) for value in outcome.metrics.values())
    model, card = load_with_card(todo.out / CHECKPOINT)
    assert (card.generation, card.job, card.dataset) == (1, todo.job.id, todo.dataset.id)
    assert card.lineage == ()
    assert model.score(torch.zeros(3, 2), 1.0).shape == (3, 2)
    found = Energies.read(todo.out / ENERGIES)
    assert [found.shards[shard.name].n for shard in todo.dataset.shards] == [500, 500, 500]
    assert min(spread.min for spread in found.shards.values()) == 0


def test_the_same_job_gives_the_same_bytes(whole, tmp_path):
    todo, outcome = whole
    again = replace(todo, out=tmp_path)
    same = train(again, quiet)
    assert same == outcome
    assert content(again, same) == content(todo, outcome)


@pytest.mark.parametrize("last", [0, 1, 4, 5, 6, 11, 20, 24])
def test_ended_at_any_beat_it_goes_on_to_the_same_bytes(whole, tmp_path, last):
    todo, outcome = whole
    again = replace(todo, out=tmp_path)
    with pytest.raises(EndedError):
        train(again, ending_at(last))
    steps = []
    assert train(again, lambda step, _: steps.append(step)) == outcome
    assert content(again, outcome) == content(todo, outcome)
    assert len(steps) <= 2 + 24 - last // 5 * 5, "it began anew"


def test_killed_on_the_way_it_comes_to_the_same_bytes(whole, tmp_path):
    todo, outcome = whole
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from scf.contracts.dataset import Dataset\n"
        "from scf.contracts.job import Job\n"
        "from scf.training.ebdm.recipe import train\n"
        "from scf.training.task import Task\n"
        "shards, out, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])\n"
        "todo = Task(Job.read(out / 'job.json'), Dataset.read(out / 'dataset.json'), shards, out)\n"
        "train(todo, lambda step, of: step >= last and os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    (tmp_path / "job.json").write_bytes(todo.job.canonical())
    (tmp_path / "dataset.json").write_bytes(todo.dataset.canonical())
    arguments = [sys.executable, "-c", program, str(todo.shards), str(tmp_path), "12"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(arguments, check=False, timeout=60, env=environment)
    assert done.returncode == -signal.SIGKILL
    again = replace(todo, out=tmp_path)
    assert train(again, quiet) == outcome
    assert content(again, outcome) == content(todo, outcome)


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: flipped(raw, len(raw) - 9),
        lambda raw: flipped(raw, len(raw) // 2),
        lambda raw: flipped(raw, 40),
        lambda raw: raw[: len(raw) // 2],
        lambda _: b"",
        lambda raw: raw.replace(rb"\"step\":10", rb"\"step\":11"),
    ],
    ids=["last numbers", "numbers", "header", "cut off", "empty", "another step"],
)
def test_what_was_saved_and_is_damaged_is_not_gone_on_from(whole, tmp_path, damage):
    todo, outcome = whole
    again = replace(todo, out=tmp_path)
    with pytest.raises(EndedError):
        train(again, ending_at(12))
    saved = tmp_path / NAME
    damaged = damage(saved.read_bytes())
    assert damaged != saved.read_bytes()
    saved.write_bytes(damaged)
    steps = []
    assert train(again, lambda step, _: steps.append(step)) == outcome
    assert content(again, outcome) == content(todo, outcome)
    assert steps[:3] == [0, 1, 2], "it went on from what was damaged"


def test_another_job_s_savings_are_not_taken_up(whole, tmp_path):
    todo, outcome = whole
    other = replace(todo, out=tmp_path, job=todo.job.model_copy(update={"seed": 1}))
    with pytest.raises(EndedError):
        train(other, ending_at(12))
    again = replace(todo, out=tmp_path)
    assert train(again, quiet) == outcome
    assert content(again, outcome) == content(todo, outcome)


def test_another_seed_gives_another_model(whole, tmp_path):
    todo, outcome = whole
    other = replace(todo, out=tmp_path, job=todo.job.model_copy(update={"seed": 1}))
    assert content(other, train(other, quiet)) != content(todo, outcome)


def child(todo, parent: Path, out: Path, **config):
    job = todo.job.model_copy(
        update={
            "generation": 2,
            "parent": cid_of_file(parent),
            "config": todo.job.config | config,
        }
    )
    return replace(todo, job=job, parent=parent, out=out)


def test_a_generation_begins_with_its_parent_and_remembers_all_before_it(whole, tmp_path):
    first, outcome = whole
    (tmp_path / "2").mkdir()
    second = child(first, first.out / CHECKPOINT, tmp_path / "2", lr=1e-6, warmup=0)
    better = train(second, quiet)
    # steps that small leave it where its parent is
    assert better.metrics["dsm"] == pytest.approx(outcome.metrics["dsm"], rel=1e-3)
    model, card = load_with_card(second.out / CHECKPOINT)
    assert torch.equal(model.frequencies, load(first.out / CHECKPOINT).frequencies)
    assert (card.generation, card.lineage) == (2, (cid_of_file(first.out / CHECKPOINT),))
    (tmp_path / "3").mkdir()
    third = child(second, second.out / CHECKPOINT, tmp_path / "3", steps=2)
    train(third, quiet)
    assert load_with_card(third.out / CHECKPOINT)[1].lineage == (
        cid_of_file(first.out / CHECKPOINT),
        cid_of_file(second.out / CHECKPOINT),
    )


def test_a_child_ended_on_the_way_comes_to_the_same_bytes(whole, tmp_path):
    first, _ = whole
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one = child(first, first.out / CHECKPOINT, tmp_path / "one")
    two = replace(one, out=tmp_path / "two")
    outcome = train(one, quiet)
    with pytest.raises(EndedError):
        train(two, ending_at(13))
    assert train(two, quiet) == outcome
    assert content(one, outcome) == content(two, outcome)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"widht": 3}, "widht: Extra inputs"),
        ({"width": "16"}, "width: Input should be a valid integer"),
        ({"steps": 0}, "steps: Input should be greater than or equal to 1"),
        ({"sigma_min": 2.0, "sigma_max": 1.0}, "sigma_min is not below sigma_max"),
        ({"residual": "gravity"}, "residual: Input should be 'rotation'"),
        ({"sampling": {"rate": 2.5}}, "sampling.rate: Input should be less than 2"),
        ({"density": "three-moons"}, "density: Input should be"),
        ({"device": "tpu"}, "device: Input should be 'auto', 'cpu' or 'cuda'"),
    ],
)
def test_a_config_that_is_wrong_says_where(shards, data, tmp_path, config, problem):
    with pytest.raises(RecipeError, match=problem):
        train(task(shards, tmp_path / "out", data, **config), quiet)


def test_a_parent_of_another_shape_is_refused(whole, tmp_path):
    first, _ = whole
    with pytest.raises(RecipeError, match="another shape"):
        train(child(first, first.out / CHECKPOINT, tmp_path, width=17), quiet)


def test_the_waves_of_a_parent_are_kept_where_a_job_would_have_others(whole, tmp_path):
    first, _ = whole
    model, card = load_with_card(first.out / CHECKPOINT)
    model.frequencies.mul_(2)
    shape = card.shape.model_copy(update={"highest": 2 * card.shape.highest})
    save(tmp_path / CHECKPOINT, model, card.model_copy(update={"shape": shape}))
    (tmp_path / "2").mkdir()
    todo = child(first, tmp_path / CHECKPOINT, tmp_path / "2")
    outcome = train(todo, quiet)
    found, told = load_with_card(todo.out / CHECKPOINT)
    assert told.shape == shape
    assert torch.equal(found.frequencies, model.frequencies)
    assert measure(todo, quiet) == outcome.metrics


def test_a_parent_that_is_not_there_is_missed(whole, tmp_path):
    first, _ = whole
    todo = replace(child(first, first.out / CHECKPOINT, tmp_path), parent=None)
    with pytest.raises(RecipeError, match="is not here"):
        train(todo, quiet)


@pytest.mark.parametrize(
    ("lines", "error", "problem"),
    [
        ([fossil([1.0, 2.0]), b'{"cid":"x","content":{"point":"1,2"}}'], LineError, "no point"),
        ([fossil([1.0, 2.0]), b"not json"], LineError, "no point"),
        ([fossil([k / 9, 2.0]) for k in range(99)] + [fossil([1.0])], RecipeError, "dimensions"),
        ([fossil([k / 9, 1e300]) for k in range(99)], RecipeError, "finite"),
        ([fossil([])] * 99, RecipeError, "finite"),
        ([fossil([1.0, 2.0])] * 99, RecipeError, "too few"),
    ],
    ids=["text", "no JSON", "ragged", "infinite", "empty", "all one"],
)
def test_what_are_no_points_is_refused(tmp_path, lines, error, problem):
    data = write(tmp_path, lines)
    with pytest.raises(error, match=problem):
        train(task(tmp_path, tmp_path / "out", data, **TINY), quiet)


def test_a_shard_of_other_bytes_than_its_name_says_is_refused(tmp_path):
    data = dataset(tmp_path, Rings().sample(300, np.random.default_rng(0)))
    shard = tmp_path / data.shards[0].name
    shard.write_bytes(flipped(shard.read_bytes(), 100))
    with pytest.raises(CidError):
        train(task(tmp_path, tmp_path / "out", data, **TINY), quiet)


def test_torch_is_left_as_it_was(shards, data, tmp_path):
    before = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    with pytest.raises(EndedError):
        train(task(shards, tmp_path / "out", data, **TINY), ending_at(3))
    assert (torch.get_num_threads(), torch.get_deterministic_debug_mode()) == before


def test_points_of_three_numbers_train_too(tmp_path):
    points = np.random.default_rng(0).standard_normal((600, 3))
    config = {**TINY, "steps": 3, "density": None}
    todo = task(tmp_path, tmp_path / "out", dataset(tmp_path, points), **config)
    assert set(train(todo, quiet).metrics) == {"dsm"}
    with pytest.raises(RecipeError, match="in the plane"):
        train(replace(todo, job=todo.job.model_copy(update={"config": TINY})), quiet)


def test_the_card_is_one_key_of_the_header(whole):
    raw = (whole[0].out / CHECKPOINT).read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert list(header["__metadata__"]) == ["scf"]
