"""A training on a device: all of it there, the numbers drawn and kept on the CPU."""

import os
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.scf.training_ebdm_data import dataset, task
from tests.scf.training_ebdm_device import CUDA, pretended

from scf.cid import cid_of_file
from scf.contracts.job import CHECKPOINT
from scf.training.densities.shapes import Gaussians25
from scf.training.device import chosen, normal
from scf.training.ebdm.recipe import train
from scf.training.task import RecipeError

TINY = {
    "width": 16,
    "depth": 2,
    "features": 8,
    "steps": 12,
    "batch": 32,
    "reference": 64,
    "save_every": 5,
    "samples": 100,
    "sampling": {"levels": 3, "steps": 2},
    "density": "gaussians-25",
}
CASES = [{}, {"objective": "multiscale"}, {"residual": "rotation"}, {"reference": 0}]


class EndedError(Exception):
    """Ends a training."""


def quiet(step: int, of: int) -> None:
    assert 0 <= step <= of


def files(todo) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in todo.out.iterdir()}


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return tmp_path_factory.mktemp("shards")


@pytest.fixture(scope="module")
def data(shards):
    return dataset(shards, Gaussians25().sample(600, np.random.default_rng(0)), shards=2)


def ended(todo, last: int) -> None:
    def beat(step: int, _: int) -> None:
        if step >= last:
            raise EndedError

    with pytest.raises(EndedError):
        train(todo, beat)


@pytest.mark.parametrize("config", CASES, ids=str)
def test_nothing_of_a_training_is_computed_beside_the_device(
    shards, data, tmp_path, monkeypatch, config
):
    here = task(shards, tmp_path / "here", data, **{**TINY, **config})
    expected = train(here, quiet)
    there = replace(here, out=tmp_path / "there")
    there.out.mkdir()
    with pretended(monkeypatch) as device:
        assert train(there, quiet) == expected
    assert files(there) == files(here), "other numbers were drawn"
    for product in ("addmm", "mm"):
        assert device.on[product]
        assert not device.off[product]
    # the numbers are the CPU's
    assert device.off["randn"]
    assert not device.on["randn"]


def test_it_goes_on_there_from_what_was_saved_there(shards, data, tmp_path, monkeypatch):
    here = task(shards, tmp_path / "here", data, **TINY)
    expected = train(here, quiet)
    there = replace(here, out=tmp_path / "there")
    there.out.mkdir()
    with pretended(monkeypatch):
        ended(there, 7)
        steps = []
        assert train(there, lambda step, _: steps.append(step)) == expected
    assert steps == [0, *range(6, 13), 12]
    assert files(there) == files(here)


def test_a_parent_is_taken_there_too(shards, data, tmp_path, monkeypatch):
    first = task(shards, tmp_path / "first", data, **TINY)
    train(first, quiet)
    parent = first.out / CHECKPOINT
    job = first.job.model_copy(update={"generation": 2, "parent": cid_of_file(parent)})
    here, there = (
        replace(first, job=job, parent=parent, out=tmp_path / name) for name in ("here", "there")
    )
    for todo in (here, there):
        todo.out.mkdir()
    train(here, quiet)
    with pretended(monkeypatch):
        train(there, quiet)
    assert files(there) == files(here)


def test_auto_is_the_cpu_where_there_is_nothing_else():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert chosen("auto") == chosen("cpu") == torch.device("cpu")


def test_cuda_is_asked_for_where_there_is_none(shards, data, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    todo = task(shards, tmp_path / "out", data, **TINY, device="cuda")
    with pytest.raises(RecipeError, match="no CUDA device is here") as refused:
        train(todo, quiet)
    assert "auto" in (refused.value.hint or "")
    assert not files(todo)


@pytest.mark.parametrize(
    ("device", "found"), [("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")], ids=str
)
def test_a_device_is_chosen_where_there_is_one(monkeypatch, device, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    environment: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", environment)
    assert chosen(device) == torch.device(found)
    # without which deterministic products are refused there
    expected = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"} if found == "cuda" else {}
    assert environment == expected


def test_the_pretended_device_is_as_strict_as_a_true_one(monkeypatch):
    generator = torch.Generator().manual_seed(1)
    with pretended(monkeypatch) as device:
        x = normal((3, 2), generator, CUDA)
        assert x.device == CUDA
        assert (x + 1).T.device == torch.zeros_like(x).device == CUDA
        assert x.cpu().device == torch.ones(2).device == torch.device("cpu")
        assert (x * torch.tensor(2.0)).device == CUDA
        assert torch.ones(2).copy_(x[0]).device == torch.device("cpu")
        for wrong in (lambda: x + torch.ones(2), lambda: x @ torch.ones(2, 2)):
            with pytest.raises(AssertionError, match="another is not"):
                wrong()
        with pytest.raises(TypeError, match="on the device"):
            x.numpy()
        with pytest.raises(RuntimeError, match="generator"):
            torch.randn(2, generator=generator, device=CUDA)
    assert device.on["add"] == 2
