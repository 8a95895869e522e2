"""The weekly release: whole or not there, the same bytes each time, and never another."""

import stat
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.scf.release_world import RULE, TIME, WEEKS, World, contents, three_weeks

from scf.clock import VARIABLE
from scf.drive import Drive
from scf.errors import DriveError, QuotaError
from scf.registry.errors import LineageError
from scf.registry.registry import CHAMPION
from scf.release.errors import ForgedError, ReleaseError
from scf.release.rule import MetricRule
from scf.release.verify import verify_release
from scf.vault.catalogue import Catalogue


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path / "world")


def test_the_best_is_released_attested_and_in_use(world: World) -> None:
    world.train(1, loss=0.5)
    best = world.train(2, loss=0.25)
    world.train(3, loss=0.75)
    made = world.release(WEEKS[0])
    assert made.version == best
    assert made.choice.promoted
    assert world.registry.alias("energy", CHAMPION) == best
    folder = world.history / "week-2026-11-02"
    report = verify_release(folder, world.log.keyring.keys)
    assert report.release == made
    assert report.statement.subjects[0].cid == made.id
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.md",
        "model.tar",
        "notes.md",
        "proof.json",
        "release.json",
    ]


def test_it_is_read_only_and_nothing_else_is_left(world: World) -> None:
    world.train(1)
    world.release(WEEKS[0])
    (folder,) = world.history.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o555
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}


@pytest.mark.parametrize("day", range(7))
def test_any_day_stands_for_its_week(world: World, day: int) -> None:
    world.train(1)
    world.release(WEEKS[0] + timedelta(days=day))
    assert [path.name for path in world.history.iterdir()] == ["week-2026-11-02"]


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path) -> None:
    built = []
    for name in ("a", "b"):
        world = World.make(tmp_path / name)
        three_weeks(world)
        built.append(contents(world.drive.root))
    assert built[0] == built[1]


def test_again_it_does_nothing(world: World) -> None:
    world.train(1)
    made = world.release(WEEKS[0])
    before, entries = contents(world.drive.root), len(world.log)
    world.registry.point("energy", "other", 1)
    assert world.release(WEEKS[0]) == made
    assert len(world.log) == entries
    assert {
        name: data for name, data in contents(world.drive.root).items() if "other" not in name
    } == before


def test_what_comes_later_in_the_week_waits_for_the_next(world: World) -> None:
    first = world.train(1, loss=0.5)
    made = world.release(WEEKS[0])
    second = world.train(2, loss=0.1)
    assert world.release(WEEKS[0]) == made
    assert world.registry.alias("energy", CHAMPION) == first
    assert world.release(WEEKS[1]).version == second


def test_a_week_never_gets_another_outcome(world: World) -> None:
    world.train(1, loss=0.5, kl=0.1)
    world.train(2, loss=0.4, kl=0.2)
    world.train(1, model="student")
    world.release(WEEKS[0])
    before = contents(world.drive.root)
    with pytest.raises(ReleaseError, match="with version 2 by other rules"):
        world.release(WEEKS[0], MetricRule(metric="kl"))
    with pytest.raises(ReleaseError, match="by other rules"):
        world.release(WEEKS[0], RULE.model_copy(update={"tolerance": 0.5}))
    with pytest.raises(ReleaseError, match="the release of energy, not of student"):
        world.release(WEEKS[0], model="student")
    assert contents(world.drive.root) == before


def test_weeks_come_in_order_and_not_too_early(world: World) -> None:
    world.train(1)
    world.release(WEEKS[1])
    with pytest.raises(ReleaseError, match="week-2026-11-09 is released already"):
        world.release(WEEKS[0])
    with pytest.raises(ReleaseError, match="2026-11-23 has not begun"):
        world.release(date(2026, 11, 23))
    assert len(list(world.history.iterdir())) == 1


def test_one_that_is_too_much_worse_is_not_promoted(world: World) -> None:
    rule = RULE.model_copy(update={"tolerance": 0.05})
    first = world.train(1, loss=0.5)
    world.release(WEEKS[0], rule)
    world.train(2, loss=0.75)
    kept = world.release(WEEKS[1], rule)
    assert kept.version == first
    assert not kept.choice.promoted
    assert "worse by 0.25" in kept.choice.reason
    assert "not promoted" in kept.choice.reason
    assert world.registry.alias("energy", CHAMPION) == first
    notes = (world.history / "week-2026-11-09/notes.md").read_text()
    assert "not promoted" in notes
    third = world.train(3, loss=0.54)
    assert world.release(WEEKS[2], rule).version == third


