"""`scf train` while a daemon runs: it is asked by an order, once, and what it answers outlasts a crash."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from scf.cli import run
from scf.daemon.control import Command, Order, give
from scf.daemon.following import AskError, Follower
from scf.daemon.journal import Journal, Stage
from scf.daemon.loop import Daemon, Did
from scf.daemon.request import answer_to, waits
from scf.daemon.serve import is_running
from scf.drive import Drive
from scf.errors import ContractError, ScfError
from scf.settings import Home, Train
from scf.worker.lock import holder
from scf_world import FakeRunner, daemon, home, ingest

PATIENCE = 60.0
SMALL = {"side": 6, "dimensions": 2, "steps": 40}


@pytest.fixture
def place(tmp_path: Path) -> Home:
    """A home with fossils, too few for a generation by itself."""
    made = home(tmp_path)
    ingest(made, range(9))
    return made


@pytest.fixture
def runner(place: Home) -> FakeRunner:
    return FakeRunner(Drive.open(place.settings().drive))


def ask(place: Home, **train: object) -> Order:
    wanted = place.settings().train.model_copy(update=train)
    return give(place.control, Command.TRAIN, train=wanted)


def cycles(turning: Daemon, *expected: Did) -> None:
    assert [turning.cycle() for _ in expected] == list(expected)


def job_for(order: Order, turning: Daemon) -> str | None:
    answer = answer_to(order, turning.journal)
    return answer.job if answer is not None else None


def test_what_is_ordered_is_trained_once_however_few_are_new(
    place: Home, runner: FakeRunner
) -> None:
    turning, parts = daemon(place, runner)
    cycles(turning, Did.IDLE)
    order = ask(place, model="other", config={"width": 8})
    cycles(turning, Did.PLANNED, Did.SENT)
    job = runner.done({"dsm": 0.5})
    assert (job.model, job.config, job_for(order, turning)) == ("other", {"width": 8}, job.id)
    cycles(turning, Did.FINISHED, Did.IDLE, Did.IDLE)
    assert len(parts.registry.versions("other")) == 1


@pytest.mark.parametrize("crash", range(5))
def test_a_crash_after_any_cycle_neither_loses_nor_repeats_it(
    place: Home, runner: FakeRunner, crash: int
) -> None:
    turning, _ = daemon(place, runner)
    order = ask(place)
    for cycle in range(8):
        turning.cycle()
        if runner.jobs:
            runner.done({"dsm": 0.5})
        if cycle == crash:
            turning, _ = daemon(place, runner)
    (intent,) = turning.journal.intents()
    assert (intent.stage, job_for(order, turning)) == (Stage.COMPLETE, intent.job.id)


def test_an_order_that_was_obeyed_waits_in_the_journal_until_it_is_planned(
    place: Home, runner: FakeRunner
) -> None:
    order = ask(place)
    turning, _ = daemon(place, runner)
    turning._obey()
    assert waits(order, turning.journal)
    place.control.unlink()
    turning, _ = daemon(place, runner)
    cycles(turning, Did.PLANNED)
    assert not waits(order, turning.journal)
    cycles(daemon(place, runner)[0], Did.SENT)


def test_replayed_orders_train_nothing(place: Home, runner: FakeRunner) -> None:
    turning, _ = daemon(place, runner)
    ask(place)
    old = place.control.read_bytes()
    cycles(turning, Did.PLANNED, Did.SENT)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED)
    for again in (turning, daemon(place, runner)[0]):
        place.control.unlink()
        place.control.write_bytes(old)
        cycles(again, Did.IDLE, Did.IDLE)
    assert len(turning.journal.intents()) == 1
    assert turning.mode.ignored == 1


def test_a_training_that_is_under_way_is_the_answer(place: Home, runner: FakeRunner) -> None:
    turning, _ = daemon(place, runner)
    ask(place)
    cycles(turning, Did.PLANNED, Did.SENT)
    order = ask(place)
    cycles(turning, Did.WAITING)
    job = runner.done({"dsm": 0.5})
    assert job_for(order, turning) == job.id
    cycles(turning, Did.FINISHED, Did.IDLE)


def test_one_of_another_model_is_waited_for(place: Home, runner: FakeRunner) -> None:
    turning, parts = daemon(place, runner)
    ask(place)
    cycles(turning, Did.PLANNED, Did.SENT)
    order = ask(place, model="other")
    cycles(turning, Did.WAITING)
    assert waits(order, turning.journal)
    runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED, Did.PLANNED, Did.SENT)
    job = runner.done({"dsm": 0.5})
    cycles(turning, Did.FINISHED, Did.IDLE)
    assert (job.model, job_for(order, turning)) == ("other", job.id)
    assert [len(parts.registry.versions(model)) for model in ("ebdm", "other")] == [1, 1]


def test_what_cannot_be_trained_is_answered_and_the_daemon_goes_on(
    place: Home, runner: FakeRunner
) -> None:
    turning, _ = daemon(place, runner)
    order = ask(place, model="small", recipe="distill", teacher="ebdm")
    cycles(turning, Did.IDLE, Did.IDLE)
    answer = answer_to(order, turning.journal)
    assert answer is not None
    assert (answer.job, answer.reason) == (None, "ebdm, the teacher, has no version")


def test_an_empty_vault_is_answered(tmp_path: Path) -> None:
    made = home(tmp_path)
    turning, parts = daemon(made)
    order = ask(made)
    cycles(turning, Did.IDLE)
    answer = answer_to(order, turning.journal)
    assert answer is not None
    assert answer.reason == "the vault is empty"
    assert parts.vault.count() == 0


@pytest.mark.parametrize(
    "order",
    [
        {"command": "TRAIN"},
        {"command": "STOP", "train": {}},
        {"command": "TRAIN", "train": {"recipe": "../ebdm"}},
        {"command": "TRAIN", "train": {"model": "a"}, "gear": "HYPER"},
        {"command": "TRAIN", "train": {"minimum": 0}},
        {"command": "TRAIN", "train": {"warp": 1}},
    ],
)
def test_orders_that_make_no_sense_are_ignored_and_counted(
    place: Home, runner: FakeRunner, order: dict[str, object]
) -> None:
    turning, _ = daemon(place, runner)
    place.control.write_text(json.dumps({"v": 1, "seq": 1} | order), "utf-8")
    cycles(turning, Did.IDLE, Did.IDLE)
    assert (turning.mode.seq, turning.mode.ignored) == (0, 1)


def test_an_order_that_is_too_long_is_not_written(place: Home) -> None:
    with pytest.raises(ContractError, match="4096 bytes at most"):
        ask(place, config={"text": "x" * 5000})
    assert not place.control.exists()


@pytest.fixture
def trained(place: Home) -> Home:
    """A home whose recipe is quick, on this machine."""
    text = place.settings_file.read_text("utf-8")
    text = text.replace("[train]", '[train]\nmodel = "grid"\nrecipe = "gflownet"')
    text = text.replace('"dsm"', '"l1"').replace('"SINGULARITY"', '"HYPER"')
    table = "".join(f"{key} = {value}\n" for key, value in SMALL.items())
    place.settings_file.write_text(f"{text}\n[train.config]\n{table}", "utf-8")
    return place


@pytest.fixture
def running(trained: Home) -> Iterator["subprocess.Popen[bytes]"]:
    """A daemon as a process."""
    words = ("daemon", "--no-page", "--home", trained.folder)
    child = subprocess.Popen((sys.executable, "-P", "-m", "scf", *words))
    try:
        wait(lambda: is_running(trained))
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)
        for folder in (trained.settings().drive / "model_zoo" / "runs").glob("*"):
            if process := holder(folder):
                os.kill(process, signal.SIGKILL)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def train(place: Home, *words: str, code: int = 0) -> None:
    assert run(["train", "--home", str(place.folder), *words]) == code


def test_a_running_daemon_is_asked_and_followed_to_the_end(
    trained: Home, running: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    train(trained, "--json")
    version = json.loads(capsys.readouterr().out)
    assert (version["model"], version["version"], version["generation"]) == ("grid", 1, 1)
    train(trained, "--model", "wide", "--set", "steps=50", "--json")
    version = json.loads(capsys.readouterr().out)
    assert (version["model"], version["metrics"]["steps"]) == ("wide", 50.0)
    assert running.poll() is None
    train(trained, "--model", "s", "--recipe", "distill", "--teacher", "none", code=1)
    assert "none, the teacher, has no version" in capsys.readouterr().err
    assert running.poll() is None


def test_without_a_daemon_it_is_done_here(
    trained: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    train(trained, "--json")
    assert json.loads(capsys.readouterr().out)["version"] == 1


def test_a_training_that_fails_there_is_told_here(
    trained: Home, running: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    train(trained, "--set", "warp=1", code=1)
    assert "no generation came of it: " in capsys.readouterr().err
    assert running.poll() is None


def followed(place: Home, stop: Event) -> tuple[Thread, list[ScfError]]:
    """Somebody who asks for a training that takes long, and what they are told."""
    told: list[ScfError] = []

    def follow() -> None:
        train = place.settings().train
        long = Train.model_validate(train.model_dump() | {"config": SMALL | {"steps": 1_000_000}})
        try:
            Follower(place, stop, lambda *_: None).train(long)
        except ScfError as error:
            told.append(error)

    thread = Thread(target=follow)
    thread.start()
    return thread, told


def sent(place: Home) -> bool:
    journal = Journal(place.journal)
    intent = journal.open_intent()
    journal.close()
    return intent is not None and intent.stage is Stage.SENT


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ("kill", "the daemon ended before"),
        ("pause", "the daemon is paused"),
        ("lock", "EMERGENCY_LOCK exists"),
        ("stop", "the daemon goes on with it"),
    ],
)
def test_who_follows_is_told_what_comes_between(
    trained: Home, running: "subprocess.Popen[bytes]", happens: str, told: str
) -> None:
    stop = Event()
    thread, errors = followed(trained, stop)
    try:
        wait(lambda: sent(trained))
        match happens:
            case "kill":
                running.kill()
            case "pause":
                give(trained.control, Command.PAUSE)
            case "lock":
                trained.lock.touch()
            case _:
                stop.set()
        thread.join(20)
        assert not thread.is_alive()
    finally:
        stop.set()
        thread.join(20)
    (error,) = errors
    assert told in error.message


def test_a_paused_daemon_is_not_asked(trained: Home, running: "subprocess.Popen[bytes]") -> None:
    del running
    give(trained.control, Command.PAUSE)
    journal = Journal(trained.journal)
    wait(lambda: journal.mark("paused") == "yes")
    journal.close()
    with pytest.raises(AskError, match="the daemon is paused"):
        Follower(trained, Event(), lambda *_: None).train(trained.settings().train)
    assert json.loads(trained.control.read_bytes())["command"] == "PAUSE"


@pytest.mark.parametrize("other", ["an order", "nothing that can be read"])
def test_an_order_that_another_one_replaced_is_told_as_lost(place: Home, other: str) -> None:
    """Between the order and the daemon's look at it."""
    turning, _ = daemon(place)
    stop, steps = Event(), []

    def seen(*_: object) -> None:
        if not steps:  # the order is there, and the daemon has not looked
            text = Order(seq=1, command=Command.PAUSE).canonical() if other == "an order" else b"{"
            place.control.unlink()
            place.control.write_bytes(text)
        steps.append(turning.cycle())

    match = "took its place|is paused" if other == "an order" else "ignored it"
    with pytest.raises(AskError, match=match):
        Follower(place, stop, seen).train(place.settings().train)
    assert turning.journal.intents() == ()
