import json
import struct

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from scf.cid import cid_of
from scf.training.ebdm.checkpoint import (
    Card,
    CheckpointError,
    load,
    load_with_card,
    read_card,
    save,
)
from scf.training.ebdm.network import EnergyModel
from scf.training.ebdm.shape import Shape

SHAPE = Shape(width=8, depth=2, features=4, levels=2)
CARD = Card(
    shape=SHAPE,
    sigma_min=0.1,
    sigma_max=5.0,
    model="toy",
    generation=3,
    job=cid_of(b"job"),
    dataset=cid_of(b"dataset"),
    lineage=(cid_of(b"first"), cid_of(b"second")),
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save(path, EnergyModel(SHAPE, seed=1), CARD)
    return path


def test_what_is_loaded_is_what_was_saved(path):
    model, card = load_with_card(path)
    assert card == CARD == read_card(path)
    x = torch.randn(5, 2)
    before = EnergyModel(SHAPE, seed=1)
    assert torch.equal(model.energy(x, 0.3), before.energy(x, 0.3))
    assert not any(value.requires_grad for value in model.parameters())


def test_the_same_model_is_the_same_bytes(path, tmp_path):
    save(tmp_path / "again", EnergyModel(SHAPE, seed=1), CARD)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_card_says_what_was_learned_where_it_is_not_the_usual(path, tmp_path):
    # and so an older file, which says nothing, is the same bytes as a new one
    assert b"objective" not in CARD.canonical()
    assert read_card(path).objective == "conditional"
    multiscale = CARD.model_copy(update={"objective": "multiscale"})
    save(tmp_path / "other", EnergyModel(SHAPE), multiscale)
    assert read_card(tmp_path / "other") == multiscale
    assert json.loads(multiscale.canonical())["objective"] == "multiscale"


def altered(**changes):
    """The file with other tensors, by name; None leaves one out."""

    def alter(raw: bytes) -> bytes:
        tensors = {**load_tensors(raw), **changes}
        kept = {name: value for name, value in tensors.items() if value is not None}
        return save_tensors(kept, {"scf": CARD.canonical().decode()})

    return alter


def carded(**changes):
    """The file with a card that says something else."""

    def alter(raw: bytes) -> bytes:
        card = json.dumps({**json.loads(CARD.canonical()), **changes})
        return save_tensors(load_tensors(raw), {"scf": card})

    return alter


def headed(header: bytes):
    return lambda _: struct.pack("<Q", len(header)) + header


HUGE = json.loads(SHAPE.canonical()) | {"width": 4096, "depth": 64}
HOSTILE = {
    "empty": (lambda _: b"", "no safetensors file"),
    "three bytes": (lambda _: b"abc", "no safetensors file"),
    "pickle": (lambda _: b"\x80\x04\x95" + bytes(64), "no"),
    "a header of 2^60 bytes": (lambda raw: struct.pack("<Q", 1 << 60) + raw, "no safetensors"),
    "no JSON": (headed(b"{" * 40), "no checkpoint"),
    "deep JSON": (headed(b"[" * 100_000), "no checkpoint"),
    "no card": (lambda raw: save_tensors(load_tensors(raw)), "no checkpoint"),
    "cut off": (lambda raw: raw[:-4], "no|are not what|not"),
    "longer": (lambda raw: raw + bytes(8), "."),
    "a tensor missing": (altered(bias=None), "other tensors than the network's: bias"),
    "a tensor more": (altered(extra=torch.ones(1)), "other tensors than the network's: extra"),
    "another shape": (altered(bias=torch.ones(9)), "bias: another shape"),
    "another type": (
        altered(bias=torch.ones(8, dtype=torch.float64)),
        "bias: another shape or type",
    ),
    "not a number": (altered(bias=torch.full((8,), torch.nan)), "bias: not every number is finite"),
    "no spread": (altered(spread=torch.zeros(())), "spread: not above zero"),
    "a network of gigabytes": (carded(shape=HUGE), "not what its shape needs"),
    "another recipe's": (carded(kind="distill"), "kind"),
    "an unknown objective": (carded(objective="both"), "objective"),
    "a field more": (carded(code="import os"), "code: Extra inputs"),
    "a path for a CID": (carded(job="../../etc/passwd"), "job"),
}


@pytest.mark.parametrize(("alter", "problem"), HOSTILE.values(), ids=HOSTILE)
def test_any_other_file_is_refused(path, alter, problem):
    path.write_bytes(alter(path.read_bytes()))
    with pytest.raises(CheckpointError, match=problem):
        load(path)


def test_a_file_that_is_not_there_is_no_checkpoint_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
