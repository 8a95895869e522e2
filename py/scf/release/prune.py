"""What nothing needs any more: listed, and removed when it is asked to.

Records stay, whatever is removed: job, dataset, result, notes of attempts, every version. So lineage
leads from each version to its fossils as before. That a model is removed is attested before it is;
whoever is killed meanwhile is finished by the next call.
"""

import shutil
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from emily.files import sync_folder
from scf import clock as clocks
from scf.attest.log import Log
from scf.attest.statement import Statement, Subject
from scf.contracts.base import Document
from scf.contracts.job import CHECKPOINT, FileRef, Job, Result
from scf.drive import Drive, Partition, guarded
from scf.errors import ContractError, RefusedError
from scf.places import runs_folder
from scf.registry.files import FileRegistry, turn
from scf.registry.lineage import linked
from scf.registry.registry import Version
from scf.release.documents import JOB, RESULT
from scf.release.halt import Halted, go_on, never
from scf.release.needed import needed
from scf.worker.folder import MEASURE, check_names
from scf.worker.lock import holder
from scf.worker.transport import INCOMING

KIND = "prune"
"""The kind of the statement that attests that a model was removed."""

CACHE_S = 7 * 86_400.0
"""What lies in system_cache unchanged for so long is old."""
_REMAINS = ("resume.*", INCOMING, MEASURE, ".emily-*.part")
"""What a run that is over has left and nobody reads again."""
_CACHED = ("daemon.lock", "log")
"""What is not old in system_cache, however long nobody wrote to it."""


class Pruned(Document):
    """What a statement says of a model that was removed."""

    model: str
    version: int
    job: str


@dataclass(frozen=True, slots=True)
class Leftover:
    """Files and folders that nothing needs, of one run or of the cache."""

    reason: str
    paths: tuple[Path, ...]
    bytes: int
    version: Version | None = None
    """Whose model is among them."""
    files: tuple[FileRef, ...] = ()
    """The files of that model."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What the daemon knows of its jobs."""

    open: tuple[Job, ...]
    """Those that are planned or being done."""
    failed: Collection[str]
    """The ids of those that came to nothing."""


def leftovers(
    drive: Drive, registry: FileRegistry, jobs: Jobs, *, followed: bool = False
) -> tuple[Leftover, ...]:
    """All that nothing needs, in the order of its names; see `needed` for models.

    A run that neither the registry nor the daemon knows stays as it is. Raises DriveError, RegistryError,
    ContractError.
    """
    with guarded(drive.root):
        drive.check()
        versions = {v.job: v for model in registry.models() for v in registry.versions(model)}
        folder = runs_folder(drive)
        runs = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        over = {run.name for run in runs if run.name in versions or run.name in jobs.failed}
        over -= {job.id for job in jobs.open} | {
            run.name for run in runs if holder(run) is not None
        }
        begun = [job for run in runs if run.name not in over and (job := _job(run)) is not None]
        stay = needed(drive, registry, (*jobs.open, *begun), followed=followed)
        found = [
            _of_run(drive, run, versions.get(run.name), stay) for run in runs if run.name in over
        ]
        return tuple(each for each in (*found, *_of_cache(drive)) if each.paths)


def prune(
    drive: Drive,
    registry: FileRegistry,
    log: Log,
    jobs: Callable[[], Jobs],
    *,
    followed: bool = False,
    clock: Callable[[], int] = clocks.now,
    halted: Halted = never,
) -> tuple[Leftover, ...]:
    """Remove `leftovers`, while nobody releases, registers or moves an alias; what was removed.

    Raises HaltedError, DriveError, and what `leftovers` and the log raise: what is left is removed by
    the next call.
    """
    history = drive.folder(Partition.RELEASE_HISTORY)
    with turn(drive, history), turn(drive, drive.folder(Partition.MODEL_ZOO, "registry")):
        found = leftovers(drive, registry, jobs(), followed=followed)
        for each in found:
            go_on(halted, f"{each.paths[0].name} is removed: {each.reason}")
            if each.version is not None:
                log.append(statement_of(each.version, each.files, clock()))
            with guarded(drive.root):
                _remove(each.paths)
        return found


def statement_of(version: Version, files: tuple[FileRef, ...], at: int) -> Statement:
    """What is attested before a model is removed."""
    said = Pruned(model=version.model, version=version.version, job=version.job)
    return Statement(
        kind=KIND,
        subjects=tuple(Subject(name=file.name, cid=file.cid) for file in files),
        predicate=said.model_dump(mode="json"),
        at=at,
    )


def _of_run(drive: Drive, run: Path, version: Version | None, stay: frozenset[str]) -> Leftover:
    """What nothing needs of a run that is over."""
    paths = sorted(path for pattern in _REMAINS for path in run.glob(pattern))
    if version is not None and version.checkpoint in stay:
        return Leftover("left of a run that is over", tuple(paths), _size(paths))
    files = _files(drive, run, version)
    model = [run / file.name for file in files if (run / file.name).is_file()]
    size = _size([*model, *paths])
    if version is None:
        if not files and (run / CHECKPOINT).is_file():
            model = [run / CHECKPOINT]
        return Leftover("left of a run that failed", (*model, *paths), _size([*model, *paths]))
    reason = f"version {version.version} of {version.model} was never released and nothing needs it"
    if not model:
        return Leftover("left of a run that is over", tuple(paths), size)
    return Leftover(reason, (*model, *paths), size, version, files)


def _of_cache(drive: Drive) -> Iterator[Leftover]:
    before = time.time() - CACHE_S
    for path in sorted((drive.root / Partition.SYSTEM_CACHE).iterdir()):
        if path.name not in _CACHED and _newest(path) < before:
            yield Leftover("unchanged for a week", (path,), _size([path]))


def _files(drive: Drive, run: Path, version: Version | None) -> tuple[FileRef, ...]:
    """The files of a run's result, none where there is none that can be believed."""
    try:
        if version is not None:
            return linked(drive, Result, run / RESULT, version.result, "the result").files
        files = Result.read(run / RESULT).files
        check_names(file.name for file in files)
    except (FileNotFoundError, ContractError, RefusedError):
        return ()
    return files


def _job(run: Path) -> Job | None:
    try:
        return Job.read(run / JOB)
    except (FileNotFoundError, ContractError):
        return None


def _remove(paths: tuple[Path, ...]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        sync_folder(folder)


def _below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        yield from path.rglob("*")


def _size(paths: list[Path]) -> int:
    """The bytes that their removal gives back: what has another name elsewhere gives none."""
    inodes: dict[int, tuple[int, int, int]] = {}
    for path in (each for given in paths for each in _below(given)):
        status = path.lstat()
        if path.is_file() and not path.is_symlink():
            names = inodes.get(status.st_ino, (0, 0, 0))[0] + 1
            inodes[status.st_ino] = names, status.st_nlink, status.st_size
    return sum(size for names, links, size in inodes.values() if names == links)


def _newest(path: Path) -> float:
    return max(each.lstat().st_mtime for each in _below(path))
