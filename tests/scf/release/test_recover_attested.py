"""A registry that was lost comes back with what was never released: from the log, and the runs that are left."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scf.release_generations import generations, trained
from tests.scf.release_world import TIME, WEEKS, contents

from scf.attest.statement import Statement, Subject
from scf.cid import cid_of
from scf.cli import run
from scf.clock import VARIABLE
from scf.daemon.build import Parts, rule
from scf.errors import RefusedError
from scf.registry.lineage import lineage
from scf.release.attested import trainings
from scf.release.errors import ForgedError, HaltedError, ReleaseError
from scf.release.recover import recover
from scf.release.rollback import rollback
from scf.settings import Home
from scf_world import home


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(TIME))
        return generations(tmp_path_factory.mktemp("pattern") / "place", WEEKS).folder.parent


@pytest.fixture
def place(pattern: Path, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(pattern, tmp_path / "place")) / "home")


def zoo(place: Home) -> Path:
    return place.settings().drive / "model_zoo"


def without_registry(place: Home, *below: str) -> Parts:
    shutil.rmtree(zoo(place).joinpath("registry", *below))
    return Parts.open(place)


def test_it_is_the_same_to_the_byte(place: Home) -> None:
    before = contents(place.settings().drive)
    parts = without_registry(place)
    back = recover(parts.drive, parts.registry, parts.log)
    assert [version.version for version in back] == list(range(1, 11))
    assert contents(zoo(place)) == {
        name.removeprefix("model_zoo/"): data
        for name, data in before.items()
        if name.startswith("model_zoo/")
    }
    assert recover(parts.drive, parts.registry, parts.log) == ()
    for version in parts.registry.versions("ebdm"):
        assert lineage(parts.registry, parts.drive, version).generations[0].job == version.job


def test_before_the_first_release_too(tmp_path: Path) -> None:
    place = home(tmp_path)
    trained(place, 0.5, 0.4, 0.6)
    before = contents(zoo(place))
    parts = without_registry(place)
    recover(parts.drive, parts.registry, parts.log, rule=rule(parts.settings.promote))
    assert contents(zoo(place)) == before


@pytest.mark.parametrize("lost", ["versions", "aliases"])
def test_a_part_of_it_is_put_back(place: Home, lost: str) -> None:
    before = contents(zoo(place))
    parts = without_registry(place, "ebdm", lost)
    recover(parts.drive, parts.registry, parts.log)
    assert contents(zoo(place)) == before


def test_the_last_versions_alone_are_put_back(place: Home) -> None:
    before = contents(zoo(place))
    for number in (9, 10):
        (zoo(place) / f"registry/ebdm/versions/{number}.json").unlink()
    (zoo(place) / "registry/ebdm/aliases/challenger.json").unlink()
    parts = Parts.open(place)
    assert [one.version for one in recover(parts.drive, parts.registry, parts.log)] == [9, 10]
    assert contents(zoo(place)) == before


def test_a_release_and_a_rollback_put_it_back(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(zoo(place))
    parts = without_registry(place)
    rollback(parts.drive, parts.registry, parts.log, week=WEEKS[1])  # the one in use
    assert contents(zoo(place)) == before
    without_registry(place)
    monkeypatch.setenv("SCF_HOME", str(place.folder))
    assert run(["release", "--week", "2026-11-16"]) == 0  # found again
    assert contents(zoo(place)) == before


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


@pytest.mark.parametrize(
    ("call", "times"), [*(("register", times) for times in range(10)), ("point", 0), ("point", 1)]
)
def test_one_that_was_cut_off_is_ended_by_the_next(
    place: Home, monkeypatch: pytest.MonkeyPatch, call: str, times: int
) -> None:
    before = contents(zoo(place))
    parts = without_registry(place)
    with monkeypatch.context() as patch:
        patch.setattr(parts.registry, call, Interrupted(getattr(parts.registry, call), times))
        with pytest.raises(KeyboardInterrupt):
            recover(parts.drive, parts.registry, parts.log)
    parts = Parts.open(place)
    recover(parts.drive, parts.registry, parts.log)
    assert contents(zoo(place)) == before


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 12, 13, 14])
def test_the_lock_stops_it_before_any_step_and_the_next_call_goes_on(
    place: Home, steps: int
) -> None:
    """Steps are the runs of three releases, ten versions, two aliases."""
    before = contents(zoo(place))
    parts = without_registry(place)
    asked = iter([False] * steps)
    with pytest.raises(HaltedError, match="stopped before"):
        recover(parts.drive, parts.registry, parts.log, halted=lambda: next(asked, True))
    assert len(parts.registry.versions("ebdm")) == min(10, max(0, steps - 3))
    recover(parts.drive, parts.registry, parts.log)
    assert contents(zoo(place)) == before


def test_a_run_that_is_lost_too_is_named_unless_it_was_released(place: Home) -> None:
    versions = Parts.open(place).registry.versions("ebdm")
    for number in (2, 3, 7):
        shutil.rmtree(zoo(place) / "runs" / versions[number - 1].job)
    parts = without_registry(place)
    before = contents(zoo(place))
    with pytest.raises(ReleaseError, match=r"ebdm that no release holds: 3, 7$"):
        recover(parts.drive, parts.registry, parts.log)
    assert contents(zoo(place)) == before


def test_a_job_that_was_altered_is_none(place: Home) -> None:
    job = zoo(place) / "runs" / Parts.open(place).registry.versions("ebdm")[2].job / "job.json"
    job.write_bytes(job.read_bytes().replace(b'"seed":0', b'"seed":1'))
    parts = without_registry(place)
    with pytest.raises(ReleaseError, match=r"no release holds: 3$"):
        recover(parts.drive, parts.registry, parts.log)


def test_the_log_is_not_followed_where_a_release_says_otherwise(place: Home) -> None:
    """A version that was registered and never attested: the numbers after it are others'."""
    parts = Parts.open(place)
    versions = parts.registry.versions("ebdm")
    registry = zoo(place) / "registry/ebdm"
    shutil.rmtree(registry)
    parts = Parts.open(place)
    parts.registry.register(versions[8])
    for version in versions[:3]:
        parts.registry.register(version)
    before = contents(zoo(place))
    assert recover(parts.drive, parts.registry, parts.log) == ()
    assert contents(zoo(place)) == before


