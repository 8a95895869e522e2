"""Back to the release of any week: attested in the log, then the alias moves; a checkpoint that the zoo
has lost comes out of the release's own archive.

What is to be done is written down before it is begun, so that whoever is killed meanwhile is finished by
the next call, once.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from scf import clock as clocks
from scf.attest.log import Log
from scf.attest.statement import Statement, Subject
from scf.cid import cid_of_digest, cid_of_file
from scf.contracts.base import Document
from scf.contracts.job import Result
from scf.drive import Drive, Partition, guarded
from scf.registry.files import turn
from scf.registry.lineage import run_folder
from scf.registry.registry import CHAMPION, Registry
from scf.release.archive import Archive
from scf.release.documents import (
    DATASET,
    JOB,
    MODEL,
    RELEASE,
    RESULT,
    Release,
    Week,
    monday,
    name_of,
    read,
)
from scf.release.errors import ForgedError
from scf.release.rule import Number
from scf.release.staging import settle
from scf.release.verify import check_files, member

KIND = "rollback"
"""The kind of the statement that attests one."""


class Intent(Document):
    """A rollback that is under way: from the version in use to that of a week."""

    week: Week
    since: Number
    """How long the log was: what tells this rollback from an earlier one between the same versions."""
    version: Number
    instead_of: Number


def rollback(
    drive: Drive,
    registry: Registry,
    log: Log,
    *,
    week: date,
    clock: Callable[[], int] = clocks.now,
) -> Release:
    """Bring the version of a week's release into use again; when it is, nothing is done.

    Raises ReleaseError when there is no such release, ForgedError when it is not as it was released or
    the registry has another version of that number, DriveError.
    """
    history = drive.folder(Partition.RELEASE_HISTORY)
    with turn(drive, history):
        settle(drive, registry, log, at=clock())
        resume(drive, registry, log, at=clock())
        release = _checked(drive, registry, history / name_of(week))
        restore(drive, history / name_of(week))
        wanted = release.version
        champion = registry.alias(wanted.model, CHAMPION)
        if champion == wanted:
            return release
        intent = Intent(
            week=monday(week).isoformat(),
            since=len(log),
            version=wanted.version,
            instead_of=champion.version if champion else 0,
        )
        drive.write(_path(drive), intent.canonical())
        resume(drive, registry, log, at=clock())
        return release


def resume(drive: Drive, registry: Registry, log: Log, *, at: int) -> None:
    """Finish the rollback that is under way, if one is."""
    path = _path(drive)
    with guarded(drive.root):
        for torn in path.parent.glob(".emily-*.part"):
            torn.unlink()
        if not path.exists():
            return
        intent = Intent.read(path)
    folder = path.with_name(f"week-{intent.week}")
    release = _checked(drive, registry, folder)
    log.append(
        Statement(
            kind=KIND,
            subjects=(Subject(name=RELEASE, cid=release.id),),
            predicate={"model": release.version.model, **intent.model_dump(mode="json")},
            at=at,
        )
    )
    registry.point(release.version.model, CHAMPION, release.version.version)
    with guarded(drive.root):
        path.unlink()


def restore(drive: Drive, folder: Path) -> tuple[str, ...]:
    """Put the files of a release's run back that are missing there or altered; their names.

    Raises ForgedError when the archive has them no better, QuotaError, DriveError.
    """
    with guarded(drive.root):
        release = read(folder)
        result = Result.parse(member(folder, release, RESULT), source=RESULT)
        run = run_folder(drive, release.version.job)
        for torn in run.glob(".emily-*.part"):  # of a restoring that was killed: the run is over
            torn.unlink()
        sound = {RESULT: release.version.result, JOB: release.version.job}
        sound |= {DATASET: release.version.dataset}
        sound |= {file.name: file.cid for file in result.files}
        lost = [name for name, cid in sound.items() if not _is(run / name, cid)]
        if not lost:
            return ()
        drive.folder(Partition.MODEL_ZOO, "runs", run.name)
        sizes = {file.name: file.bytes for file in release.contents}
        for name in lost:
            drive.admit(Partition.MODEL_ZOO, sizes[name])
            _extract(drive, release.archive, folder / MODEL, name, run / name, sound[name])
    return tuple(lost)


def _extract(drive: Drive, archive: Archive, source: Path, name: str, to: Path, cid: str) -> None:
    """Copy a file out of an archive; it takes its place only when it is the one that its CID names."""
    hashed = hashlib.sha256()
    with drive.replacing(to) as file:
        for block in archive.read(source, name):
            hashed.update(block)
            file.write(block)
        if cid_of_digest(hashed.digest()) != cid:
            raise ForgedError(f"{source.parent.name}: {name} is not what its CID says")


def _checked(drive: Drive, registry: Registry, folder: Path) -> Release:
    with guarded(drive.root):
        release = read(folder)
        check_files(folder, release)
    if release.version not in registry.versions(release.version.model):
        raise ForgedError(
            f"version {release.version.version} of {release.version.model} in the registry is not the "
            f"one that {folder.name} released"
        )
    return release


def _is(path: Path, cid: str) -> bool:
    return path.is_file() and cid_of_file(path) == cid


def _path(drive: Drive) -> Path:
    return drive.root / Partition.RELEASE_HISTORY / ".rollback.json"
