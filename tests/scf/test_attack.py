"""What a careless or hostile world does to a home and a drive: nothing is lost, forged or half-done."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.attest.statement import Statement, Subject
from scf.cid import cid_of
from scf.cli import run
from scf.contracts.job import Result
from scf.daemon.loop import Did
from scf.drive import Drive
from scf.errors import ScfError
from scf.settings import Home
from scf.vault import Vault
from scf_world import FakeRunner, daemon, home, ingest

NOW = "1794000000"  # 2026-11-06
SUBJECT = Subject(name="model", cid=cid_of(b"model"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with ten fossils in one shard."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOW)
    made = home(tmp_path)
    ingest(made, range(10))
    monkeypatch.setenv("SCF_HOME", str(made.folder))
    return made


def released(place: Home) -> None:
    """Train, and release what came of it."""
    runner = FakeRunner(Drive.open(place.settings().drive))
    turning, _ = daemon(place, runner)
    assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
    runner.done({"dsm": 0.5})
    assert turning.cycle() is Did.FINISHED
    turning.journal.close()
    assert run(["release"]) == 0


def refused(place: Home, values: range, name: str) -> bool:
    """Whether the vault refuses to take in more."""
    try:
        ingest(place, values, name)
    except ScfError:
        return True
    return False


def shards(place: Home) -> dict[str, bytes]:
    folder = place.settings().drive / "fossil_vault" / "shards"
    return {path.name: path.read_bytes() for path in folder.glob("shard-*")}


def test_an_empty_catalogue_costs_no_shard(place: Home) -> None:
    before = shards(place)
    (place.settings().drive / "fossil_vault" / "catalogue.sqlite").write_bytes(b"")
    refused(place, range(5), "other")
    assert before.items() <= shards(place).items()


def test_an_older_catalogue_costs_no_shard_that_a_dataset_names(place: Home) -> None:
    path = place.settings().drive / "fossil_vault" / "catalogue.sqlite"
    older = path.read_bytes()
    ingest(place, range(10, 20), "second")
    vault = Vault.open(Drive.open(place.settings().drive))
    vault.dataset()
    vault.close()
    before = shards(place)
    path.write_bytes(older)
    refused(place, range(20, 30), "third")
    assert before.items() <= shards(place).items()


@pytest.mark.parametrize("what", ["a loop of links", "gone"])
def test_a_home_that_cannot_be_looked_into_counts_as_locked(place: Home, what: str) -> None:
    turning, _ = daemon(place, FakeRunner(Drive.open(place.settings().drive)))
    place.lock.touch()
    place.folder.rename(place.folder.with_name("elsewhere"))
    if what == "a loop of links":
        place.folder.symlink_to(place.folder)
    assert turning.cycle() is Did.LOCKED


def test_no_atlas_is_made_while_the_lock_is_there(place: Home) -> None:
    place.lock.touch()
    before = sorted(place.settings().drive.rglob("*"))
    assert run(["atlas"]) != 0
    assert sorted(place.settings().drive.rglob("*")) == before


def test_no_demonstration_ingests_while_the_lock_is_there(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "EMERGENCY_LOCK").touch()
    assert run(["demo", "--into", str(tmp_path), "--points", "100", "--steps", "1"]) != 0
    assert not (tmp_path / "points.ndjson").exists()
    assert not list((tmp_path / "drive").rglob("shard-*"))


@pytest.mark.parametrize("what", ["result.json", "job.json"])
def test_a_run_that_was_rewritten_is_not_taken_in(place: Home, what: str) -> None:
    runner = FakeRunner(Drive.open(place.settings().drive))
    turning, parts = daemon(place, runner)
    assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
    job = runner.done({"dsm": 0.5})
    path = runner.fetch(job) / what
    table = json.loads(path.read_bytes())
    if what == "job.json":
        table["seed"] += 1
    path.write_text(json.dumps(table), "utf-8")  # not the canonical form: a release refuses it
    with pytest.raises(ScfError):
        turning.cycle()
    assert parts.registry.versions(job.model) == ()
    assert len(parts.log) == 0


def test_a_result_as_the_worker_wrote_it_is_taken_in(place: Home) -> None:
    runner = FakeRunner(Drive.open(place.settings().drive))
    turning, parts = daemon(place, runner)
    turning.cycle()
    turning.cycle()
    job = runner.done({"dsm": 0.5})
    assert Result.read(runner.fetch(job) / "result.json").job == job.id
    assert turning.cycle() is Did.FINISHED
    assert len(parts.registry.versions(job.model)) == 1


def test_a_folder_that_is_no_release_hides_none(place: Home) -> None:
    released(place)
    (place.settings().drive / "release_history" / "week-2027-11-15").mkdir()
    assert run(["status"]) in {0, 3}


def test_a_copy_under_another_week_is_no_release_to_go_back_to(place: Home) -> None:
    released(place)
    history = place.settings().drive / "release_history"
    (whole,) = history.glob("week-*")
    shutil.copytree(whole, history / "week-2026-10-05")
    assert run(["release", "--rollback", "2026-10-05"]) != 0


def test_a_log_that_is_older_than_its_keys_is_refused_unchanged(place: Home) -> None:
    drive = Drive.open(place.settings().drive)
    folder = drive.root / "attestations"
    log = Log.open(drive, Keyring.open(place.keys))
    log.append(Statement(kind="checkpoint", subjects=(SUBJECT,), predicate={}, at=int(NOW)))
    shutil.copytree(folder, place.folder / "older")
    log.rotate()
    shutil.rmtree(folder)
    shutil.copytree(place.folder / "older", folder)
    before = (folder / "log" / "log.ndjson").read_bytes()
    with pytest.raises(ScfError):
        Log.open(drive, Keyring.open(place.keys)).rotate()
    assert (folder / "log" / "log.ndjson").read_bytes() == before


def test_a_deep_ledger_is_an_error_and_no_crash(place: Home) -> None:
    path = place.settings().drive / "attestations" / "ledger.ndjson"
    path.write_bytes(b"[" * 200_000)
    assert run(["ledger"]) != 0


@pytest.mark.parametrize("epoch", ["253402300800", "99999999999999999999"])
def test_a_time_beyond_all_calendars_is_refused(
    place: Home, monkeypatch: pytest.MonkeyPatch, epoch: str
) -> None:
    released(place)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert run(["release"]) == 1


def test_a_source_whose_name_is_no_text_is_an_error_and_no_crash(place: Home) -> None:
    path = place.folder / os.fsdecode(b"odd\xff.ndjson")
    path.write_text('{"number": 77}\n', "utf-8")
    assert run(["ingest", str(path)]) in {0, 1}


def test_a_drive_whose_name_is_no_text_leaves_no_home_behind(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert run(["init", "--home", str(folder), "--drive", os.fsdecode(b"/tmp/d\xff")]) != 0
    assert not (folder / "scf.toml").exists()


def test_marks_that_are_none_are_an_error_and_no_crash(place: Home) -> None:
    turning, _ = daemon(place)
    turning.journal.set_marks(gear="WARP", seq="x")
    turning.journal.close()
    assert run(["status"]) == 1


@pytest.mark.parametrize("stream", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_is_no_crash(place: Home, stream: str) -> None:
    words = f'exec "{sys.executable}" -P -m scf status --home "{place.folder}" {stream}'
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        ["/bin/sh", "-c", words], check=False, capture_output=True, env=env, timeout=60
    )
    assert done.returncode == 3, done.stderr.decode()
    assert b"Traceback" not in done.stderr
