"""The daemon as a process: one on a home, cycles on the beat of its gear, until it is told to stop."""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from scf.daemon.gears import Beat, Gear
from scf.daemon.loop import Daemon, Did
from scf.drive import Drive, Partition
from scf.errors import ScfError
from scf.settings import Home

Seen = Callable[[Did], None]
"""Called after each cycle with what it came to."""


_SWEEP_S = 600.0


class AlreadyRunningError(ScfError):
    """Another daemon has this home."""

    code = "SCF082"


@contextmanager
def alone(home: Home, patience_s: float = 1.0) -> Iterator[None]:
    """Be the only daemon on a home; the kernel lifts the lock when the process ends.

    Who only looks whether there is one has it for a moment, hence the patience.

    Raises AlreadyRunningError.
    """
    with _locked(home.folder, patience_s):
        yield


@contextmanager
def alone_on(drive: Drive) -> Iterator[None]:
    """Be the only daemon on a drive, whichever home it has. Raises AlreadyRunningError, DriveError."""
    with _locked(drive.folder(Partition.SYSTEM_CACHE), 1.0):
        yield


@contextmanager
def _locked(folder: Path, patience_s: float) -> Iterator[None]:
    handle = os.open(folder / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(handle, patience_s):
            raise AlreadyRunningError(f"a daemon runs on {folder}", hint="scf control stop ends it")
        yield
    finally:
        os.close(handle)


def is_running(home: Home) -> bool:
    """Whether a daemon has this home now."""
    try:
        with alone(home, patience_s=0):
            return False
    except AlreadyRunningError:
        return True


def _taken(handle: int, patience_s: float) -> bool:
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.05)
        else:
            return True


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def serve(
    daemon: Daemon,
    stop: threading.Event,
    *,
    seen: Seen = lambda _: None,
    until: Callable[[Did], bool] = lambda _: False,
    gear: Gear | None = None,
) -> Did:
    """Cycle on the beat until `stop` is set, an order says so, or `until` holds; return the last cycle.

    `gear` is used in place of the daemon's.

    Raises ScfError when a cycle does: all that was done is kept, and the next daemon goes on from it.
    """
    beat = Beat(gear or daemon.mode.gear)
    while True:
        did = daemon.cycle()
        seen(did)
        if did is Did.STOPPED or until(did):
            return did
        beat.shift(gear or daemon.mode.gear)
        if stop.wait(beat.wait_s()):
            return did


def swept(daemon: Daemon, seen: Seen) -> Seen:
    """`seen`, and at first and then every ten minutes, rented machines that nobody needs given back."""
    due = [0.0]

    def also(did: Did) -> None:
        if time.monotonic() >= due[0] and did is not Did.LOCKED:
            due[0] = time.monotonic() + _SWEEP_S
            daemon.sweep()
        seen(did)

    return also


def over(daemon: Daemon, did: Did) -> bool:
    """Whether who waits for a training has nothing left to wait for; `daemon.seen` says why."""
    held_up = did is Did.WAITING and daemon.seen is not None and bool(daemon.seen.reason)
    return held_up or did in {Did.FINISHED, Did.FAILED, Did.IDLE, Did.LOCKED, Did.PAUSED}
