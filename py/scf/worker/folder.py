"""A run's folder: the files in it, and what they say of the attempts made so far."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from emily.files import replacing, sync_folder
from scf.cid import Cid, cid_of_digest
from scf.contracts.base import Document
from scf.contracts.job import Failure, FileRef, Heartbeat, Job, Result, Usage
from scf.errors import ContractError, RefusedError

JOB = "job.json"
DATASET = "dataset.json"
HEARTBEAT = "heartbeat.json"
RESULT = "result.json"
LOG = "worker.log"
CANCELLED = "cancelled"
MADE = "worker.made.json"
MEASURE = "measure"
"""The folder, in a run's, in which its figures are computed again."""

_NUMBERED = re.compile(
    r"(?P<kind>usage|failure|refused|stopped)-(?P<attempt>[1-9][0-9]{0,5})\.json"
)
_OURS = re.compile(
    r"(job|dataset|heartbeat|result)\.json|(worker|resume)\..*|(usage|failure|refused|stopped)-.*"
    r"|cancelled|measure|incoming"
)
_TORN = ".emily-*.part"
_BLOCK = 1 << 20

Read = TypeVar("Read", bound=Document)


class Made(Document):
    """A result that a worker made in this folder: no other machine hands this document over."""

    result: Cid


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one job."""

    path: Path

    def read(self, kind: type[Read], name: str) -> Read | None:
        """A document in it, None when there is none or none that can be used. Raises OSError."""
        try:
            return kind.read(self.path / name)
        except (FileNotFoundError, ContractError):
            return None

    def write(self, name: str, document: Document) -> None:
        """Replace a document as a whole. Raises OSError."""
        with replacing(self.path / name) as file:
            file.write(document.canonical())

    def heartbeat(self, job: Job) -> Heartbeat | None:
        """The last sign of life of this job's worker."""
        beat = self.read(Heartbeat, HEARTBEAT)
        return beat if beat is not None and beat.job == job.id else None

    def attempts(self) -> int:
        """How many attempts were begun. Raises OSError."""
        numbers = [attempt for _, attempt in self._numbered()]
        beat = self.read(Heartbeat, HEARTBEAT)
        return max([*numbers, beat.attempt if beat else 0])

    def spent(self) -> float:
        """The seconds that all attempts took. Raises OSError."""
        return sum(usage.seconds for usage in self.usages())

    def usages(self) -> list[Usage]:
        """What each attempt took, as far as it was written down. Raises OSError."""
        numbers = sorted(attempt for kind, attempt in self._numbered() if kind == "usage")
        found = ((number, self.read(Usage, f"usage-{number}.json")) for number in numbers)
        return [usage for number, usage in found if usage and usage.attempt == number]

    def failure(self) -> Failure | None:
        """Why the last attempt failed, or refused what it was given, when it said so."""
        attempt = self.attempts()
        failed = self.read(Failure, f"failure-{attempt}.json")
        return failed or self.read(Failure, f"refused-{attempt}.json")

    def stopped(self) -> Failure | None:
        """Why the last attempt ended before its time, for a reason outside the job."""
        return self.read(Failure, f"stopped-{self.attempts()}.json")

    def result(self, job: Job) -> Result | None:
        """The job's result, None when there is none yet; each of its files is there, and whole.

        Raises RefusedError, ContractError, OSError.
        """
        try:
            result = Result.read(self.path / RESULT)
        except FileNotFoundError:
            return None
        if result.job != job.id:
            raise RefusedError(f"{RESULT} is another job's: {result.job}")
        for file in result.files:
            check(self.path / file.name, file)
        return result

    def made_here(self, result: Result) -> bool:
        """Whether a worker on this machine made this result. Raises OSError."""
        made = self.read(Made, MADE)
        return made is not None and made.result == result.id

    def sweep(self) -> None:
        """Remove the torn files that a worker left when it was killed. Raises OSError."""
        for torn in self.path.glob(_TORN):
            torn.unlink(missing_ok=True)

    def refs(self, names: tuple[str, ...]) -> tuple[FileRef, ...]:
        """These files by CID, on the disk, sorted by name. Raises RefusedError, OSError."""
        check_names(names)
        found = []
        for name in sorted(names):
            path = self.path / name
            with path.open("rb") as file:
                os.fsync(file.fileno())
            found.append(FileRef(name=name, cid=digest(path)[0], bytes=path.stat().st_size))
        sync_folder(self.path)
        return tuple(found)

    def _numbered(self) -> list[tuple[str, int]]:
        found = (_NUMBERED.fullmatch(path.name) for path in self.path.iterdir())
        return [(match["kind"], int(match["attempt"])) for match in found if match]


def check_names(names: Iterable[str]) -> None:
    """Raise RefusedError when a result's file would take the place of one of ours."""
    for name in names:
        if _OURS.fullmatch(name):
            raise RefusedError(f"a result's file cannot be named {name}")


def digest(path: Path, alive: Callable[[], None] = lambda: None) -> tuple[str, int]:
    """A file's CID and size; `alive` is called between blocks. Raises OSError."""
    sha, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            size += len(block)
            alive()
    return cid_of_digest(sha.digest()), size


def check(path: Path, wanted: FileRef, alive: Callable[[], None] = lambda: None) -> None:
    """Raise RefusedError unless the file is there with this size and CID, OSError."""
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise RefusedError(f"{wanted.name} is missing") from None
    if size != wanted.bytes or not path.is_file():
        raise RefusedError(f"{wanted.name} has {size} bytes, not {wanted.bytes}")
    if (found := digest(path, alive)[0]) != wanted.cid:
        raise RefusedError(f"{wanted.name} is not {wanted.cid}, but {found}")