def test_a_week_without_a_new_version_releases_the_one_in_use(world: World) -> None:
    first = world.train(1)
    world.release(WEEKS[0])
    made = world.release(WEEKS[1])
    assert made.version == first
    assert not made.choice.promoted
    assert made.previous is not None
    assert made.previous.week == "2026-11-02"
    verify_release(world.history / "week-2026-11-09", world.log.keyring.keys)


def test_without_a_version_there_is_nothing_to_release(world: World) -> None:
    with pytest.raises(ReleaseError, match="no version with the metric loss"):
        world.release(WEEKS[0])
    world.train(1, other=1.0)
    with pytest.raises(ReleaseError, match="no version with the metric loss"):
        world.release(WEEKS[0])
    assert list(world.history.iterdir()) == []


def test_a_checkpoint_that_is_not_the_registered_one_is_not_released(world: World) -> None:
    version = world.train(1)
    path = world.drive.root / "model_zoo/runs" / version.job / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ForgedError, match=r"checkpoint\.safetensors is not what its CID"):
        world.release(WEEKS[0])
    path.unlink()
    with pytest.raises(ReleaseError, match=r"checkpoint\.safetensors of version 1 is missing"):
        world.release(WEEKS[0])
    assert list(world.history.iterdir()) == []
    assert len(world.log) == 0
    assert world.registry.alias("energy", CHAMPION) is None


def test_a_fossils_parent_that_no_shard_has_is_looked_for_in_the_vault(world: World) -> None:
    both = world.dataset(2)
    alone = both.model_copy(update={"shards": both.shards[1:]})
    path = world.drive.root / f"fossil_vault/datasets/{alone.id}.json"
    path.write_bytes(alone.canonical())
    world.dataset = Mock(return_value=alone)
    world.train(1)
    catalogue = world.drive.root / "fossil_vault/catalogue.sqlite"
    Catalogue(world.drive, catalogue, make=True).close()  # of a vault that lost them
    with pytest.raises(
        LineageError, match=r"the parent bafkrei.* of bafkrei.*the vault holds no fossil"
    ):
        world.release(WEEKS[0])
    assert list(world.history.iterdir()) == []


def test_a_release_that_was_altered_is_not_confirmed(world: World) -> None:
    world.train(1)
    world.release(WEEKS[0])
    path = world.history / "week-2026-11-02/notes.md"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ForgedError, match=r"notes\.md"):
        world.release(WEEKS[0])


def test_a_full_drive_keeps_what_was_there_and_takes_it_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.train(1)
    before = contents(world.drive.root)
    with monkeypatch.context() as patch:
        patch.setattr(Drive, "quota", lambda *_: 1000)
        with pytest.raises(QuotaError, match="release_history"):
            world.release(WEEKS[0])
    assert contents(world.drive.root) == before
    assert list(world.history.iterdir()) == []
    world.release(WEEKS[0])
    verify_release(world.history / "week-2026-11-02", world.log.keyring.keys)


@pytest.mark.parametrize("step", ["admit", "replacing", "folder"])
def test_a_drive_that_vanishes_meanwhile_stops_it_and_it_goes_on_later(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world.train(1)
    away = world.drive.root.with_name("away")
    real = getattr(Drive, step)

    def vanish(drive: Drive, *args: object) -> object:
        if not away.exists() and (step != "folder" or len(args) > 1):
            drive.root.rename(away)
            drive.root.mkdir()  # the empty mount point
        return real(drive, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Drive, step, vanish)
        with pytest.raises(DriveError):
            world.release(WEEKS[0])
    assert list(world.drive.root.iterdir()) == []  # nothing went to the disk below
    world.drive.root.rmdir()
    away.rename(world.drive.root)
    made = World.make(world.drive.root.parent).release(WEEKS[0])
    assert made.version.version == 1
    assert [path.name for path in world.history.iterdir()] == ["week-2026-11-02"]
