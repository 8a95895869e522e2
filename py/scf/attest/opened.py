"""Files that are opened so that no pipe is waited for and no device read, and taken in turns."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from scf.errors import ScfError

_PATIENCE_S = 30.0


def open_regular(path: Path, flags: int) -> int:
    """A descriptor of a regular file; without O_NONBLOCK, that of a pipe would wait for its writer.

    Raises OSError.
    """
    file = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def take_turn(file: int, busy: Callable[[float], ScfError]) -> None:
    """Wait until no other process holds the file; its closing gives the turn to the next.

    Raises what `busy` makes of the seconds that were waited for nothing, OSError.
    """
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise busy(_PATIENCE_S) from None
            time.sleep(0.01)
