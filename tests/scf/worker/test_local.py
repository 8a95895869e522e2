"""The local runner: workers are processes of their own, replaced when they die, adopted, ended."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.scf.worker_toy import COMMAND, dataset, drive, job, until_it_hangs

from scf.contracts.job import Job, Result
from scf.drive import Drive
from scf.errors import DriveError, RefusedError
from scf.worker.local import LocalRunner
from scf.worker.lock import holder
from scf.worker.runner import Phase, RunnerError, State
from sovereign.run import run

PATIENCE = 30.0


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Drive]:
    """A drive; what is still at work on it in the end is killed."""
    made = drive(tmp_path / "drive")
    yield made
    for folder in (made.root / "model_zoo" / "runs").glob("*"):
        if process := holder(folder):
            os.kill(process, signal.SIGKILL)


def runner(
    on: Drive, *, stale: float = 20.0, code: str = "revision-1", lock: Path | None = None
) -> LocalRunner:
    return LocalRunner(on, code=code, stale_seconds=stale, command=COMMAND, grace=5, lock=lock)


def until(one: LocalRunner, work: Job, wanted: Callable[[State], bool]) -> State:
    deadline = time.monotonic() + PATIENCE
    while not wanted(state := one.look(work)):
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return state


def over(state: State) -> bool:
    return state.phase in (Phase.DONE, Phase.FAILED)


def absent(state: State) -> bool:
    return state.phase is Phase.ABSENT


def beating(state: State) -> bool:
    return state.phase is Phase.RUNNING and state.heartbeat is not None and state.heartbeat.step > 0


def folder(on: Drive, work: Job) -> Path:
    return on.root / "model_zoo" / "runs" / work.id


def worker(on: Drive, work: Job) -> int:
    found = holder(folder(on, work))
    assert found is not None
    return found


def result_of(on: Drive, work: Job) -> dict[str, bytes]:
    names = ("result.json", "checkpoint.safetensors", "curve.json")
    return {name: (folder(on, work) / name).read_bytes() for name in names}


@pytest.fixture
def undisturbed(tmp_path: Path) -> Callable[[Job], dict[str, bytes]]:
    """What a job comes to that nothing happens to."""

    def done(work: Job) -> dict[str, bytes]:
        other = drive(tmp_path / "other")
        one = runner(other)
        one.submit(work)
        assert until(one, work, over).phase is Phase.DONE
        return result_of(other, work)

    return done


def test_a_job_is_absent_then_done_and_the_same_each_time(
    on: Drive, undisturbed: Callable[[Job], dict[str, bytes]]
) -> None:
    work, one = job(), runner(on)
    assert one.look(work) == State(Phase.ABSENT)
    one.submit(work)
    one.submit(work)
    assert until(one, work, over).phase is Phase.DONE
    assert one.fetch(work) == folder(on, work)
    assert result_of(on, work) == undisturbed(work)
    left = {path.name for path in folder(on, work).iterdir()}
    assert left == {
        *("job.json", "dataset.json", "heartbeat.json", "result.json", "usage-1.json"),
        *("checkpoint.safetensors", "curve.json", "worker.lock", "worker.log", "worker.tries.json"),
        "worker.made.json",
    }


def test_a_worker_outlives_its_runner_and_the_next_adopts_it(on: Drive) -> None:
    work = job(pause=0.1, steps=30)
    first = runner(on)
    first.submit(work)
    until(first, work, beating)
    process = worker(on, work)
    del first
    second = runner(on)
    second.submit(work)
    assert beating(second.look(work))
    assert worker(on, work) == process
    assert os.getsid(process) == process
    assert until(second, work, over).phase is Phase.DONE


def test_a_worker_that_was_killed_is_replaced_and_nothing_is_lost(
    on: Drive, undisturbed: Callable[[Job], dict[str, bytes]]
) -> None:
    work = job(pause=0.02, steps=60, die_at=25, attempts=1)
    one = runner(on)
    one.submit(work)
    state = until(one, work, over)
    assert state.phase is Phase.DONE, state.reason
    assert (folder(on, work) / "usage-2.json").exists()
    assert result_of(on, work) == undisturbed(work)


def test_a_silent_worker_is_killed_and_replaced_once(on: Drive) -> None:
    work = job(hang_at=3, attempts=1)
    one = runner(on, stale=4)
    one.submit(work)
    assert until(one, work, over).phase is Phase.DONE
    assert (folder(on, work) / "usage-2.json").exists()


def test_two_that_die_at_the_same_step_are_the_end(on: Drive) -> None:
    work = job(die_at=1, steps=1)
    (one := runner(on)).submit(work)
    failed = until(one, work, over)
    assert failed.phase is Phase.FAILED
    assert failed.reason.startswith("two workers in a row fell silent or died at step 0")
    later = runner(on)
    later.submit(work)  # nor does another runner begin again
    assert later.look(work).reason == failed.reason
    assert not (folder(on, work) / "usage-3.json").exists()


def test_deaths_that_no_daemon_saw_are_not_counted(on: Drive) -> None:
    """As when the machine loses its power, again and again."""
    work = job(pause=0.05, steps=100)
    for _ in range(4):
        one = runner(on)
        one.submit(work)
        until(one, work, lambda state: state.phase is Phase.RUNNING)
        os.kill(worker(on, work), signal.SIGKILL)
        gone(on, work)
    assert until(runner(on), work, over).phase is Phase.DONE


def begun_and_killed(on: Drive, work: Job) -> State:
    """A daemon starts the job or looks at it, and dies together with the worker."""
    one = runner(on)
    one.submit(work)
    state = until(one, work, lambda state: over(state) or state.phase is Phase.RUNNING)
    if not over(state):
        os.kill(worker(on, work), signal.SIGKILL)
        gone(on, work)
    return state


def gone(on: Drive, work: Job) -> None:
    deadline = time.monotonic() + PATIENCE
    while holder(folder(on, work)) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_job_that_takes_the_machine_down_with_it_is_not_tried_without_end(on: Drive) -> None:
    work = job(hang_at=1, pause=0.5)
    for attempt in range(6):
        assert begun_and_killed(on, work).phase is Phase.RUNNING, attempt
    failed = runner(on).look(work)
    assert failed.phase is Phase.FAILED
    assert failed.reason == "6 workers in a row died, and none got further than step 0"
    assert runner(on).look(work) == failed
    (note,) = folder(on, work).glob("failure-*.json")
    note.unlink()
    assert begun_and_killed(on, work).phase is Phase.RUNNING, (
        "whoever removes it has it tried again"
    )


def test_workers_that_were_asked_to_end_are_not_counted(on: Drive) -> None:
    work = job(pause=0.1, steps=40)
    for _ in range(7):
        one = runner(on)
        one.submit(work)
        until(one, work, lambda state: state.phase is Phase.RUNNING)
        process = worker(on, work)
        time.sleep(0.1)  # for its handler
        os.kill(process, signal.SIGTERM)
        gone(on, work)
    assert until(runner(on), work, over).phase is Phase.DONE


def test_new_code_lets_a_worker_of_the_old_code_end(on: Drive) -> None:
    work = job(pause=0.1, steps=20)
    runner(on).submit(work)
    new = runner(on, code="revision-2")
    assert until(new, work, beating).phase is Phase.RUNNING
    assert until(new, work, over).phase is Phase.DONE


def test_a_job_that_asks_for_code_that_is_gone_has_failed(on: Drive) -> None:
    """So that the generation is planned anew, instead of waiting for ever."""
    work = job(pause=0.1, steps=50)
    runner(on).submit(work)
    new = runner(on, code="revision-2")
    until(new, work, beating)
    os.kill(worker(on, work), signal.SIGKILL)
    failed = until(new, work, over)
    assert failed.phase is Phase.FAILED
    assert failed.reason == "the code has changed: the job asks for revision-1; here is revision-2"
    assert runner(on, code="revision-2").look(work) == failed
    assert not (folder(on, work) / "usage-2.json").exists()
    assert until(runner(on), work, over).phase is Phase.DONE, "with the old code it goes on"


def test_the_emergency_lock_ends_a_worker_that_no_daemon_watches(on: Drive, tmp_path: Path) -> None:
    lock, work = tmp_path / "EMERGENCY_LOCK", job(pause=0.1, steps=40)
    (one := runner(on, lock=lock)).submit(work)
    until(one, work, beating)
    lock.symlink_to(tmp_path / "nowhere")  # whatever it is
    gone(on, work)
    assert "EMERGENCY_LOCK exists" in (folder(on, work) / "stopped-1.json").read_text()
    assert (folder(on, work) / "resume.json").exists()
    for each in (one, runner(on, lock=lock)):
        each.submit(work)
        for _ in range(3):
            state = until(each, work, lambda state: state.reason != "" or over(state))
            assert (state.phase, state.reason) == (Phase.WAITING, "EMERGENCY_LOCK exists")
    assert holder(folder(on, work)) is None
    assert not (folder(on, work) / "usage-2.json").exists()
    lock.unlink()
    assert until(runner(on, lock=lock), work, over).phase is Phase.DONE


def test_a_cancelled_job_saves_its_state_and_goes_on_when_submitted_again(on: Drive) -> None:
    work = job(pause=0.05, steps=40)
    (one := runner(on)).submit(work)
    until(one, work, beating)
    one.cancel(work)
    state = until(one, work, absent)
    assert state.reason == "it was cancelled"
    assert holder(folder(on, work)) is None
    assert (folder(on, work) / "resume.json").exists()
    assert "stopped after step" in (folder(on, work) / "stopped-1.json").read_text()
    one.cancel(work)
    one.submit(work)
    assert until(one, work, over).phase is Phase.DONE


def test_a_worker_that_heeds_no_signal_is_ended_by_force_and_nobody_waits_for_it(
    on: Drive,
) -> None:
    work = job(hang_at=2)
    one = LocalRunner(on, code="revision-1", command=COMMAND, grace=4.0)
    one.submit(work)
    until(one, work, lambda state: state.phase is Phase.RUNNING)
    until_it_hangs(folder(on, work))
    process, began = worker(on, work), time.monotonic()
    one.cancel(work)
    assert one.look(work).phase is Phase.WAITING
    assert time.monotonic() - began < 2.0
    while (passed := time.monotonic() - began) < 3.6:
        assert (one.look(work).phase, worker(on, work)) == (Phase.WAITING, process), passed
        time.sleep(0.05)
    assert until(one, work, absent).reason == "it was cancelled"
    assert time.monotonic() - began < 8.0
    assert holder(folder(on, work)) is None


def test_a_job_that_is_submitted_while_its_worker_ends_goes_on_at_once(on: Drive) -> None:
    work = job(hang_at=2, attempts=1)
    one = LocalRunner(on, code="revision-1", command=COMMAND, grace=0.5)
    one.submit(work)
    until(one, work, lambda state: state.phase is Phase.RUNNING)
    until_it_hangs(folder(on, work))
    one.cancel(work)
    one.submit(work)
    assert until(one, work, over).phase is Phase.DONE
    assert (folder(on, work) / "usage-2.json").exists()


def test_the_next_runner_sees_the_end_of_a_worker_to_its_end(on: Drive) -> None:
    """As when the daemon is killed while it ends a worker."""
    work = job(hang_at=2)
    one = LocalRunner(on, code="revision-1", command=COMMAND, grace=0.5)
    one.submit(work)
    until(one, work, lambda state: state.phase is Phase.RUNNING)
    one.cancel(work)
    later = LocalRunner(on, code="revision-1", command=COMMAND, grace=0.5)
    assert later.look(work).phase is Phase.WAITING
    until(later, work, absent)
    assert holder(folder(on, work)) is None


@pytest.mark.parametrize(
    ("config", "seconds", "reason"),
    [
        ({"raise_at": 3}, 60.0, "ValueError: the loss is"),
        ({"pause": 0.1, "steps": 100}, 0.5, "over budget: 0."),
    ],
)
def test_a_worker_says_why_the_job_fails(
    on: Drive, config: dict[str, float], seconds: float, reason: str
) -> None:
    work = job(seconds, **config)
    (one := runner(on)).submit(work)
    state = until(one, work, over)
    assert state.phase is Phase.FAILED
    assert state.reason.startswith(reason)
    with pytest.raises(RunnerError, match="is not done"):
        one.fetch(work)


def test_the_budget_counts_all_attempts(on: Drive) -> None:
    work = job(2.0, pause=0.1, steps=100)
    (one := runner(on)).submit(work)
    until(one, work, beating)
    one.cancel(work)
    one.submit(work)
    assert " s in 2 attempts, and 2 s were to be spent" in until(one, work, over).reason


def test_a_full_disk_is_no_fault_of_the_job(on: Drive) -> None:
    """The worker is started again when some time has gone by, without being counted."""
    work = job(full_at=5, attempts=1)
    (one := runner(on, stale=3)).submit(work)
    waited = until(one, work, lambda state: state.reason != "" or over(state))
    assert waited.phase is Phase.WAITING
    assert "No space left" in waited.reason
    assert until(one, work, over).phase is Phase.DONE


def test_a_worker_that_cannot_even_start_is_tried_twice(on: Drive) -> None:
    work = job()
    one = LocalRunner(on, code="revision-1", command=("/bin/sh", "-c", "echo no torch here >&2"))
    one.submit(work)
    state = until(one, work, over)
    assert state.phase is Phase.FAILED
    assert state.reason.endswith("at step 0; the last words: no torch here")


def test_a_program_that_is_not_there_is_the_runners_error(on: Drive) -> None:
    with pytest.raises(RunnerError, match="cannot be started"):
        LocalRunner(on, code="revision-1", command=("/no/such/python",)).submit(job())


def test_what_this_machine_cannot_do_is_for_another_runner(on: Drive) -> None:
    with pytest.raises(RunnerError, match="asks for the code revision-1; here is two"):
        runner(on, code="two").submit(job())
    (on.root / "fossil_vault" / "datasets" / f"{dataset().id}.json").unlink()
    with pytest.raises(RunnerError, match="the vault has no dataset"):
        runner(on).submit(job())


def test_a_child_starts_from_its_parents_checkpoint(on: Drive) -> None:
    first, one = job(), runner(on)
    one.submit(first)
    until(one, first, over)
    parent = Result.read(folder(on, first) / "result.json").checkpoint.cid
    child = first.model_copy(update={"generation": 2, "parent": parent})
    one.submit(child)
    assert until(one, child, over).phase is Phase.DONE
    orphan = child.model_copy(update={"parent": dataset().id})
    with pytest.raises(RunnerError, match="no run on the drive has the checkpoint"):
        one.submit(orphan)


def test_damage_to_a_result_is_found(on: Drive) -> None:
    work = job()
    (one := runner(on)).submit(work)
    until(one, work, over)
    (folder(on, work) / "curve.json").write_bytes(b"[1,3]")
    assert "curve.json is not" in runner(on).look(work).reason
    with pytest.raises(RefusedError, match="is not bafk"):
        one.fetch(work)


def test_a_drive_that_is_gone_is_said_and_nothing_is_made_there(on: Drive) -> None:
    work = job()
    away = on.root.with_name("away")
    on.root.rename(away)
    try:
        on.root.mkdir()
        one = runner(on)
        for ask in (one.submit, one.look):
            with pytest.raises(DriveError):
                ask(work)
        assert list(on.root.iterdir()) == []
    finally:
        with suppress(OSError):
            on.root.rmdir()
        away.rename(on.root)


def test_a_disk_without_room_for_a_single_byte(kernel: None, tmp_path: Path) -> None:
    """Nothing is half-written, nobody is blamed, and the job goes on when there is room."""
    del kernel
    (point := tmp_path / "small").mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", point])
    try:
        on, work = drive(point), job(pause=0.02, steps=80)
        (one := runner(on, stale=3)).submit(work)
        until(one, work, lambda state: state.phase is Phase.RUNNING)
        with (point / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))
        waited = until(one, work, lambda state: state.reason != "" or over(state))
        assert waited.phase is Phase.WAITING
        assert re.search("No space left|the drive may be full", waited.reason)
        (later := runner(on)).look(work)  # which tries again at once, in vain
        assert until(later, work, lambda state: state.reason != "").phase is Phase.WAITING
        (point / "filler").unlink()
        done = until(one, work, over)
        assert (done.phase, done.reason) == (Phase.DONE, "")
    finally:
        run(["umount", "--lazy", point])


@pytest.fixture
def mounted(kernel: None, tmp_path: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A mount point with a drive on it, and what mounts it again."""
    del kernel
    for name in ("disk", "point"):
        (tmp_path / name).mkdir()
    point = tmp_path / "point"

    def mount() -> None:
        run(["mount", "--bind", tmp_path / "disk", point])

    mount()
    yield point, mount
    run(["umount", "--lazy", point], check=False)


def test_a_drive_that_vanishes_under_a_worker(mounted: tuple[Path, Callable[[], None]]) -> None:
    """The worker stops, nothing is written to the disk below, and nothing is lost."""
    point, mount = mounted
    on, work = drive(point), job(pause=0.05, steps=60)
    (one := runner(on, stale=3)).submit(work)
    until(one, work, beating)
    run(["umount", "--lazy", point])
    with pytest.raises(DriveError, match="no drive of SCF's"):
        one.look(work)
    with pytest.raises(DriveError):
        runner(on).submit(work)
    time.sleep(0.5)
    assert list(point.iterdir()) == []
    mount()
    done = until(one, work, over)
    assert (done.phase, done.reason) == (Phase.DONE, "")
    assert (folder(on, work) / "usage-2.json").exists()
