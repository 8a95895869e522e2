"""Verification of a release: its folder and the public keys, nothing else, and nothing is extracted."""

import stat
from dataclasses import dataclass
from pathlib import Path

from scf.attest.errors import ProofError
from scf.attest.public import Keys
from scf.attest.statement import Statement, Subject
from scf.attest.verify import verify
from scf.cid import cid_of, cid_of_file
from scf.contracts.base import MAX_BYTES
from scf.contracts.dataset import Dataset
from scf.contracts.job import CHECKPOINT, Job, Result
from scf.errors import RefusedError, ScfError
from scf.registry.lineage import Lineage
from scf.release.card import Card
from scf.release.documents import (
    CARD,
    DATASET,
    FILES,
    JOB,
    LINEAGE,
    MODEL,
    PROOF,
    RELEASE,
    RESULT,
    VERSION,
    Release,
    seconds,
)
from scf.release.errors import ForgedError

KIND = "release"
"""The kind of the statement that attests a release."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a release was found to be."""

    release: Release
    id: str
    """The CID of release.json, which is what was attested."""
    statement: Statement
    files: int
    """How many files were checked, those in the archive too."""


def statement_of(release: Release, at: int) -> Statement:
    """What is attested of a release at a time, in seconds since 1970."""
    return Statement(
        kind=KIND,
        subjects=(Subject(name=RELEASE, cid=release.id),),
        predicate={
            "week": release.week,
            "model": release.version.model,
            "version": release.version.version,
            "promoted": release.choice.promoted,
        },
        at=at,
    )


def verify_release(folder: Path, public_keys: Keys) -> Report:
    """Check a release: every byte of it is what the log's keys attested, and there is no other.

    Raises RefusedError, which names the file; OSError when the folder cannot be read.
    """
    _check_names(folder)
    proof, text = _read(folder / PROOF), _read(folder / RELEASE)
    try:
        statement = verify(proof, public_keys)
    except ProofError as error:
        raise type(error)(f"{PROOF}: {error.message}", hint=error.hint) from None
    try:
        release = Release.parse(text, source=RELEASE)
    except ScfError as error:
        raise ForgedError(error.message) from None
    if release.canonical() != text or statement != statement_of(release, statement.at):
        raise ForgedError(f"{RELEASE} is not what {PROOF} proves: {cid_of(text)}")
    if folder.name.startswith("week-") and folder.name != f"week-{release.week}":
        raise ForgedError(f"{folder.name} holds the release of another week, {release.week}")
    if statement.at < seconds(release.monday):
        raise ForgedError(f"{PROOF}: attested before the week of {release.week} began")
    check_files(folder, release)
    return Report(release, release.id, statement, 2 + len(release.files) + len(release.contents))


def check_files(folder: Path, release: Release) -> None:
    """Check the files that a release names, and those in its archive, against their CIDs.

    Raises ForgedError, OSError.
    """
    if tuple(file.name for file in release.files) != FILES:
        raise ForgedError(f"{RELEASE} names other files than {', '.join(FILES)}")
    for file in release.files:
        path = folder / file.name
        size = path.lstat().st_size
        if file.name == MODEL and not size == file.bytes == release.archive.size:
            raise ForgedError(
                f"{MODEL} has {size} bytes, not the {release.archive.size} of its files"
            )
        if size != file.bytes or cid_of_file(path) != file.cid:
            raise ForgedError(f"{file.name} is not the file that was released: its CID is another")
    release.archive.check(folder / MODEL)
    _check_records(folder, release)


def _check_names(folder: Path) -> None:
    wanted = {RELEASE, PROOF, *FILES}
    if folder.is_symlink() or not folder.is_dir():
        raise ForgedError(f"{folder} is no folder")
    found = {path.name for path in folder.iterdir()}
    if missing := sorted(wanted - found):
        raise ForgedError(f"{missing[0]} is missing")
    if extra := sorted(found - wanted):
        raise ForgedError(f"{extra[0]!r} is no file of a release")
    for name in sorted(wanted):
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            raise ForgedError(f"{name} is no plain file")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ForgedError(f"{path.name} has more than {MAX_BYTES >> 20} MiB")
    return text


def _check_records(folder: Path, release: Release) -> None:
    """That what is in the archive is this version's: what it proves without the zoo it came from."""
    version = release.version
    inside = {file.name: file for file in release.contents}
    named = {JOB: version.job, DATASET: version.dataset, RESULT: version.result}
    named |= {VERSION: version.id, CHECKPOINT: version.checkpoint}
    named |= {file.name: file.cid for file in release.files if file.name != MODEL}
    for name, cid in named.items():
        if name not in inside or inside[name].cid != cid:
            raise ForgedError(f"{MODEL}: its {name} is not that of version {version.version}")
    try:
        lineage = Lineage.parse(member(folder, release, LINEAGE), source=LINEAGE)
        result = Result.parse(member(folder, release, RESULT), source=RESULT)
        job = Job.parse(member(folder, release, JOB), source=JOB)
        dataset = Dataset.parse(member(folder, release, DATASET), source=DATASET)
        card = Card.front(member(folder, release, CARD).decode("utf-8"))
        if card != Card.of(release.week, version, job, dataset, result):
            raise ForgedError(f"{CARD} does not say what the run recorded")
    except (KeyError, UnicodeDecodeError, ScfError) as error:
        if isinstance(error, RefusedError):
            raise
        raise ForgedError(f"{MODEL}: {error}") from None
    if missing := [file.name for file in result.files if file not in release.contents]:
        raise ForgedError(f"{MODEL}: it lacks {missing[0]}")
    head = lineage.generations[0]
    if (head.job, head.checkpoint, head.dataset) != (
        version.job,
        version.checkpoint,
        version.dataset,
    ):
        raise ForgedError(f"{MODEL}: {LINEAGE} is that of another version")


def member(folder: Path, release: Release, name: str) -> bytes:
    """A document in a release's archive. Raises KeyError when it has none of that name, ForgedError."""
    ref = next((file for file in release.contents if file.name == name), None)
    if ref is None:
        raise KeyError(name)
    if ref.bytes > MAX_BYTES:
        raise ForgedError(f"{MODEL}: {name} has more than {MAX_BYTES >> 20} MiB")
    data = b"".join(release.archive.read(folder / MODEL, name))
    if cid_of(data) != ref.cid:
        raise ForgedError(f"{MODEL}: {name} is not what its CID says")
    return data
