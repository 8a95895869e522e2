"""The catalogue: which shards there are, where each fossil is, and how far each source was read."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scf.contracts.dataset import ShardRef
from scf.drive import Drive
from scf.errors import DriveError
from scf.vault.errors import REBUILD, BusyError, CatalogueError

_SCHEMA = """
CREATE TABLE shards (
  seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, cid TEXT NOT NULL,
  records INTEGER NOT NULL, bytes INTEGER NOT NULL, raw_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE fossils (
  digest BLOB PRIMARY KEY, shard INTEGER NOT NULL, line INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sources (name TEXT PRIMARY KEY, records INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE refusals (
  source TEXT NOT NULL, reason TEXT NOT NULL, records INTEGER NOT NULL, PRIMARY KEY (source, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (
  source TEXT PRIMARY KEY, state TEXT NOT NULL, cursor TEXT, done INTEGER NOT NULL,
  added INTEGER NOT NULL, known INTEGER NOT NULL, shards INTEGER NOT NULL, refused TEXT NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
"""
_VERSION = 1
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DRIVE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
)
ROW = 64
"""About as many bytes does a fossil take in the catalogue."""


@dataclass(slots=True)
class Progress:
    """How far a source was read, and what came of it."""

    source: str
    state: str
    cursor: str | None = None
    done: int = 0
    added: int = 0
    known: int = 0
    shards: int = 0
    refused: dict[str, int] = field(default_factory=dict)


class Catalogue:
    """A SQLite file; each change is one transaction that is on the disk when it returns."""

    def __init__(self, drive: Drive, path: Path, *, make: bool) -> None:
        self._drive = drive
        mode = "rwc" if make else "rw"
        with self._guarded():
            # no WAL: one file, on any file system, and nothing beside it between two commits
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=30,
                isolation_level=None,
            )
            self._db.execute("PRAGMA synchronous = FULL")
            self._prepare()

    def _prepare(self) -> None:
        if self._one("PRAGMA user_version") == 0:
            with self._transaction():  # of two that make it, the second finds it made
                if self._one("PRAGMA user_version") == 0:
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
        version = self._one("PRAGMA user_version")
        if version != _VERSION:
            raise CatalogueError(f"a catalogue of version {version}; this knows {_VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def last(self) -> int:
        """The number of the newest shard, 0 when there is none."""
        with self._guarded():
            return self._one("SELECT ifnull(max(seq), 0) FROM shards")

    def records(self) -> int:
        """How many fossils there are."""
        with self._guarded():
            return self._one("SELECT ifnull(sum(records), 0) FROM shards")

    def shards(self, limit: int | None = None) -> list[tuple[int, ShardRef]]:
        """The shards in order, with their numbers."""
        with self._guarded():
            rows = self._db.execute(
                "SELECT seq, name, cid, records, bytes, raw_bytes FROM shards ORDER BY seq LIMIT ?",
                (-1 if limit is None else limit,),
            ).fetchall()
        return [
            (seq, ShardRef(name=name, cid=cid, records=records, bytes=size, raw_bytes=raw))
            for seq, name, cid, records, size, raw in rows
        ]

    def shard(self, seq: int) -> ShardRef:
        """A shard that is there."""
        with self._guarded():
            name, cid, records, size, raw = self._db.execute(
                "SELECT name, cid, records, bytes, raw_bytes FROM shards WHERE seq = ?", (seq,)
            ).fetchone()
        return ShardRef(name=name, cid=cid, records=records, bytes=size, raw_bytes=raw)

    def fossils(self) -> int:
        """How many fossils it has a place of, counted one by one."""
        with self._guarded():
            return self._one("SELECT count(*) FROM fossils")

    def place(self, digest: bytes) -> tuple[int, int] | None:
        """The shard's number and the line, from 0, of the fossil with this digest."""
        with self._guarded():
            row = self._db.execute(
                "SELECT shard, line FROM fossils WHERE digest = ?", (digest,)
            ).fetchone()
        return None if row is None else (int(row[0]), int(row[1]))

    def progress(self, source: str) -> Progress | None:
        """How far a source was read, None when it was never begun or is finished."""
        with self._guarded():
            row = self._db.execute(
                "SELECT source, state, cursor, done, added, known, shards, refused"
                " FROM progress WHERE source = ?",
                (source,),
            ).fetchone()
        if row is None:
            return None
        name, state, cursor, done, added, known, shards, refused = row
        return Progress(name, state, cursor, done, added, known, shards, json.loads(refused))

    def refusals(self) -> dict[str, dict[str, int]]:
        """Of each source, how many records were refused for which reason when it was last read."""
        found: dict[str, dict[str, int]] = {}
        with self._guarded():
            for source, reason, records in self._db.execute(
                "SELECT source, reason, records FROM refusals ORDER BY source, reason"
            ):
                found.setdefault(source, {})[reason] = records
        return found

    def add(self, seq: int, ref: ShardRef, digests: Iterable[bytes]) -> None:
        """Keep a shard and where its fossils are."""
        with self._guarded(), self._transaction():
            self._add(seq, ref, digests)

    def commit(
        self, progress: Progress, shard: tuple[int, ShardRef, Iterable[bytes]] | None, *, over: bool
    ) -> None:
        """Keep a shard, where its fossils are, and how far the source was read; or that it is `over`."""
        with self._guarded(), self._transaction():
            if shard is not None:
                self._add(*shard)
            if over:
                self._finish(progress)
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        progress.source,
                        progress.state,
                        progress.cursor,
                        progress.done,
                        progress.added,
                        progress.known,
                        progress.shards,
                        json.dumps(progress.refused, sort_keys=True),
                    ),
                )

    def _add(self, seq: int, ref: ShardRef, digests: Iterable[bytes]) -> None:
        self._db.execute(
            "INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?)",
            (seq, ref.name, ref.cid, ref.records, ref.bytes, ref.raw_bytes),
        )
        rows = ((digest, seq, line) for line, digest in enumerate(digests))
        self._db.executemany("INSERT INTO fossils VALUES (?, ?, ?)", rows)

    def _finish(self, progress: Progress) -> None:
        # what a source came to is replaced, not added to: reading it twice leaves the same catalogue
        source = progress.source
        total = progress.added + progress.known + sum(progress.refused.values())
        self._db.execute("DELETE FROM progress WHERE source = ?", (source,))
        self._db.execute("DELETE FROM refusals WHERE source = ?", (source,))
        self._db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (source, total))
        rows = [(source, reason, records) for reason, records in progress.refused.items()]
        self._db.executemany("INSERT INTO refusals VALUES (?, ?, ?)", rows)

    def dump(self) -> Iterator[str]:
        """Everything it holds, a row to a line, sorted."""
        for table in ("shards", "fossils", "sources", "refusals", "progress"):
            with self._guarded():
                rows = self._db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - constant
                for row in rows:
                    cells = [each.hex() if isinstance(each, bytes) else each for each in row]
                    yield f"{table} {json.dumps(cells)}"

    def _one(self, query: str) -> int:
        (number,) = self._db.execute(query).fetchone()
        return int(number)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _BUSY:
                raise BusyError("the vault's catalogue is in use by another process") from error
            if code in _DRIVE:
                self._drive.check()  # says so when it is gone
                raise DriveError(f"the vault's catalogue: {error}") from error
            raise CatalogueError(f"the vault's catalogue: {error}", hint=REBUILD) from error
