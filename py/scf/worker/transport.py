"""Files to and from a worker's machine: each is named, its size and CID are known before it comes.

What comes is taken into a folder `incoming` first, so that a transfer that was cut off goes on where
it was, and gets its name only when its CID is right.
"""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from emily.files import sync_folder
from scf.contracts.job import FileRef
from scf.errors import RefusedError
from scf.worker.errors import TransportError
from scf.worker.folder import check

SMALL = 1 << 20
"""No file that is read without being named in advance is larger."""

INCOMING = "incoming"
_STEP = re.compile(r"[a-z0-9][a-z0-9._-]{0,126}")


class Transport(Protocol):
    """A place on the worker's side is one or more names with slashes between them."""

    def push(self, files: Sequence[tuple[Path, FileRef]], to: str) -> None:
        """Bring files there; those that are there already are not sent again. Raises TransportError."""

    def put(self, name: str, to: str, data: bytes) -> None:
        """Replace a small file there. Raises TransportError."""

    def pull(self, files: Sequence[FileRef], at: str, into: Path) -> None:
        """Bring files here; those that are here already are not sent again.

        Raises RefusedError for one that is not what its CID says, once all others are here,
        TransportError, OSError.
        """

    def peek(self, name: str, at: str) -> bytes | None:
        """A small file there, None when there is none. Raises TransportError."""


def place(text: str) -> str:
    """A place, once it is known to be one. Raises TransportError."""
    if not all(_STEP.fullmatch(step) for step in text.split("/")):
        raise TransportError(f"no place for files: {text!r}")
    return text


def to_come(files: Sequence[FileRef], into: Path) -> int:
    """How many bytes of these files are not here yet, nor on their way. Raises OSError."""
    missing = 0
    for file in files:
        paths = (into / file.name, into / INCOMING / file.name)
        here = max((path.stat().st_size for path in paths if path.is_file()), default=0)
        missing += max(0, file.bytes - here)
    return missing


def on_its_way(into: Path) -> int:
    """A number that changes whenever more of a file comes; 0 while none is coming. Raises OSError."""
    try:
        return sum(path.stat().st_mtime_ns for path in (into / INCOMING).iterdir())
    except FileNotFoundError:
        return 0


def receive(files: Sequence[FileRef], into: Path, bring: Callable[[FileRef, Path], None]) -> None:
    """Let `bring` write each file that is not in `into` yet, and take in those whose CID is right."""
    incoming = into / INCOMING
    incoming.mkdir(exist_ok=True)
    refused = []
    for file in files:
        target, coming = into / place(file.name), incoming / file.name
        if _is_there(target, file):
            continue
        bring(file, coming)
        try:
            check(coming, file)
        except RefusedError as error:
            coming.unlink(missing_ok=True)
            refused.append(error.message)
            continue
        with coming.open("rb") as whole:
            os.fsync(whole.fileno())
        coming.replace(target)
        sync_folder(into)
    if refused:
        raise RefusedError(f"{len(refused)} of {len(files)} files were refused: {refused[0]}")
    shutil.rmtree(incoming)


def _is_there(path: Path, file: FileRef) -> bool:
    try:
        check(path, file)
    except RefusedError:
        return False
    return True
