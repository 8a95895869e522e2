"""The files of hypervectors: what the system says of them, as a MemoryFileError."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from emily import files
from emily.instinct.hdc.errors import MemoryFileError

StrPath = files.StrPath


@contextmanager
def replacing(path: StrPath) -> Iterator[BufferedIOBase]:
    """emily.files.replacing; raises MemoryFileError when the file cannot be written."""
    with system_errors(path, "written"), files.replacing(path) as file:
        yield file


@contextmanager
def system_errors(path: StrPath, verb: str) -> Iterator[None]:
    """Errors of the system and of numbers out of range as a MemoryFileError that names the file."""
    try:
        yield
    except MemoryFileError:
        raise
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise MemoryFileError(f"{path} cannot be {verb}: {reason}") from error


def open_file(path: StrPath) -> BufferedIOBase:
    """A file to be read; raises MemoryFileError for a pipe and the like."""
    mode = Path(path).stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe would be waited for
        raise MemoryFileError(f"{path} is not a file")
    return Path(path).open("rb")
