"""The loop: pulse, orient, decide, act; the lock before everything; a crash changes nothing."""

import shutil
from pathlib import Path

import pytest

from scf.contracts.job import CHECKPOINT, Job
from scf.daemon.control import Command, give
from scf.daemon.gears import Gear
from scf.daemon.journal import Stage
from scf.daemon.loop import Daemon, Did
from scf.daemon.orient import OrientError
from scf.daemon.serve import over
from scf.errors import DriveError
from scf.registry.registry import CHALLENGER
from scf.settings import Home
from scf.worker.errors import RunnerGivesUpError
from scf.worker.runner import Phase, State
from scf_world import FakeRunner, daemon, home, ingest


@pytest.fixture
def place(tmp_path: Path) -> Home:
    made = home(tmp_path)
    ingest(made, range(10))
    return made


@pytest.fixture
def runner(place: Home) -> FakeRunner:
    from scf.drive import Drive

    return FakeRunner(Drive.open(place.settings().drive))


def cycles(turning: Daemon, *expected: Did) -> None:
    assert [turning.cycle() for _ in expected] == list(expected)


def test_new_fossils_become_a_version_that_is_attested_preferred_and_settled(
    place: Home, runner: FakeRunner
) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT, Did.WAITING, Did.WAITING)
    job = runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED, Did.IDLE, Did.IDLE)
    (version,) = parts.registry.versions("ebdm")
    assert (version.job, version.generation, version.metrics) == (job.id, 1, {"dsm": 0.5})
    assert parts.registry.alias("ebdm", CHALLENGER) == version
    statements = [entry.attestation.statement for entry in parts.log.entries()]
    assert [one.kind for one in statements] == ["checkpoint", "ledger"]
    assert {one.cid for one in statements[0].subjects} == {
        version.checkpoint,
        version.result,
        version.job,
        version.dataset,
    }
    assert statements[1].subjects[0].cid == parts.ledger.head
    assert [entry.body.kind for entry in parts.ledger.entries()] == ["begun", "refused"]
    assert parts.vault.dataset().id == version.dataset


def test_too_few_new_fossils_are_waited_for(tmp_path: Path) -> None:
    made = home(tmp_path)
    ingest(made, range(9))
    turning, _ = daemon(made, FakeRunner(daemon(made)[1].drive))
    cycles(turning, Did.IDLE, Did.IDLE)
    ingest(made, range(9, 10), "more")
    cycles(turning, Did.PLANNED)


def test_the_next_generation_goes_on_from_the_best_version(place: Home, runner: FakeRunner) -> None:
    turning, parts = daemon(place, runner)
    for generation, dsm in enumerate((0.5, 0.9, 0.4), start=1):
        cycles(turning, Did.PLANNED, Did.SENT)
        runner.done({"dsm": dsm})
        cycles(turning, Did.FINISHED, Did.IDLE)
        ingest(place, range(10 * generation, 10 * generation + 10), f"more-{generation}")
    first, second, third = parts.registry.versions("ebdm")
    assert (first.parent, second.parent, third.parent) == (None, first.checkpoint, first.checkpoint)
    assert [one.generation for one in (first, second, third)] == [1, 2, 3]
    assert parts.registry.alias("ebdm", CHALLENGER) == third


def test_other_settings_begin_anew(place: Home, runner: FakeRunner) -> None:
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    text = place.settings_file.read_text("utf-8")
    place.settings_file.write_text(f"{text}\n[train.config]\nwidth = 8\n", "utf-8")
    ingest(place, range(10, 20), "more")
    cycles(daemon(place, runner)[0], Did.PLANNED, Did.SENT)
    assert runner.jobs[list(runner.jobs)[-1]].parent is None


