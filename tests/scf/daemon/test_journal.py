"""The journal: what was begun is known after any crash, and nothing is begun twice."""

from pathlib import Path

import pytest

from scf.cid import cid_of
from scf.contracts.job import Budget, Job
from scf.daemon.journal import Intent, Journal, JournalError, Stage


def job(generation: int) -> Job:
    return Job(
        model="ebdm",
        recipe="ebdm",
        generation=generation,
        dataset=cid_of(b"dataset"),
        code="1",
        budget=Budget(seconds=1),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_an_intent_is_open_until_it_is_complete_or_failed(path: Path) -> None:
    journal = Journal(path)
    assert journal.open_intent() is None
    journal.plan(job(1), 10)
    assert journal.open_intent() == Intent(job(1), 10, Stage.PLANNED)
    journal.enter(job(1), Stage.SENT, runner="local")
    assert journal.open_intent() == Intent(job(1), 10, Stage.SENT, "local")
    journal.enter(job(1), Stage.COMPLETE)
    assert journal.open_intent() is None
    journal.plan(job(2), 20)
    journal.enter(job(2), Stage.FAILED, reason="why")
    assert journal.open_intent() is None
    assert journal.intents() == (
        Intent(job(1), 10, Stage.COMPLETE, "local"),
        Intent(job(2), 20, Stage.FAILED, "", "why"),
    )


def test_the_same_job_is_one_intent_however_often_it_is_planned(path: Path) -> None:
    journal = Journal(path)
    journal.plan(job(1), 10)
    journal.enter(job(1), Stage.COMPLETE, runner="local")
    journal.plan(job(1), 99)
    assert journal.intents() == (Intent(job(1), 10, Stage.COMPLETE, "local"),)


def test_what_was_noted_is_there_for_the_next_process(path: Path) -> None:
    first = Journal(path)
    first.plan(job(1), 10)
    first.set_marks(gear="HYPER", seq="4")
    second = Journal(path)  # the first was never closed
    assert second.open_intent() == Intent(job(1), 10, Stage.PLANNED)
    assert (second.mark("gear"), second.mark("seq"), second.mark("none", "-")) == (
        "HYPER",
        "4",
        "-",
    )


@pytest.mark.parametrize(
    "content", [b"no database at all, whatever its name says" * 40, b"\0" * 4096]
)
def test_a_file_that_is_no_journal_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"journal\.sqlite"):
        Journal(path).plan(job(1), 1)


def test_a_folder_that_is_missing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="unable to open"):
        Journal(tmp_path / "none" / "journal.sqlite")
