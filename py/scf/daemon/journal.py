"""The daemon's journal: each intent with how far it got, on the disk before the next step is taken."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from scf.contracts.job import Job
from scf.errors import ContractError, ScfError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS intents (
    number INTEGER PRIMARY KEY,
    job TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    fossils INTEGER NOT NULL,
    stage TEXT NOT NULL,
    runner TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


LOST = "remove it: what is registered stays, and the daemon goes on from there"


class JournalError(ScfError):
    """A journal that cannot be used."""

    code = "SCF080"


class Stage(StrEnum):
    """How far an intent is; each stage is entered once its work is on the disk."""

    PLANNED = "planned"
    SENT = "sent"
    COMPLETE = "complete"
    FAILED = "failed"


_OPEN = (Stage.PLANNED, Stage.SENT)


@dataclass(frozen=True, slots=True)
class Intent:
    """A job that the daemon decided on, from `fossils` fossils, and the runner it was sent to."""

    job: Job
    fossils: int
    stage: Stage
    runner: str = ""
    reason: str = ""


class Journal:
    """Intents in the order in which they were made, and a few marks."""

    def __init__(self, path: Path) -> None:
        with _guarded(path):
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        self._path = path

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def plan(self, job: Job, fossils: int, **marks: str) -> None:
        """Note a new intent, and set marks with it; one that is there already stays as it is.

        Raises JournalError.
        """
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO intents (job, body, fossils, stage) VALUES (?, ?, ?, ?)",
                (job.id, job.canonical(), fossils, Stage.PLANNED),
            )
            self._mark(marks)

    def enter(self, job: Job, stage: Stage, *, runner: str | None = None, reason: str = "") -> None:
        """Note that an intent reached a stage. Raises JournalError."""
        with _guarded(self._path):
            self._db.execute(
                "UPDATE intents SET stage = ?, runner = coalesce(?, runner), reason = ? WHERE job = ?",
                (stage, runner, reason[:1000], job.id),
            )

    def open_intent(self) -> Intent | None:
        """The intent that is neither complete nor failed."""
        found = self._intents(
            "WHERE stage IN (?, ?) ORDER BY number LIMIT 1", *(stage.value for stage in _OPEN)
        )
        return next(found, None)

    def last(self, *, complete: bool = False) -> Intent | None:
        """The newest intent, or the newest that is complete."""
        where = "WHERE stage = 'complete' " if complete else ""
        return next(self._intents(where + "ORDER BY number DESC LIMIT 1"), None)

    def find(self, job: str) -> Intent | None:
        """The intent of the job with this id."""
        return next(self._intents("WHERE job = ?", job), None)

    def intents(self) -> tuple[Intent, ...]:
        """Every intent, oldest first."""
        return tuple(self._intents("ORDER BY number"))

    def mark(self, name: str, default: str = "") -> str:
        """A mark's value."""
        with _guarded(self._path):
            row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def set_marks(self, **values: str) -> None:
        """Set marks, all or none. Raises JournalError."""
        with self._transaction():
            self._mark(values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _guarded(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def _mark(self, values: Mapping[str, str]) -> None:
        self._db.executemany(
            "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            sorted(values.items()),
        )

    def _intents(self, rest: str, *values: str) -> Iterator[Intent]:
        with _guarded(self._path):
            rows = self._db.execute(
                f"SELECT body, fossils, stage, runner, reason FROM intents {rest}",  # noqa: S608 - ours
                values,
            ).fetchall()
        for body, fossils, stage, runner, reason in rows:
            try:
                yield Intent(
                    Job.parse(body, source="the journal"), fossils, Stage(stage), runner, reason
                )
            except (ValueError, ContractError) as error:
                raise JournalError(f"{self._path}: {error}", hint=LOST) from None


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"{path}: {error}") from error
