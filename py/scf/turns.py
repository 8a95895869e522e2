"""Turns: what only one process may do at a time, by flock, which the kernel lifts when one dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

from scf.errors import ScfError

_LOOK_S = 0.01


def take(file: int, busy: ScfError, *, patience_s: float = inf) -> None:
    """Wait until no other process holds the file or folder that is open here; its closing gives the turn on.

    Raises `busy` when that took longer than `patience_s`, OSError.
    """
    if patience_s == inf:
        return fcntl.flock(
            file, fcntl.LOCK_EX
        )  # the kernel wakes us: nothing is looked at meanwhile
    end = time.monotonic() + patience_s
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise busy from None
            time.sleep(min(_LOOK_S, patience_s))


@contextmanager
def turn(
    path: Path, busy: ScfError, *, patience_s: float = inf, make: int | None = None
) -> Iterator[int]:
    """Have a file or a folder for this process alone, and get its descriptor.

    It has to be there, unless `make` is the mode of a file that is made where it is missing. Raises
    `busy` as `take` does, OSError.
    """
    # what is made is no link that somebody put there
    flags = os.O_RDONLY if make is None else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    file = os.open(path, flags | os.O_CLOEXEC, make or 0)
    try:
        take(file, busy, patience_s=patience_s)
        yield file
    finally:
        os.close(file)
