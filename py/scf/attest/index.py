"""Where in the log an entry is, and which entries say what of whom: a cache that is remade when lost."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scf.attest.statement import Statement
from scf.drive import Drive, Partition, guarded
from scf.errors import DriveError

_FILE = "index.sqlite"
_VERSION = 2
_SCHEMA = f"""
DROP TABLE IF EXISTS entry;
DROP TABLE IF EXISTS subject;
CREATE TABLE entry (
  number INTEGER PRIMARY KEY, start INTEGER NOT NULL, gist TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE INDEX gist ON entry (gist);
CREATE INDEX kind ON entry (kind);
CREATE TABLE subject (cid TEXT, number INTEGER, PRIMARY KEY (cid, number)) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""


class IndexDamagedError(DriveError):
    """The index could not be read, and is no more."""


@dataclass(frozen=True, slots=True)
class Row:
    """Entry `number` begins at byte `start` of the log."""

    number: int
    start: int
    statement: Statement


class Index:
    """The entries of a drive's log, by number, by what they say, and by subject."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive

    def add(self, rows: Iterable[Row]) -> None:
        """Add entries, all or none. Raises DriveError, IndexDamagedError, as all do here."""
        with self._open() as db:
            for row in rows:
                place = (row.number, row.start, row.statement.gist, row.statement.kind)
                db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", place)
                db.executemany(
                    "INSERT OR REPLACE INTO subject VALUES (?, ?)",
                    [(subject.cid, row.number) for subject in row.statement.subjects],
                )

    def last(self) -> tuple[int, int, str] | None:
        """Number, start and gist of the last entry."""
        found = self._all("SELECT number, start, gist FROM entry ORDER BY number DESC LIMIT 1")
        return (int(found[0][0]), int(found[0][1]), str(found[0][2])) if found else None

    def start(self, number: int) -> int | None:
        """Where an entry begins."""
        found = self._all("SELECT start FROM entry WHERE number = ?", number)
        return int(found[0][0]) if found else None

    def saying(self, gist: str) -> int | None:
        """The first entry whose statement has this gist."""
        query = "SELECT number FROM entry WHERE gist = ? ORDER BY number LIMIT 1"
        found = self._all(query, gist)
        return int(found[0][0]) if found else None

    def of(self, kind: str) -> tuple[int, ...]:
        """The entries whose statement is of this kind, oldest first."""
        found = self._all("SELECT number FROM entry WHERE kind = ? ORDER BY number", kind)
        return tuple(int(row[0]) for row in found)

    def about(self, cid: str) -> tuple[int, ...]:
        """The entries about these bytes, oldest first."""
        found = self._all("SELECT number FROM subject WHERE cid = ? ORDER BY number", cid)
        return tuple(int(row[0]) for row in found)

    def clear(self) -> None:
        """Forget everything."""
        with guarded(self._drive.root):
            for name in (f"{_FILE}-journal", _FILE):
                (self._folder() / name).unlink(missing_ok=True)

    def _all(self, query: str, *values: str | int) -> list[tuple[int | str, ...]]:
        with self._open() as db:
            return db.execute(query, values).fetchall()

    def _folder(self) -> Path:
        return self._drive.folder(Partition.SYSTEM_CACHE, "log")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        # opened for each use: a file that stays open keeps the drive from being unmounted
        path = self._folder() / _FILE
        try:
            with closing(sqlite3.connect(path, timeout=10)) as db, db:
                _prepare(db)
                yield db
        except sqlite3.OperationalError as error:
            self._drive.check()
            raise DriveError(f"the drive at {self._drive.root}: {path.name}: {error}") from error
        except sqlite3.DatabaseError as error:
            self.clear()
            raise IndexDamagedError(f"{path.name} was damaged ({error}) and removed") from error


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables, also in the place of older ones: what they held is in the log."""
    if not _current(db):
        db.execute("BEGIN IMMEDIATE")
        if not _current(db):  # of two that make them, the second finds them made
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
        db.commit()


def _current(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version) == _VERSION
