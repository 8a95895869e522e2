"""Files that are replaced as a whole or stay as they are, and arrays that are read whole or not at all."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter, BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

StrPath = str | os.PathLike[str]


class ArchiveError(ValueError):
    """A file that is no archive of arrays, or lacks some; the message leaves it to others to name it."""


@contextmanager
def replacing(path: StrPath, *, mode: int = 0o666) -> Iterator[BufferedWriter]:
    """A new file that takes the place of one of its name at the end, unless anything fails.

    It is on the disk then, under its name. Where `path` is a link, what it leads to is replaced. The
    mode of the old file is kept; `mode`, less the umask, is that of a file that was not there.
    Raises OSError.
    """
    target = Path(os.path.realpath(path))
    kept = _mode(target)
    # named before it is made: an interrupt meanwhile leaves nothing behind
    temporary = target.parent / f".emily-{os.urandom(8).hex()}.part"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, mode if kept is None else kept), "wb") as file:
            if kept is not None:
                os.fchmod(file.fileno(), kept)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def read_arrays(path: StrPath, *names: str) -> dict[str, NDArray[np.generic]]:
    """The arrays of a .npz file, by name; never objects, which could run code.

    Raises OSError when it cannot be read, ArchiveError when it is no such file, is damaged or lacks one
    of `names`.
    """
    content = Path(path).read_bytes()
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            arrays: dict[str, NDArray[np.generic]] = {name: _plain(file[name]) for name in file}
    except Exception as error:  # damaged bytes make the readers of zip and npy raise a dozen kinds
        raise ArchiveError("it is no .npz file of plain arrays, or a damaged one") from error
    if missing := [name for name in names if name not in arrays]:
        raise ArchiveError(f"it lacks {', '.join(missing)}")
    return arrays


def _plain(values: object) -> NDArray[np.generic]:
    if not isinstance(values, np.ndarray):  # NumPy hands out other members as their bytes
        raise TypeError("not an array")
    return values


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk; not where it may be written to but not read.

    Raises OSError.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int | None:
    """The permissions of a file, None when there is none; raises OSError for a pipe and the like."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return stat.S_IMODE(mode)
