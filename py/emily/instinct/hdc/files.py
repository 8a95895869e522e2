"""Files that are replaced as a whole, or stay as they are."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from emily.instinct.hdc.errors import MemoryFileError

StrPath = str | os.PathLike[str]


@contextmanager
def replacing(path: StrPath) -> Iterator[BufferedIOBase]:
    """A new file that takes the place of one of its name at the end, unless anything fails.

    It is on the disk then, under its name. Raises MemoryFileError when it cannot be written.
    """
    with system_errors(path, "written"):
        target = Path(path).resolve()  # a link stays, and what it leads to is replaced
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise MemoryFileError(f"{path} is not a file")
        # named before it is made: an interrupt meanwhile leaves nothing behind
        temporary = target.parent / f".hdc-{os.urandom(8).hex()}.part"
        try:
            with temporary.open("xb") as file:
                if mode is not None:
                    os.fchmod(file.fileno(), stat.S_IMODE(mode))
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Put a new name on the disk too; not where the folder may be written to but not read."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
