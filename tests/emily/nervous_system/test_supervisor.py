"""Whoever ends or hangs is started again; whoever does so too often ends everything."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emily.nervous_system.supervisor import Child, GaveUpError, Intensity, Supervisor
from zenoh_router import wait_until

HELPER = """
import os, socket, sys, time
def notify(text):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
def stay():
    while True:
        notify("WATCHDOG=1")
        time.sleep(0.02)
"""
WELL = HELPER + "notify('READY=1')\nstay()"
CRASHES = HELPER + "notify('READY=1')\nsys.exit(7)"
HANGS = HELPER + "notify('READY=1')\ntime.sleep(600)"
NEVER_READY = HELPER + "time.sleep(600)"
STUBBORN = (
    HELPER
    + "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nnotify('READY=1')\nstay()"
)


def child(name: str, program: str, **more: object) -> Child:
    settings = {"watchdog_s": 5.0, **more}
    return Child(name, (sys.executable, "-c", program), **settings)


class Running:
    """A supervisor on a thread, and what it told."""

    def __init__(self, *children: Child, **settings: object) -> None:
        self.told: list[tuple[str, str]] = []
        self.supervisor = Supervisor(
            children, tell=lambda name, event, _: self.told.append((name, event)), **settings
        )
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.supervisor.run()
        except GaveUpError as error:
            self.failure = error

    def count(self, name: str, event: str) -> int:
        return self.told.count((name, event))


@contextmanager
def running(*children: Child, **settings: object) -> Iterator[Running]:
    one = Running(*children, **settings)
    yield one
    if one.thread.is_alive():
        one.supervisor.stop()
    one.thread.join()


def test_a_child_that_is_killed_is_started_again_alone() -> None:
    with running(child("a", WELL), child("b", WELL)) as supervised:
        wait_until(lambda: supervised.count("a", "ready") == supervised.count("b", "ready") == 1)
        before = supervised.supervisor.pids()
        os.kill(before["a"], signal.SIGKILL)
        took_s = wait_until(lambda: supervised.count("a", "ready") == 2)
        after = supervised.supervisor.pids()
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]
    print(f"killed: ready again after {took_s * 1e3:.0f} ms")


def test_a_child_that_hangs_is_killed_and_started_again() -> None:
    with running(child("a", HANGS, watchdog_s=0.3), intensity=Intensity(100, 1)) as supervised:
        wait_until(lambda: supervised.count("a", "ready") == 2)
    assert ("a", "hung") in supervised.told


def test_a_stopped_process_counts_as_hung() -> None:
    with running(child("a", WELL, watchdog_s=0.3)) as supervised:
        wait_until(lambda: supervised.count("a", "ready") == 1)
        os.kill(supervised.supervisor.pids()["a"], signal.SIGSTOP)
        wait_until(lambda: supervised.count("a", "ready") == 2)


def test_a_child_that_never_gets_ready_is_started_again() -> None:
    with running(child("a", NEVER_READY, start_s=0.2), intensity=Intensity(100, 1)) as supervised:
        wait_until(lambda: supervised.count("a", "started") == 2)
    assert supervised.count("a", "hung") >= 1


def test_a_supervisor_that_was_halted_does_not_blame_its_children() -> None:
    program = (
        "import sys\n"
        "from emily.nervous_system.supervisor import Child, Supervisor\n"
        "argv = (sys.executable, '-c', sys.argv[1])\n"
        "Supervisor([Child('a', argv, watchdog_s=1.0)], "
        "tell=lambda *told: print(*told, flush=True)).run()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, WELL], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("a started")
    assert process.stdout.readline().startswith("a ready")
    process.send_signal(signal.SIGSTOP)
    time.sleep(2.0)
    process.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    process.kill()
    assert "hung" not in process.communicate()[0]


def test_nobody_is_started_while_everything_stops() -> None:
    slow = HELPER + (
        "import signal\nsignal.signal(signal.SIGTERM, lambda *_: notify('READY=1') or sys.exit())\n"
        "time.sleep(600)"
    )
    with running(child("a", slow), child("b", slow)) as supervised:
        wait_until(lambda: supervised.count("b", "started") == 1)
        time.sleep(0.3)
    assert supervised.count("a", "started") == supervised.count("b", "started") == 1
    assert ("a", "stopped") not in supervised.told


def test_too_many_restarts_end_everything() -> None:
    with running(child("a", CRASHES), child("b", WELL), intensity=Intensity(3, 60)) as supervised:
        supervised.thread.join(timeout=30)
        assert not supervised.thread.is_alive()
    assert supervised.count("a", "started") == 4
    assert isinstance(supervised.failure, GaveUpError)
    assert "exit code 7" in str(supervised.failure)
    assert supervised.supervisor.pids() == {}


def test_restarts_far_apart_are_borne() -> None:
    slow_crash = HELPER + "notify('READY=1')\ntime.sleep(0.1)\nsys.exit(1)"
    with running(child("a", slow_crash), intensity=Intensity(1, 0.05)) as supervised:
        wait_until(lambda: supervised.count("a", "started") >= 5)
        assert supervised.failure is None


def test_stop_ends_every_child(tmp_path: Path) -> None:
    gone = HELPER + (
        "import signal\n"
        f"def end(*_):\n    open({str(tmp_path / 'ended')!r}, 'w').close()\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nnotify('READY=1')\nstay()"
    )
    with running(child("a", gone), child("stubborn", STUBBORN)) as supervised:
        wait_until(lambda: supervised.count("stubborn", "ready") == 1)
        wait_until(lambda: supervised.count("a", "ready") == 1)
        pids = supervised.supervisor.pids().values()
        start = time.monotonic()
    assert time.monotonic() - start < 30
    assert (tmp_path / "ended").exists()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_folder_for_notifications_does_not_stay() -> None:
    with running(child("a", WELL)) as supervised:
        folder = supervised.supervisor._folder
        wait_until(lambda: supervised.count("a", "ready") == 1)
    assert not folder.exists()
