"""The documents of a release, and where its files are."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scf.cid import Cid
from scf.contracts.base import Document
from scf.contracts.job import FileRef
from scf.registry.registry import Version
from scf.release.archive import Archive
from scf.release.errors import ForgedError, ReleaseError
from scf.release.rule import Choice, Number

RELEASE = "release.json"
PROOF = "proof.json"
MODEL = "model.tar"
CARD = "card.md"
NOTES = "notes.md"
FILES = (MODEL, CARD, NOTES)
"""The files that release.json names; proof.json proves release.json."""

JOB = "job.json"
DATASET = "dataset.json"
RESULT = "result.json"
VERSION = "version.json"
LINEAGE = "lineage.json"
RECORDS = (CARD, DATASET, JOB, LINEAGE, NOTES, RESULT, VERSION)
"""What an archive holds beside the files of the result."""

_WEEK = re.compile(r"week-\d{4}-\d{2}-\d{2}")


def monday(day: date) -> date:
    """The Monday of a day's week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def name_of(week: date) -> str:
    """The name of a week's folder."""
    return f"week-{monday(week).isoformat()}"


def _monday(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or day.weekday() != 0:
        raise ValueError("expected a Monday: 2026-11-16")
    return text


Week = Annotated[str, AfterValidator(_monday)]
"""A Monday: 2026-11-16."""


class Previous(Document):
    """The release before: the CID of its release.json, which names the one before it in turn."""

    week: Week
    release: Cid
    version: Number


class Release(Document):
    """What was released in a week, why, and the CID of every file."""

    v: Literal[1] = 1
    week: Week
    version: Version
    choice: Choice
    previous: Previous | None = None
    files: tuple[FileRef, ...] = Field(min_length=1)
    contents: tuple[FileRef, ...] = Field(min_length=1)
    """The files in the archive, in order."""

    @property
    def monday(self) -> date:
        """The day that its week begins with."""
        return date.fromisoformat(self.week)

    @property
    def archive(self) -> Archive:
        """How its archive is laid out."""
        return Archive(name_of(self.monday), self.contents, seconds(self.monday))


def seconds(day: date) -> int:
    """The first second of a day, UTC, since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def releases(history: Path) -> tuple[Path, ...]:
    """The folders of all releases, oldest first; whatever else is there is none. Raises OSError."""
    return tuple(
        sorted(
            path
            for path in history.iterdir()
            if _WEEK.fullmatch(path.name) and not path.is_symlink() and (path / RELEASE).is_file()
        )
    )


def read(folder: Path) -> Release:
    """The release in a folder, as it is there. Raises ReleaseError, ForgedError, ContractError, OSError."""
    path = folder / RELEASE
    if not path.is_file():
        raise ReleaseError(f"there is no release in {folder}")
    release = Release.read(path)
    if _WEEK.fullmatch(folder.name) and folder.name != name_of(release.monday):
        raise ForgedError(f"{folder.name} holds the release of another week, {release.week}")
    return release
