"""Reading and writing files: a file is replaced whole or left as it was."""

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sovereign.errors import WriteError


def read_file(path: Path) -> bytes:
    """Read a regular file; a pipe or a device is refused, not waited for. Raises OSError."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return path.read_bytes()


def holds(path: Path, text: str, *, executable: bool = False) -> bool:
    """Whether `path` is itself, and not through a link, a file with this text and mode."""
    data = text.encode("utf-8")
    try:
        status = path.lstat()
        return (
            stat.S_ISREG(status.st_mode)
            and is_executable(status.st_mode) == executable
            and status.st_size == len(data)
            and path.read_bytes() == data
        )
    except OSError:
        return False


def is_executable(mode: int) -> bool:
    """Whether a mode lets anybody execute the file."""
    return mode & 0o111 != 0


def fingerprint(files: Iterable[tuple[str, bool, bytes]]) -> str:
    """Hash files by name, whether they can be executed, and content."""
    digest = hashlib.blake2b()
    for name, executable, data in files:
        digest.update(f"{name}\0{executable:d}\0{len(data)}\0".encode(errors="surrogateescape"))
        digest.update(data)
    return digest.hexdigest()


def write_atomically(path: Path, text: str, *, executable: bool = False) -> bool:
    """Make `path` hold `text`; say whether anything changed.

    A file that already holds the text is not touched. Otherwise the text goes into a temporary
    file beside it, which then takes its place; a link is replaced, not followed. Raises WriteError.
    """
    if holds(path, text, executable=executable):
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Named before it is made: an interrupt while it is being made leaves nothing behind.
        temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
        try:
            with temporary.open("xb") as file:
                file.write(text.encode("utf-8"))
            temporary.chmod(0o755 if executable else 0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from error
    return True


@contextmanager
def alone(folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Keep other processes that ask for the same folder waiting meanwhile.

    `on_wait` is called when this one has to wait. Where the file system has no locks nobody waits.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            pass
        yield
    finally:
        os.close(handle)
