"""Credit comes from attempts that were measured all through, and from no others."""

from pathlib import Path

import pytest

from scf.contracts.job import Heartbeat, Usage
from scf.daemon.loop import Did
from scf.ledger.entries import Credit, Refused
from scf.settings import Home
from scf_world import FakeRunner, daemon, home, ingest


@pytest.fixture
def place(tmp_path: Path) -> Home:
    made = home(tmp_path)
    text = made.settings_file.read_text("utf-8")
    baseline = '[ledger]\nbaseline_joules = 100\nmethod = "measured before"\n'
    made.settings_file.write_text(text + baseline, "utf-8")
    ingest(made, range(10))
    return made


def settled(place: Home, *usages: tuple[int, float, str], stopped: int = 0) -> object:
    """The last entry after a job whose attempts took so much."""
    runner = FakeRunner(daemon(place)[1].drive)
    turning, parts = daemon(place, runner)
    assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
    job = runner.done({"dsm": 1.0})
    folder = runner.fetch(job)
    for attempt, joules, source in usages:
        usage = Usage.model_validate(
            {"job": job.id, "attempt": attempt, "seconds": 1.0, "joules": joules, "source": source}
        )
        (folder / f"usage-{attempt}.json").write_bytes(usage.canonical())
    last = max(attempt for attempt, _, _ in usages)
    beat = Heartbeat(job=job.id, attempt=last, step=1, of=1, at=0.0)
    (folder / "heartbeat.json").write_bytes(beat.canonical())
    if stopped:
        (folder / f"stopped-{stopped}.json").touch()
    assert turning.cycle() is Did.FINISHED
    return list(parts.ledger.entries())[-1].body


def test_what_was_measured_below_the_baseline_is_credited(place: Home) -> None:
    body = settled(place, (1, 60.0, "rapl"))
    assert isinstance(body, Credit)
    assert body.postings[1].millijoules == 40_000


def test_all_attempts_count(place: Home) -> None:
    body = settled(place, (1, 50.0, "rapl"), (2, 30.0, "rapl"), stopped=1)
    assert isinstance(body, Credit)
    assert body.postings[1].millijoules == 20_000


@pytest.mark.parametrize(
    ("usages", "reason"),
    [
        ([(1, 60.0, "estimate")], "unmeasured"),
        ([(1, 50.0, "rapl"), (2, 30.0, "rapl")], "unmeasured"),
        ([(2, 30.0, "rapl")], "unmeasured"),
        ([(1, 100.0, "rapl")], "no-saving"),
    ],
    ids=["estimated", "the first was killed", "the first left nothing", "nothing was saved"],
)
def test_what_was_not_is_refused(
    place: Home, usages: list[tuple[int, float, str]], reason: str
) -> None:
    body = settled(place, *usages)
    assert isinstance(body, Refused)
    assert body.reason == reason


def test_a_file_that_only_looks_like_an_account_is_none(place: Home) -> None:
    runner = FakeRunner(daemon(place)[1].drive)
    turning, parts = daemon(place, runner)
    assert [turning.cycle(), turning.cycle()] == [Did.PLANNED, Did.SENT]
    job = runner.done({"dsm": 1.0})
    folder = runner.fetch(job)
    measured = {"job": job.id, "attempt": 1, "seconds": 1.0, "joules": 1.0, "source": "rapl"}
    for name in ("usage-x.json", "usage-01.json", "usage-2.json"):
        (folder / name).write_bytes(Usage.model_validate(measured).canonical())
    assert turning.cycle() is Did.FINISHED
    body = list(parts.ledger.entries())[-1].body
    assert isinstance(body, Refused)
    assert body.reason == "unmeasured"
