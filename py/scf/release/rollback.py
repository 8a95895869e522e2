"""Back to the release of any week: attested in the log, then the alias moves; what the zoo has lost of it
comes out of the release's own archive.

What is to be done is written down before it is begun, so that whoever is killed meanwhile is finished by
the next call, once.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from scf import clock as clocks
from scf.attest.log import Log
from scf.attest.statement import Statement, Subject
from scf.contracts.base import Document
from scf.drive import Drive, Partition, guarded
from scf.registry.files import turn
from scf.registry.registry import CHAMPION, Registry
from scf.release.documents import RELEASE, Release, Week, monday, name_of, read
from scf.release.errors import ForgedError
from scf.release.halt import Halted, go_on, never
from scf.release.recover import ROLLBACK, put_back
from scf.release.restore import restore
from scf.release.rule import Number
from scf.release.staging import settle
from scf.release.verify import check_files

KIND = ROLLBACK


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
    halted: Halted = never,
) -> Release:
    """Bring the version of a week's release into use again; when it is, nothing is done.

    Where `halted` says so between two steps, it ends with HaltedError, and the next call goes on. Raises ReleaseError when there is no such release, ForgedError when it is not as it was released or
    the registry has another version of that number, DriveError.
    """
    history = drive.folder(Partition.RELEASE_HISTORY)
    with turn(drive, history):
        put_back(drive, registry, log, halted=halted)
        settle(drive, registry, log, at=clock(), halted=halted)
        resume(drive, registry, log, at=clock(), halted=halted)
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
        go_on(halted, f"the rollback to {intent.week}")
        drive.write(_path(drive), intent.canonical())
        resume(drive, registry, log, at=clock(), halted=halted)
        return release


def resume(drive: Drive, registry: Registry, log: Log, *, at: int, halted: Halted = never) -> None:
    """Finish the rollback that is under way, if one is. Raises HaltedError too."""
    path = _path(drive)
    with guarded(drive.root):
        for torn in path.parent.glob(".emily-*.part"):
            torn.unlink()
        if not path.exists():
            return
        intent = Intent.read(path)
    folder = path.with_name(f"week-{intent.week}")
    release = _checked(drive, registry, folder)
    go_on(halted, f"the rollback to {intent.week} is attested")
    log.append(
        Statement(
            kind=KIND,
            subjects=(Subject(name=RELEASE, cid=release.id),),
            predicate={"model": release.version.model, **intent.model_dump(mode="json")},
            at=at,
        )
    )
    go_on(halted, f"version {release.version.version} is brought into use")
    registry.point(release.version.model, CHAMPION, release.version.version)
    with guarded(drive.root):
        path.unlink()


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


def _path(drive: Drive) -> Path:
    return drive.root / Partition.RELEASE_HISTORY / ".rollback.json"
