"""A release in the making: a hidden folder beside the others that takes its name when it is whole."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from emily.files import sync_folder
from scf.attest.log import Log
from scf.attest.proof import Proof
from scf.cid import cid_of, cid_of_file
from scf.contracts.dataset import Dataset
from scf.contracts.job import FileRef, Job, Result
from scf.drive import Drive, Partition, guarded
from scf.places import run_folder
from scf.registry.lineage import Ancestors, dataset_of, lineage, linked
from scf.registry.registry import CHAMPION, Registry, Version
from scf.release.archive import Archive
from scf.release.card import Card
from scf.release.documents import (
    CARD,
    DATASET,
    FILES,
    JOB,
    LINEAGE,
    MODEL,
    NOTES,
    PROOF,
    RECORDS,
    RELEASE,
    RESULT,
    VERSION,
    Previous,
    Release,
    name_of,
    read,
    seconds,
)
from scf.release.errors import ReleaseError
from scf.release.halt import Halted, go_on, never
from scf.release.notes import Made, notes
from scf.release.rule import Choice
from scf.release.verify import KIND, member, statement_of


def staged_folder(drive: Drive, week: date) -> Path:
    """Where the release of a week is made."""
    return drive.root / Partition.RELEASE_HISTORY / f".{name_of(week)}.part"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a release is made from."""

    week: date
    version: Version
    choice: Choice
    before: Path | None
    """The folder of the release before."""
    intended_use: str
    ancestors: Ancestors | None


def stage(drive: Drive, registry: Registry, plan: Plan) -> Path:
    """Make all files of a release but its proof; the same records make the same bytes.

    Raises ReleaseError, LineageError, ForgedError for a checkpoint that is not the one that was
    registered, QuotaError and DriveError; nothing is left then.
    """
    folder = drive.folder(Partition.RELEASE_HISTORY, staged_folder(drive, plan.week).name)
    try:
        with guarded(drive.root):
            _fill(drive, registry, plan, folder)
    except BaseException:
        discard(folder)
        raise
    return folder


def _fill(drive: Drive, registry: Registry, plan: Plan, folder: Path) -> None:
    version, week = plan.version, plan.week.isoformat()
    run = run_folder(drive, version.job)
    job = linked(drive, Job, run / JOB, version.job, "the job")
    result = linked(drive, Result, run / RESULT, version.result, "the result")
    dataset = dataset_of(drive, version.dataset)
    found = lineage(registry, drive, version, plan.ancestors)
    old = _old(plan.before) if plan.before else None
    card = Card.of(week, version, job, dataset, result)
    now = Made(week, version, dataset)
    sources: dict[str, Path | bytes] = {
        CARD: card.text(job, dataset, plan.intended_use).encode(),
        NOTES: notes(now, old, plan.choice, found).encode(),
        # as they are in the run: what their CIDs name
        JOB: (run / JOB).read_bytes(),
        RESULT: (run / RESULT).read_bytes(),
        DATASET: dataset.canonical(),
        VERSION: version.canonical(),
        LINEAGE: found.canonical(),
    }
    contents = {name: _ref(name, data) for name, data in sources.items() if isinstance(data, bytes)}
    for file in result.files:
        if file.name in RECORDS:
            raise ReleaseError(f"the run of version {version.version} has a file named {file.name}")
        if not (run / file.name).is_file():
            drive.check()
            raise ReleaseError(f"{file.name} of version {version.version} is missing: {run}")
        contents[file.name], sources[file.name] = file, run / file.name
    refs = tuple(contents[name] for name in sorted(contents))
    archive = Archive(name_of(plan.week), refs, seconds(plan.week))
    drive.admit(Partition.RELEASE_HISTORY, archive.size)
    with drive.replacing(folder / MODEL) as out:
        model = archive.write(out, sources)
    for name in (CARD, NOTES):
        data = sources[name]
        if isinstance(data, bytes):
            drive.write(folder / name, data)
    release = Release(
        week=week,
        version=version,
        choice=plan.choice,
        previous=_previous(plan.before) if plan.before else None,
        files=(
            FileRef(name=MODEL, cid=model, bytes=archive.size),
            *(contents[name] for name in FILES if name != MODEL),
        ),
        contents=refs,
    )
    drive.write(folder / RELEASE, release.canonical())  # last: with it, the folder is whole


def publish(
    drive: Drive, registry: Registry, log: Log, folder: Path, *, at: int, halted: Halted = never
) -> Release:
    """Attest what was staged, put it to use, and give it its name. Again, it does what is missing.

    Raises HaltedError, DriveError, and what the log and the registry raise.
    """
    with guarded(drive.root):
        release = read(folder)
    go_on(halted, f"the release of {release.week} is attested")
    entry = log.append(statement_of(release, at))
    go_on(halted, f"version {release.version.version} is brought into use")
    if release.choice.promoted:
        registry.point(release.version.model, CHAMPION, release.version.version)
    go_on(halted, f"the release of {release.week} gets its name")
    with guarded(drive.root):
        folder.chmod(0o755)
        for path in folder.iterdir():
            if path.name not in {RELEASE, PROOF, *FILES}:  # of a writer that was killed
                path.unlink()
    drive.write(folder / PROOF, Proof.of(log, entry.index).canonical())
    with guarded(drive.root):
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        sync_folder(folder)
        folder.rename(folder.with_name(name_of(release.monday)))
        sync_folder(folder.parent)
    return release


def settle(drive: Drive, registry: Registry, log: Log, *, at: int, halted: Halted = never) -> None:
    """Finish the releases that were attested and not yet named; remove what was only begun."""
    with guarded(drive.root):
        begun = sorted((drive.root / Partition.RELEASE_HISTORY).glob(".week-*.part"))
        whole = [folder for folder in begun if (folder / RELEASE).is_file()]
    for folder in begun:
        if folder in whole and _attested(log, folder):
            publish(drive, registry, log, folder, at=at, halted=halted)
        else:
            discard(folder)


def discard(folder: Path) -> None:
    """Remove a staged folder, as far as the drive lets."""
    shutil.rmtree(folder, ignore_errors=True)


def _attested(log: Log, folder: Path) -> bool:
    cid = cid_of_file(folder / RELEASE)
    return any(entry.attestation.statement.kind == KIND for entry in log.find(cid))


def _previous(folder: Path) -> Previous:
    release = read(folder)
    return Previous(week=release.week, release=release.id, version=release.version.version)


def _old(folder: Path) -> Made:
    release = read(folder)
    dataset = Dataset.parse(member(folder, release, DATASET), source=f"{folder.name}: {DATASET}")
    return Made(release.week, release.version, dataset)


def _ref(name: str, data: bytes) -> FileRef:
    return FileRef(name=name, cid=cid_of(data), bytes=len(data))
