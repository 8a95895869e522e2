"""What migrating takes of each kind of database: a locked transaction, statements, its schema as text."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from emily.cognition.memory.errors import MigrationError, StoreUnavailable
from emily.cognition.memory.migrations.migration import Migration, Script

if TYPE_CHECKING:
    import psycopg

    Connection = sqlite3.Connection | psycopg.Connection

LEDGER = """CREATE TABLE IF NOT EXISTS schema_migrations (
    id TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
)"""
"""Which migrations are applied, from which files."""


class Driver(Protocol):
    """One connection, as migrations use it. Every statement goes through `connection.execute`."""

    def script(self, migration: Migration) -> Script | None:
        """The statements of a migration for this kind of database."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """A transaction that no other migrator runs beside; raises StoreUnavailable.

        Raises MigrationError where the connection is within another one.
        """
        ...

    def execute(self, sql: str, *values: str) -> list[Sequence[object]]:
        """Run a statement, in which ? stands for a value, and fetch its rows."""
        ...

    def tables(self) -> set[str]:
        """The names of the tables."""
        ...

    def schema(self) -> str:
        """Every table, column, constraint and index but the ledger's, in an order that never changes."""
        ...


class SqliteDriver:
    """A connection of sqlite3. SQLite's write lock is the lock; DDL is transactional."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def script(self, migration: Migration) -> Script | None:
        """See Driver."""
        return migration.sqlite

    @contextmanager
    def locked(self) -> Iterator[None]:
        """See Driver."""
        if self._connection.in_transaction:
            raise MigrationError("the connection is within a transaction")
        before, self._connection.isolation_level = self._connection.isolation_level, None
        try:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                raise StoreUnavailable("another migrator or writer holds the database") from error
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
        finally:
            self._connection.isolation_level = before

    def execute(self, sql: str, *values: str) -> list[Sequence[object]]:
        """See Driver."""
        return self._connection.execute(sql, values).fetchall()

    def tables(self) -> set[str]:
        """See Driver."""
        return {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master")}

    def schema(self) -> str:
        """See Driver."""
        rows = self._connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master"
            " WHERE tbl_name <> 'schema_migrations' ORDER BY type, name"
        )
        return "\n".join(map(repr, rows))


class PostgresDriver:
    """A connection of psycopg. An advisory lock of the transaction is the lock; DDL is transactional."""

    LOCK = int.from_bytes(hashlib.sha256(b"emily.cognition.memory.migrations").digest()[:7], "big")
    LOCK_TIMEOUT_S = 5

    def __init__(self, connection: "psycopg.Connection") -> None:
        self._connection = connection

    def script(self, migration: Migration) -> Script | None:
        """See Driver."""
        return migration.postgresql

    @contextmanager
    def locked(self) -> Iterator[None]:
        """See Driver."""
        from psycopg.errors import LockNotAvailable
        from psycopg.pq import TransactionStatus

        if self._connection.info.transaction_status != TransactionStatus.IDLE:
            raise MigrationError("the connection is within a transaction")
        with self._connection.transaction():
            self._connection.execute("SET LOCAL client_min_messages = warning")
            self._connection.execute(f"SET LOCAL lock_timeout = '{self.LOCK_TIMEOUT_S}s'")
            try:
                self._connection.execute(f"SELECT pg_advisory_xact_lock({self.LOCK})")
            except LockNotAvailable as error:
                raise StoreUnavailable("another migrator holds the database") from error
            yield

    def execute(self, sql: str, *values: str) -> list[Sequence[object]]:
        """See Driver."""
        text = sql.replace("?", "%s").encode() if values else sql.encode()
        cursor = self._connection.execute(text, values or None)
        return [] if cursor.description is None else list(cursor.fetchall())

    def tables(self) -> set[str]:
        """See Driver."""
        rows = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        return {str(name) for (name,) in rows}

    def schema(self) -> str:
        """See Driver."""
        rows = self._connection.execute(
            """SELECT 'column' AS kind, relname::text AS of, attname::text AS name,
       format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || coalesce(collname, '') AS what
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_collation c ON c.oid = attcollation
 WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0
       AND NOT attisdropped AND relname <> 'schema_migrations'
UNION ALL
SELECT 'constraint', relname::text, conname::text, pg_get_constraintdef(pg_constraint.oid)
  FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
 WHERE relnamespace = current_schema()::regnamespace AND relname <> 'schema_migrations'
UNION ALL
SELECT 'index', tablename::text, indexname::text, indexdef FROM pg_indexes
 WHERE schemaname = current_schema() AND tablename <> 'schema_migrations'
ORDER BY 1, 2, 3, 4"""
        )
        return "\n".join(map(repr, rows))


def driver(connection: "Connection") -> Driver:
    """The driver for a connection of sqlite3 or psycopg."""
    if isinstance(connection, sqlite3.Connection):
        return SqliteDriver(connection)
    return PostgresDriver(connection)
