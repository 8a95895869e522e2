"""`scf train` where no daemon runs: what was asked for before is neither lost nor taken for its own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scf.cli import run
from scf.daemon.build import Parts
from scf.daemon.control import Command, give
from scf.daemon.loop import Did
from scf.drive import Drive
from scf.registry.files import FileRegistry
from scf.settings import Home, Train
from scf_world import home, ingest

SMALL = {"side": 6, "dimensions": 2, "steps": 40}


@pytest.fixture
def place(tmp_path: Path) -> Home:
    """A home whose recipe is quick, with fossils, too few for a generation by itself."""
    made = home(tmp_path)
    text = made.settings_file.read_text("utf-8")
    text = text.replace("[train]", '[train]\nmodel = "grid"\nrecipe = "gflownet"')
    table = "".join(f"{key} = {value}\n" for key, value in SMALL.items())
    made.settings_file.write_text(f"{text}\n[train.config]\n{table}", "utf-8")
    ingest(made, range(9))
    return made


def other(place: Home) -> Train:
    return place.settings().train.model_copy(update={"model": "other"})


def unread(place: Home) -> None:
    give(place.control, Command.TRAIN, train=other(place))


def obeyed(place: Home) -> None:
    unread(place)
    Parts.open(place).daemon()._obey()


def planned(place: Home) -> None:
    unread(place)
    assert Parts.open(place).daemon().cycle() is Did.PLANNED


@pytest.mark.parametrize("before", [unread, obeyed, planned])
def test_what_another_asked_for_comes_first_and_then_its_own(
    place: Home, before: Callable[[Home], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before(place)
    assert run(["train", "--home", str(place.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "grid"
    registry = FileRegistry(Drive.open(place.settings().drive))
    assert {model: len(registry.versions(model)) for model in registry.models()} == {
        "grid": 1,
        "other": 1,
    }
    assert run(["lineage", "--home", str(place.folder), "--model", "other"]) == 0
    assert capsys.readouterr().out.startswith("other version 1, generation 1")


@pytest.mark.parametrize("before", [unread, obeyed, planned])
def test_the_same_that_was_asked_for_before_is_trained_once(
    place: Home, before: Callable[[Home], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before(place)
    assert run(["train", "--home", str(place.folder), "--model", "other", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == 1
    assert Parts.open(place).daemon().cycle() is Did.IDLE
