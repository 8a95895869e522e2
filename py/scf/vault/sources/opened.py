"""Files of a source, opened so that no link, pipe or device is taken for one."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scf.vault.errors import SourceError


def open_regular(path: Path) -> int:
    """A descriptor of a regular file. Raises OSError, ValueError for anything else."""
    # not waiting: an open pipe would, for a writer
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ValueError("not a regular file")
    return fd


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The one file of a source; a link to it is followed. Raises SourceError."""
    with reading(path):
        try:
            fd = open_regular(path.resolve(strict=True))
        except ValueError as error:
            raise SourceError(f"{path}: {error}") from None
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name the source in what goes wrong with it: a drive's errors are told apart from these."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error


def state_of(path: Path) -> str:
    """The size of a file and when it was changed. Raises SourceError."""
    with reading(path):
        status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def size_of(path: Path) -> int:
    """The size of a file, in bytes. Raises SourceError."""
    with reading(path):
        return path.stat().st_size
