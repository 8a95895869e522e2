"""The daemon as a process: one on a home, cycles on the beat of its gear, until it is told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType

from scf.daemon.gears import Beat, Gear
from scf.daemon.loop import Daemon, Did
from scf.drive import Drive, Partition
from scf.errors import ScfError
from scf.settings import Home
from scf.turns import turn

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
    with _turn(home.folder, patience_s):
        yield


@contextmanager
def alone_on(drive: Drive) -> Iterator[None]:
    """Be the only daemon on a drive, whichever home it has. Raises AlreadyRunningError, DriveError."""
    with _turn(drive.folder(Partition.SYSTEM_CACHE), 1.0):
        yield


def _turn(folder: Path, patience_s: float) -> AbstractContextManager[int]:
    busy = AlreadyRunningError(f"a daemon runs on {folder}", hint="scf control stop ends it")
    return turn(folder / "daemon.lock", busy, patience_s=patience_s, make=0o600)


def is_running(home: Home) -> bool:
    """Whether a daemon has this home now."""
    try:
        with alone(home, patience_s=0):
            return False
    except AlreadyRunningError:
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
    """Whether who waits for a training has nothing left to wait for; `daemon.held_up` may say why."""
    return bool(daemon.held_up) or did in {
        Did.FINISHED,
        Did.FAILED,
        Did.IDLE,
        Did.LOCKED,
        Did.PAUSED,
    }
