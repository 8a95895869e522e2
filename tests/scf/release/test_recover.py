"""A zoo that was lost: the releases hold what was released, and the log which version was in use."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.scf.release_world import RULE, TIME, WEEKS, World, contents, three_weeks

from scf.clock import VARIABLE
from scf.drive import Partition
from scf.registry.lineage import lineage
from scf.registry.registry import CHAMPION
from scf.release import recover as recovering
from scf.release.errors import ForgedError, ReleaseError
from scf.release.recover import recover
from scf.release.rollback import rollback
from scf.release.verify import verify_release


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World.make(tmp_path / "world")
    three_weeks(world)
    return world


def without_zoo(world: World) -> World:
    """The same world, its zoo lost and made anew: by `scf init`, for instance."""
    shutil.rmtree(world.drive.root / Partition.MODEL_ZOO)
    return World.make(world.drive.root.parent)


def champion(world: World) -> int:
    found = world.registry.alias("energy", CHAMPION)
    assert found is not None
    return found.version


@pytest.mark.parametrize("week", range(3))
def test_any_week_comes_back_without_a_zoo(world: World, week: int) -> None:
    versions, before = world.registry.versions("energy"), contents(world.history)
    world = without_zoo(world)
    assert rollback(world.drive, world.registry, world.log, week=WEEKS[week]).version.version == (
        week + 1
    )
    assert champion(world) == week + 1
    assert world.registry.versions("energy") == versions
    assert contents(world.history) == before
    for version in versions:
        assert lineage(world.registry, world.drive, version).generations[0].job == version.job


@pytest.mark.parametrize("back", [None, 0, 1])
def test_the_version_in_use_is_the_one_that_was(world: World, back: int | None) -> None:
    if back is not None:
        rollback(world.drive, world.registry, world.log, week=WEEKS[back])
    was, zoo = champion(world), contents(world.drive.root / "model_zoo/registry")
    entries = len(world.log)
    world = without_zoo(world)
    assert world.release(WEEKS[2]).version.version == 3  # the week's own, found again
    assert champion(world) == was
    assert contents(world.drive.root / "model_zoo/registry") == zoo
    assert len(world.log) == entries


def test_what_is_lost_is_put_back_once(world: World) -> None:
    assert recover(world.drive, world.registry, world.log) == ()
    versions = world.registry.versions("energy")
    world = without_zoo(world)
    assert recover(world.drive, world.registry, world.log) == versions
    assert recover(world.drive, world.registry, world.log) == ()


def test_the_next_generation_follows_those_that_were_put_back(world: World) -> None:
    world = without_zoo(world)
    recover(world.drive, world.registry, world.log)
    last = world.registry.versions("energy")[-1]
    assert world.train(4, parent=last).version == 4


class Interrupted:
    """Something that works a few times, and then is cut off."""

    def __init__(self, real: Callable[..., object], times: int) -> None:
        self._real = real
        self._left = times

    def __call__(self, *args: object) -> object:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return self._real(*args)


CALLS = [("restore", times) for times in range(3)]
CALLS += [("register", times) for times in range(3)]
CALLS += [("point", 0)]


@pytest.mark.parametrize(("call", "times"), CALLS)
def test_one_that_was_cut_off_is_ended_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, times: int
) -> None:
    zoo = contents(world.drive.root / "model_zoo")
    world = without_zoo(world)
    with monkeypatch.context() as patch:
        holder = recovering if call == "restore" else world.registry
        patch.setattr(holder, call, Interrupted(getattr(holder, call), times))
        with pytest.raises(KeyboardInterrupt):
            recover(world.drive, world.registry, world.log)
    world = World.make(world.drive.root.parent)
    recover(world.drive, world.registry, world.log)
    assert contents(world.drive.root / "model_zoo") == zoo


def test_numbers_that_no_release_holds_are_named(tmp_path: Path) -> None:
    world = World.make(tmp_path / "world")
    first = world.train(1)
    for generation, loss in ((2, 0.9), (3, 0.1), (4, 0.8)):
        world.train(generation, parent=first, loss=loss, kl=0.5)
    assert world.release(WEEKS[0]).version.version == 3
    world = without_zoo(world)
    before = contents(world.drive.root)
    with pytest.raises(ReleaseError, match=r"energy that no release holds: 1, 2, 4"):
        rollback(world.drive, world.registry, world.log, week=WEEKS[0])
    assert contents(world.drive.root) == before


@pytest.mark.parametrize("name", ["model.tar", "card.md"])
def test_a_release_that_was_altered_puts_nothing_back(world: World, name: str) -> None:
    path = world.history / "week-2026-11-09" / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    world = without_zoo(world)
    with pytest.raises(ForgedError, match=rf"week-2026-11-09: .*{name}"):
        rollback(world.drive, world.registry, world.log, week=WEEKS[0])
    assert world.registry.models() == ()


def test_a_release_that_has_no_name_yet_counts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World.make(tmp_path / "world")
    world.train(1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.release(WEEKS[0])
    world = without_zoo(world)
    assert world.release(WEEKS[0], rule=RULE).version.version == 1
    assert champion(world) == 1
    verify_release(world.history / "week-2026-11-02", world.log.keyring.keys)