def test_a_runner_that_refuses_is_passed_over(place: Home, runner: FakeRunner) -> None:
    rented = FakeRunner(runner.drive, name="rented", refuses="no machine is free")
    turning, _ = daemon(place, rented, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    intent = turning.journal.open_intent()
    assert intent is not None
    assert (intent.runner, rented.submitted, runner.submitted) == ("fake", 0, 1)


def test_without_a_runner_that_takes_it_the_job_fails_with_every_reason(
    place: Home, runner: FakeRunner
) -> None:
    rented = FakeRunner(runner.drive, name="rented", refuses="no machine is free")
    runner.refuses = "this machine trains nothing"
    turning, _ = daemon(place, rented, runner)
    cycles(turning, Did.PLANNED, Did.FAILED, Did.IDLE)
    last = turning.journal.last()
    assert last is not None
    assert last.reason == "rented: no machine is free; fake: this machine trains nothing"


def test_after_three_failures_a_person_is_waited_for(place: Home, runner: FakeRunner) -> None:
    turning, _ = daemon(place, runner)
    for generation in range(1, 4):
        cycles(turning, Did.PLANNED, Did.SENT)
        runner.failed("out of memory")
        cycles(turning, Did.FAILED)
        ingest(place, range(10 * generation, 10 * generation + 10), f"more-{generation}")
    cycles(turning, Did.IDLE, Did.IDLE)
    turning.ask()
    cycles(turning, Did.PLANNED, Did.SENT)
    assert [job.seed for job in runner.jobs.values()] == [0, 1, 2, 3]


def test_the_lock_stops_everything_the_worker_too_and_nothing_is_lost(
    place: Home, runner: FakeRunner
) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT, Did.WAITING)
    place.lock.touch()
    give(place.control, Command.SHIFT_GEAR, Gear.HYPER)
    cycles(turning, Did.LOCKED, Did.LOCKED)
    assert runner.cancelled == 1
    assert turning.mode.seq == 0
    place.lock.unlink()
    cycles(turning, Did.PLANNED, Did.SENT, Did.WAITING)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    assert len(parts.registry.versions("ebdm")) == 1


def test_a_lock_that_comes_while_a_job_is_taken_in_stops_before_the_next_step(
    place: Home, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    append = parts.log.append

    def lock(*words: object) -> object:
        place.lock.symlink_to("nowhere")  # it exists, whatever it is
        return append(*words)  # type: ignore[arg-type]  # what it was called with

    monkeypatch.setattr(parts.log, "append", lock)
    cycles(turning, Did.LOCKED)
    assert parts.registry.alias("ebdm", CHALLENGER) is None
    place.lock.unlink()
    monkeypatch.undo()
    cycles(turning, Did.FINISHED)
    assert [one.attestation.statement.kind for one in parts.log.entries()] == [
        "checkpoint",
        "ledger",
    ]


def test_a_paused_daemon_resumes_and_a_stopped_one_starts_again(
    place: Home, runner: FakeRunner
) -> None:
    turning, _ = daemon(place, runner)
    give(place.control, Command.PAUSE)
    cycles(turning, Did.PAUSED, Did.PAUSED)
    cycles(daemon(place, runner)[0], Did.PAUSED)
    give(place.control, Command.RESUME)
    cycles(turning, Did.PLANNED)
    give(place.control, Command.STOP)
    cycles(turning, Did.STOPPED)
    cycles(daemon(place, runner)[0], Did.SENT)


def test_invalid_and_replayed_orders_are_counted_once_each(place: Home, runner: FakeRunner) -> None:
    turning, _ = daemon(place, runner)
    place.control.write_bytes(b"{}")
    turning.cycle()
    turning.cycle()
    assert turning.mode.ignored == 1
    place.control.unlink()
    give(place.control, Command.SHIFT_GEAR, Gear.HYPER)
    turning.cycle()
    old = place.control.read_bytes()
    give(place.control, Command.SHIFT_GEAR, Gear.STANDARD)
    turning.cycle()
    place.control.write_bytes(old)
    turning.cycle()
    assert (turning.mode.gear, turning.mode.ignored) == (Gear.STANDARD, 2)


def test_a_drive_that_is_gone_ends_the_cycle_and_nothing_is_written_below(
    place: Home, runner: FakeRunner
) -> None:
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED)
    root = place.settings().drive.resolve()
    root.rename(root.with_name("elsewhere"))
    root.mkdir()
    with pytest.raises(DriveError):
        turning.cycle()
    assert list(root.iterdir()) == []
    root.rmdir()
    root.with_name("elsewhere").rename(root)
    cycles(turning, Did.SENT)


@pytest.mark.parametrize("crashes", range(1, 7))
def test_started_anew_before_every_cycle_it_does_the_same(
    place: Home, runner: FakeRunner, crashes: int
) -> None:
    for cycle in range(12):
        turning, parts = daemon(place, runner)
        for _ in range(crashes):
            turning.cycle()
        if cycle == 1 and runner.jobs:
            runner.done({"dsm": 0.5})
    assert [one.stage for one in turning.journal.intents()] == [Stage.COMPLETE]
    assert len(parts.registry.versions("ebdm")) == 1
    assert len(list(parts.log.entries())) == len(list(parts.ledger.entries())) == 2


def taught(place: Home) -> None:
    text = place.settings_file.read_text("utf-8")
    student = '[train]\nmodel = "ebdm-small"\nrecipe = "distill"\nteacher = "ebdm"\n'
    place.settings_file.write_text(text.replace("[train]\n", student), "utf-8")


