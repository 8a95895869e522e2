"""The lock on a run's folder: one worker at a time, and which process it is; and the emergency lock.

Two locks on one file: flock keeps a second worker out; the record lock beside it is there because the
kernel names its holder, so that no file with a process id in it has to be believed. Asking for the
holder takes neither, and so never keeps a worker out that starts in this moment.
"""

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scf.turns import turn
from scf.worker.errors import BusyError

LOCK = "worker.lock"
# struct flock: type, whence, start, length, process id on Linux; in another order on macOS
_LINUX = "hhqqi4x"
_DARWIN = "qqihh"


def forbidden(emergency: Path | None) -> str:
    """Why no work is to be done: the emergency lock exists, or cannot be looked for."""
    if emergency is None:
        return ""
    try:
        os.lstat(emergency)
    except FileNotFoundError:
        return "" if emergency.parent.is_dir() else f"{emergency.name} cannot be looked for"
    except OSError:
        return f"{emergency.name} cannot be looked for"
    return f"{emergency.name} exists"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. Raises BusyError when another process does, OSError."""
    busy = BusyError(f"{folder.name}: another worker is at work there")
    with turn(folder / LOCK, busy, patience_s=0, make=0o666) as descriptor:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        yield


def holder(folder: Path) -> int | None:
    """The id of the other process that holds the folder's lock, None when there is none.

    Raises OSError.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        if sys.platform == "darwin":
            asked = struct.pack(_DARWIN, 0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
            _, _, process, kind, _ = struct.unpack(_DARWIN, _ask(descriptor, asked))
        else:
            asked = struct.pack(_LINUX, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, process = struct.unpack(_LINUX, _ask(descriptor, asked))
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else int(process)


def _ask(descriptor: int, asked: bytes) -> bytes:
    return fcntl.fcntl(descriptor, fcntl.F_GETLK, asked)
