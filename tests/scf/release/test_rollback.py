"""Back to any week: attested, once, and from the release's own files when the zoo has lost them."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.scf.release_world import TIME, WEEKS, World, contents, three_weeks

from scf.clock import VARIABLE
from scf.registry.registry import CHAMPION
from scf.release.errors import ForgedError, ReleaseError
from scf.release.rollback import KIND, rollback
from scf.release.verify import verify_release


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World.make(tmp_path / "world")
    three_weeks(world)
    return world


def back(world: World, week: date) -> int:
    rollback(world.drive, world.registry, world.log, week=week)
    champion = world.registry.alias("energy", CHAMPION)
    assert champion is not None
    return champion.version


@pytest.mark.parametrize("week", range(3))
def test_any_week_comes_back(world: World, week: int) -> None:
    assert back(world, WEEKS[week]) == week + 1


def test_each_step_back_and_forth_is_in_the_log_once(world: World) -> None:
    before = len(world.log)
    steps = [WEEKS[0], WEEKS[0], WEEKS[1], WEEKS[0], WEEKS[1], WEEKS[1], WEEKS[2]]
    assert [back(world, week) for week in steps] == [1, 1, 2, 1, 2, 2, 3]
    said = [entry.attestation.statement for entry in world.log.entries(before)]
    assert [each.kind for each in said] == [KIND] * 5
    assert [each.predicate["version"] for each in said] == [1, 2, 1, 2, 3]
    assert [each.predicate["instead_of"] for each in said] == [3, 1, 2, 1, 2]


def test_the_releases_stay_as_they_are(world: World) -> None:
    before = contents(world.history)
    back(world, WEEKS[0])
    assert contents(world.history) == before
    for folder in world.history.iterdir():
        verify_release(folder, world.log.keyring.keys)


def test_the_next_release_is_compared_with_what_is_in_use(world: World) -> None:
    back(world, WEEKS[0])
    made = world.release(WEEKS[2])  # the week's own release does not bring its version back
    assert made.version.version == 3
    champion = world.registry.alias("energy", CHAMPION)
    assert champion is not None
    assert champion.version == 1


def test_what_the_zoo_lost_comes_out_of_the_archive(world: World) -> None:
    first = world.registry.versions("energy")[0]
    run = world.drive.root / "model_zoo/runs" / first.job
    before = contents(run)
    shutil.rmtree(run)
    back(world, WEEKS[0])
    after = contents(run)
    assert {name: after[name] for name in before} == before
    (run / "checkpoint.safetensors").write_bytes(b"altered")
    back(world, WEEKS[0])
    assert contents(run) == after


def test_a_week_that_was_not_released_is_none_to_go_back_to(world: World) -> None:
    before = contents(world.drive.root)
    with pytest.raises(ReleaseError, match=r"no release in .*week-2026-10-26"):
        back(world, date(2026, 10, 28))
    assert contents(world.drive.root) == before


@pytest.mark.parametrize("name", ["model.tar", "card.md", "notes.md"])
def test_a_release_that_was_altered_is_not_gone_back_to(world: World, name: str) -> None:
    path = world.history / "week-2026-11-02" / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ForgedError, match=name.replace(".", r"\.")):
        back(world, WEEKS[0])
    champion = world.registry.alias("energy", CHAMPION)
    assert champion is not None
    assert champion.version == 3


def test_a_version_of_another_registry_is_not_brought_into_use(world: World) -> None:
    shutil.rmtree(world.drive.root / "model_zoo/registry")
    other = World.make(world.drive.root.parent)
    other.train(2)
    with pytest.raises(ForgedError, match="not the one that week-2026-11-02 released"):
        back(other, WEEKS[0])
    assert other.registry.alias("energy", CHAMPION) is None


def test_a_release_that_was_interrupted_is_finished_before_one_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World.make(tmp_path / "world")
    world.train(1)
    world.release(WEEKS[0])
    world.train(2)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.release(WEEKS[1])
    assert not (world.history / "week-2026-11-09").exists()
    assert back(world, WEEKS[0]) == 1
    verify_release(world.history / "week-2026-11-09", world.log.keyring.keys)
    assert world.release(WEEKS[1]).version.version == 2
    assert back(world, WEEKS[0]) == 1
    kinds = [entry.attestation.statement.kind for entry in world.log.entries()]
    assert kinds == ["release", "release", "rollback"]


@pytest.mark.parametrize("act", ["release", "rollback"])
def test_killed_before_any_change_of_a_file_it_comes_to_the_same_bytes(
    tmp_path: Path, act: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scf.release_kills", tmp_path, act],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["moments"] > {"release": 20, "rollback": 5}[act]