def test_a_student_learns_from_the_teacher_that_is_in_use(place: Home, runner: FakeRunner) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED, Did.IDLE)
    taught(place)
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.6})
    cycles(turning, Did.FINISHED, Did.IDLE)
    (teacher,) = parts.registry.versions("ebdm")
    (student,) = parts.registry.versions("ebdm-small")
    assert (student.parent, student.recipe, student.generation) == (
        teacher.checkpoint,
        "distill",
        1,
    )


def test_a_student_without_a_teacher_is_an_error_that_says_so(
    place: Home, runner: FakeRunner
) -> None:
    taught(place)
    turning, _ = daemon(place, runner)
    with pytest.raises(OrientError, match="ebdm, the teacher, has no version"):
        turning.cycle()


def test_another_recipe_asks_for_another_name(place: Home, runner: FakeRunner) -> None:
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    text = place.settings_file.read_text("utf-8")
    place.settings_file.write_text(text.replace("[train]", '[train]\nrecipe = "gflownet"'), "utf-8")
    turning, _ = daemon(place, runner)
    turning.ask()
    with pytest.raises(OrientError, match="trained by the recipe ebdm"):
        turning.cycle()


def test_a_lost_journal_trains_nothing_twice_and_goes_on_counting(
    place: Home, runner: FakeRunner
) -> None:
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    for path in place.folder.glob("journal.sqlite*"):
        path.unlink()
    turning, _ = daemon(place, runner)
    cycles(turning, Did.IDLE)
    ingest(place, range(10, 20), "more")
    cycles(turning, Did.PLANNED)
    intent = turning.journal.open_intent()
    assert intent is not None
    assert intent.job.generation == 2


def test_a_lost_registry_is_back_before_anything_is_decided_but_not_while_locked(
    place: Home, runner: FakeRunner
) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    (version,) = parts.registry.versions("ebdm")
    shutil.rmtree(parts.drive.root / "model_zoo" / "registry")
    place.lock.touch()
    turning, parts = daemon(place, runner)
    cycles(turning, Did.LOCKED)
    assert parts.registry.versions("ebdm") == ()
    place.lock.unlink()
    cycles(turning, Did.IDLE)
    assert parts.registry.versions("ebdm") == (version,)
    assert parts.registry.alias("ebdm", CHALLENGER) == version


def test_a_model_that_was_pruned_is_not_preferred_however_good_it_was(
    place: Home, runner: FakeRunner
) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    best = runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    (runner.fetch(best) / CHECKPOINT).unlink()
    ingest(place, range(10, 20), "more")
    cycles(turning, Did.PLANNED, Did.SENT)
    worse = runner.done({"dsm": 0.6})
    cycles(turning, Did.FINISHED)
    preferred = parts.registry.alias("ebdm", CHALLENGER)
    assert preferred is not None
    assert preferred.job == worse.id


def test_a_lock_is_told_to_every_runner_though_the_drive_was_in_trouble_at_first(
    place: Home, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    place.lock.touch()

    def refuse(job: Job) -> None:
        raise DriveError(f"no room for {job.id}")

    with monkeypatch.context() as trouble:
        trouble.setattr(runner, "cancel", refuse)
        with pytest.raises(DriveError):
            turning.cycle()
    cycles(turning, Did.LOCKED, Did.LOCKED)
    assert runner.cancelled == 1


@pytest.mark.parametrize("elsewhere", [True, False])
def test_who_waits_for_a_training_waits_for_a_machine_that_is_coming(
    place: Home, runner: FakeRunner, elsewhere: bool
) -> None:
    runner.elsewhere = elsewhere
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED, Did.SENT)
    (job,) = runner.jobs
    runner.states[job] = State(Phase.WAITING, reason="it is not there yet")
    assert over(turning, turning.cycle()) is not elsewhere


def test_a_runner_that_gives_up_leaves_the_job_to_the_next(
    place: Home, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    rented = FakeRunner(runner.drive, name="rented")
    turning, _ = daemon(place, rented, runner)
    cycles(turning, Did.PLANNED, Did.SENT, Did.WAITING)

    def gives_up(*_: object) -> object:
        raise RunnerGivesUpError("the pod was lost twice")

    monkeypatch.setattr(rented, "look", gives_up)
    rented.refuses = "given up"
    cycles(turning, Did.PLANNED, Did.SENT, Did.WAITING)
    assert list(runner.jobs) == list(rented.jobs)


def test_what_older_code_failed_at_is_tried_by_the_new_at_once(
    place: Home, runner: FakeRunner
) -> None:
    turning, _ = daemon(place, runner, code="0")
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.failed("the code changed")
    turning, _ = daemon(place, runner)
    cycles(turning, Did.FAILED, Did.PLANNED, Did.SENT)
    assert [job.code for job in runner.jobs.values()] == ["0", "1"]
