"""What nothing needs is removed, and all that was promised before holds: verify, roll back, resume, recover."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.scf.release_generations import generations, released, trained
from tests.scf.release_world import TIME, WEEKS, contents

from scf.cli import run
from scf.clock import VARIABLE
from scf.contracts.job import CHECKPOINT, Failure, Job
from scf.daemon.build import Parts
from scf.daemon.journal import Journal, Stage
from scf.daemon.loop import Did
from scf.drive import Partition
from scf.places import run_folder
from scf.registry.files import FileRegistry
from scf.registry.held import held
from scf.registry.lineage import lineage
from scf.registry.registry import CHALLENGER
from scf.release.errors import HaltedError
from scf.release.prune import CACHE_S, Jobs, Leftover, leftovers, prune
from scf.release.recover import recover
from scf.release.rollback import rollback
from scf.release.verify import verify_release
from scf.settings import Home
from scf.worker.lock import locked
from scf.worker.runner import Phase
from scf.worker.runs import Runs
from scf_world import FakeRunner, daemon

PRUNED = (3, 5, 6, 7)
"""Of ten versions: 2 and 4 were released, 1 was a parent, 8, 9 and 10 may be chosen next week."""
IDLE = Jobs((), ())


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TIME))


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(TIME))
        return generations(tmp_path_factory.mktemp("pattern") / "place", WEEKS).folder.parent


@pytest.fixture
def place(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    place = Home(Path(shutil.copytree(pattern, tmp_path / "place")) / "home")
    monkeypatch.setenv("SCF_HOME", str(place.folder))
    return place


def run_of(place: Home, number: int) -> Path:
    parts = Parts.open(place)
    return run_folder(parts.drive, parts.registry.versions("ebdm")[number - 1].job)


def clutter(folder: Path) -> None:
    """What a run may leave behind, 30 bytes."""
    (folder / "resume.safetensors").write_bytes(b"0123456789")
    (folder / ".emily-0123456789abcdef.part").write_bytes(b"0123456789")
    (folder / "incoming").mkdir()
    (folder / "incoming" / CHECKPOINT).write_bytes(b"0123456789")


def gone(place: Home) -> tuple[Leftover, ...]:
    """Prune all that there is."""
    parts = Parts.open(place)
    return prune(parts.drive, FileRegistry(parts.drive), parts.log, lambda: IDLE)


def test_it_is_listed_and_nothing_is_removed(
    place: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    clutter(run_of(place, 4))
    clutter(run_of(place, 7))
    before = contents(place.settings().drive)
    assert run(["prune", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["removed"] is False
    rows = {row["version"]: row for row in table["leftovers"]}
    assert set(rows) == {None, *PRUNED}
    size = run_of(place, 7).joinpath(CHECKPOINT).stat().st_size
    assert rows[7]["bytes"] == size + 30
    assert rows[None]["bytes"] == 30
    assert rows[None]["reason"] == "left of a run that is over"
    assert run(["prune"]) == 0
    assert "scf prune --yes removes it" in capsys.readouterr().out
    assert contents(place.settings().drive) == before


def test_it_is_removed_once_and_logged(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (4, 7):
        clutter(run_of(place, number))
    before = contents(place.settings().drive)
    lost = {run_of(place, number) / CHECKPOINT for number in PRUNED}
    lost |= {path for number in (4, 7) for path in run_of(place, number).glob("resume.*")}
    lost |= {path for number in (4, 7) for path in run_of(place, number).glob(".emily-*")}
    lost |= {run_of(place, number) / "incoming" / CHECKPOINT for number in (4, 7)}
    kept_log = len(Parts.open(place).log)
    assert run(["prune", "--yes"]) == 0
    assert "removed" in capsys.readouterr().out
    after = contents(place.settings().drive)
    drive = place.settings().drive
    assert {drive / name for name in before.keys() - after.keys()} == lost
    changed = {name for name in after if before.get(name) != after[name]}
    assert {name.split("/")[0] for name in changed} <= {"attestations", "system_cache"}
    log = Parts.open(place).log
    statements = [log.entry(number).attestation.statement for number in log.of("prune")]
    assert len(log) == kept_log + len(statements)
    assert [one.predicate["version"] for one in statements] == sorted(
        PRUNED, key=lambda number: run_of(place, number).name
    )
    versions = Parts.open(place).registry.versions("ebdm")
    for one in statements:
        version = versions[int(str(one.predicate["version"])) - 1]
        assert [each.cid for each in one.subjects] == [version.checkpoint]
    assert run(["prune", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["leftovers"] == []
    assert contents(drive) == after


def test_every_release_is_verified_and_every_week_comes_back(place: Home) -> None:
    gone(place)
    parts = Parts.open(place)
    for week in WEEKS:
        folder = parts.drive.root / "release_history" / f"week-{week}"
        verify_release(folder, parts.log.keys)
        wanted = rollback(parts.drive, parts.registry, parts.log, week=week).version
        champion = parts.registry.alias("ebdm", "champion")
        assert champion == wanted
        assert (run_folder(parts.drive, wanted.job) / CHECKPOINT).is_file()


def test_every_version_keeps_its_lineage(place: Home) -> None:
    parts = Parts.open(place)
    before = [
        lineage(parts.registry, parts.drive, version, parts.vault.lineage)
        for version in parts.registry.versions("ebdm")
    ]
    gone(place)
    parts = Parts.open(place)
    assert before == [
        lineage(parts.registry, parts.drive, version, parts.vault.lineage)
        for version in parts.registry.versions("ebdm")
    ]


def test_a_lost_registry_still_comes_back(place: Home) -> None:
    gone(place)
    registry = place.settings().drive / "model_zoo/registry"
    before = contents(registry)
    shutil.rmtree(registry)
    parts = Parts.open(place)
    recover(parts.drive, parts.registry, parts.log)
    assert contents(registry) == before


def test_the_daemon_goes_on(place: Home) -> None:
    gone(place)
    best = Parts.open(place).registry.alias("ebdm", CHALLENGER)
    assert best is not None
    (*_, newest) = trained(place, 0.1)
    assert (newest.version, newest.parent) == (11, best.checkpoint)
    assert Runs(Parts.open(place).drive).checkpoint(best.checkpoint).is_file()


def test_the_next_release_finds_what_it_may_choose(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone(place)
    monkeypatch.setenv(VARIABLE, str(TIME + 7 * 86_400))
    parts = Parts.open(place)
    week = WEEKS[2].fromordinal(WEEKS[2].toordinal() + 7)
    assert released(place, week).version == 9
    drive = parts.drive.root
    assert verify_release(drive / f"release_history/week-{week}", parts.log.keys).files > 5
    again = [each.version.version for each in gone(place) if each.version is not None]
    assert again == []  # 8 is the parent of 9, and 10 the newest


def test_a_training_that_was_begun_is_resumed(place: Home) -> None:
    runner = FakeRunner(Parts.open(place).drive)
    turning, parts = daemon(place, runner)
    turning.ask()
    assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
    intent = turning.journal.open_intent()
    assert intent is not None
    folder = run_folder(parts.drive, intent.job.id)
    clutter(folder)
    before = contents(folder)
    assert run(["prune", "--yes"]) == 0
    assert contents(folder) == before
    runner.done({"dsm": 0.05})
    assert turning.cycle() is Did.FINISHED
    assert (parts.registry.versions("ebdm")[-1].job, len(parts.registry.versions("ebdm"))) == (
        intent.job.id,
        11,
    )


@pytest.mark.parametrize("state", ["open", "unknown", "at work"])
def test_what_a_begun_job_starts_from_stays(place: Home, state: str) -> None:
    parts = Parts.open(place)
    third = parts.registry.versions("ebdm")[2]
    job = Runs(parts.drive).of(_job(place, 10)).path
    begun = _job(place, 10).model_copy(update={"parent": third.checkpoint, "seed": 77})
    jobs = Jobs((begun,), ()) if state == "open" else Jobs((), ())
    registry = FileRegistry(parts.drive)
    if state == "open":
        found = leftovers(parts.drive, registry, jobs)
    else:
        folder = run_folder(parts.drive, begun.id, make=True)
        (folder / "job.json").write_bytes(begun.canonical())
        clutter(folder)
        if state == "at work":
            child = os.fork()
            if child == 0:
                with locked(folder):
                    time.sleep(60)
                os._exit(0)
            try:
                while not (folder / "worker.lock").exists():
                    time.sleep(0.01)
                time.sleep(0.1)
                found = leftovers(parts.drive, registry, Jobs((), (begun.id,)))
            finally:
                os.kill(child, 9)
                os.waitpid(child, 0)
        else:
            found = leftovers(parts.drive, registry, jobs)
        assert not [each for each in found if folder in {path.parent for path in each.paths}]
    assert job.is_dir()
    assert [each.version.version for each in found if each.version] == sorted(
        {5, 6, 7}, key=lambda number: run_of(place, number).name
    )


def _job(place: Home, number: int):

    return Job.read(run_of(place, number) / "job.json")


def test_a_run_that_failed_leaves_its_records(place: Home) -> None:
    parts = Parts.open(place)
    failed = _job(place, 10).model_copy(update={"seed": 78})
    folder = run_folder(parts.drive, failed.id, make=True)
    (folder / "job.json").write_bytes(failed.canonical())
    note = Failure(job=failed.id, attempt=1, reason="it diverged")
    (folder / "failure-1.json").write_bytes(note.canonical())
    (folder / CHECKPOINT).write_bytes(b"a model that is none")
    clutter(folder)
    journal = Journal(place.journal)
    journal.plan(failed, 10)
    journal.close()
    assert run(["prune", "--yes"]) == 0
    assert (folder / CHECKPOINT).exists()  # it is open
    journal = Journal(place.journal)
    journal.enter(failed, Stage.FAILED, reason="it diverged")
    journal.close()
    assert run(["prune", "--yes"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["failure-1.json", "job.json"]
    state = Runs(parts.drive).over(Runs(parts.drive).of(failed), failed)
    assert state is not None
    assert (state.phase, state.reason) == (Phase.FAILED, "it diverged")


def test_a_pruned_job_that_is_asked_for_again_fails_with_its_reason(place: Home) -> None:
    """Only a journal and a registry that were both lost lead there: the next seed is trained then."""
    gone(place)
    job, runs = _job(place, 3), Runs(Parts.open(place).drive)
    state = runs.over(runs.of(job), job)
    assert state is not None
    assert (state.phase, state.reason) == (Phase.FAILED, f"{CHECKPOINT} is missing")


def test_a_checkpoint_that_two_runs_made_stays_with_both(place: Home) -> None:
    parts = Parts.open(place)
    best, other = parts.registry.versions("ebdm")[8], run_of(place, 5)
    twin = parts.registry.versions("ebdm")[4]
    versions = parts.drive.root / "model_zoo/registry/ebdm/versions/5.json"
    same = twin.model_copy(update={"checkpoint": best.checkpoint})
    versions.write_bytes(same.canonical())
    found = leftovers(parts.drive, FileRegistry(parts.drive), IDLE)
    assert not [each for each in found if other in {path.parent for path in each.paths}]


def test_what_another_registry_was_not_told_stays(place: Home) -> None:
    drive = Parts.open(place).drive
    registry = FileRegistry(drive)
    assert leftovers(drive, registry, IDLE, followed=True) == ()
    told = drive.folder(Partition.MODEL_ZOO, "registry-told") / "ebdm.json"
    told.write_text('{"aliases":{},"model":"ebdm","versions":5}')
    found = leftovers(drive, registry, IDLE, followed=True)
    assert sorted(each.version.version for each in found if each.version) == [3, 5]


def test_a_result_that_was_altered_names_nothing_to_remove(place: Home) -> None:
    result = run_of(place, 3) / "result.json"
    result.write_bytes(result.read_bytes().replace(CHECKPOINT.encode(), b"checkpoint.safetensorz"))
    gone(place)
    assert (run_of(place, 3) / CHECKPOINT).exists()
    assert not (run_of(place, 5) / CHECKPOINT).exists()


def test_what_lies_in_the_cache_for_a_week_is_old(place: Home) -> None:
    drive = Parts.open(place).drive
    cache = drive.root / "system_cache"
    old, new = cache / "old", cache / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "file").write_bytes(b"0123456789")
    (cache / "daemon.lock").touch()
    then = time.time() - CACHE_S - 60
    for path in (*old.iterdir(), old, new, *(cache / "log").iterdir(), cache / "daemon.lock"):
        os.utime(path, (then, then))
    (found,) = [
        each for each in leftovers(drive, FileRegistry(drive), IDLE) if each.version is None
    ]
    assert (found.paths, found.bytes, found.reason) == ((old,), 10, "unchanged for a week")
    gone(place)
    assert {path.name for path in cache.iterdir()} == {"new", "log", "daemon.lock"}


def test_a_link_is_removed_and_not_what_it_leads_to(place: Home, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    (run_of(place, 4) / "incoming").symlink_to(tmp_path / "mine")
    (run_of(place, 7) / CHECKPOINT).unlink()
    (run_of(place, 7) / CHECKPOINT).symlink_to(tmp_path / "mine" / "file")
    gone(place)
    assert not (run_of(place, 4) / "incoming").is_symlink()
    assert (tmp_path / "mine" / "file").exists()


def test_nothing_is_removed_while_the_emergency_lock_exists(place: Home) -> None:
    before = contents(place.settings().drive)
    parts = Parts.open(place)
    with pytest.raises(HaltedError, match="is removed"):
        prune(parts.drive, FileRegistry(parts.drive), parts.log, lambda: IDLE, halted=lambda: True)
    place.lock.touch()
    assert run(["prune", "--yes"]) == 1
    assert contents(place.settings().drive) == before


def test_a_pruned_version_is_preferred_no_more(place: Home) -> None:
    gone(place)
    parts = Parts.open(place)
    there = held(parts.drive, parts.registry.versions("ebdm"))
    assert [version.version for version in there] == [1, 2, 4, 8, 9, 10]


def test_killed_at_any_moment_the_next_call_ends_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scf.release_kills", tmp_path, "prune"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["moments"] > 20