@pytest.mark.parametrize("change", ["metrics", "subject"])
def test_a_statement_that_is_of_no_training_is_refused(place: Home, change: str) -> None:
    parts = Parts.open(place)
    number = parts.log.of("checkpoint")[-1]
    old = parts.log.entry(number).attestation.statement
    forged = json.loads(old.canonical())
    if change == "metrics":
        forged["predicate"]["metrics"] = "good"
    else:
        forged["subjects"] = forged["subjects"][:1]
    parts.log.append(Statement.parse(json.dumps(forged), source="forged"))
    parts = without_registry(place)
    with pytest.raises(ForgedError):
        recover(parts.drive, parts.registry, parts.log)


def test_a_training_that_was_attested_twice_is_one(place: Home) -> None:
    before = contents(zoo(place))
    parts = Parts.open(place)
    old = parts.log.entry(parts.log.of("checkpoint")[2]).attestation.statement
    again = old.model_copy(update={"predicate": {**old.predicate, "more": "words"}})
    assert parts.log.append(again).attestation.statement != old
    parts = without_registry(place)
    recover(parts.drive, parts.registry, parts.log)
    assert contents(zoo(place)) == before


def test_nothing_is_read_again_where_nothing_is_lost(place: Home) -> None:
    parts = Parts.open(place)
    assert trainings(parts.registry, parts.log) == {}
    parts.log.append(
        Statement(
            kind="checkpoint",
            subjects=(Subject(name="x", cid=cid_of(b"x")),),
            predicate={},
            at=TIME,
        )
    )
    with pytest.raises(RefusedError):
        trainings(parts.registry, parts.log)
