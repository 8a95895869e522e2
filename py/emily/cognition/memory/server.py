"""A PostgreSQL server that may go away and come back: connections that are never waited for too long."""

import math
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from time import monotonic
from typing import TypeVar
from weakref import WeakSet

import psycopg
from pgvector.psycopg import register_vector
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from emily.cognition.memory.errors import RefusedError, StoreError, StoreUnavailable
from emily.cognition.memory.migrations import migrate

T = TypeVar("T")

_SECRETS = (
    "password",
    "sslpassword",
    "scram_client_key",
    "scram_server_key",
    "oauth_client_secret",
)


class PostgresServer:
    """Connections to a database with pgvector, made when they are needed and again when they break.

    `run` takes `timeout_s` seconds at most, whether the server is down, hangs or is slow. Unless
    `migrates` is false, the first connection brings the schema up to date. Errors, logs and repr tell
    neither the DSN's password nor its other secrets.
    """

    def __init__(
        self,
        dsn: str,
        *,
        timeout_s: float = 5.0,
        connections: int = 4,
        ef_search: int = 40,
        migrates: bool = True,
    ) -> None:
        """Take a DSN as libpq does; nothing is connected yet. Raises StoreError when it is none.

        `ef_search` of 1 to 1000 is how many candidates pgvector's HNSW index keeps while it searches.
        """
        if not 0 < timeout_s < math.inf:
            raise StoreError(f"timeout_s must be finite and more than 0, not {timeout_s}")
        if not 1 <= ef_search <= 1000:
            raise StoreError(f"ef_search must be 1 to 1000, not {ef_search}")
        try:
            parts = conninfo_to_dict(dsn)
        except psycopg.Error:
            # libpq's message quotes what it cannot read, and thereby the password
            raise StoreError("the DSN of PostgreSQL is malformed") from None
        host, port = str(parts.get("host") or "its socket"), str(parts.get("port") or 5432)
        if "@" in host or not port.replace(",", "").isdecimal():
            # a password in which / or @ is not written as %2F or %40 ends up there
            raise StoreError("the DSN of PostgreSQL is malformed")
        self._secrets = [str(parts[name]) for name in _SECRETS if parts.get(name)]
        self._where = f"PostgreSQL at {host}:{port}"
        self._timeout_s = timeout_s
        self._ef_search = ef_search
        self._connections = connections
        self._conninfo = make_conninfo(dsn, connect_timeout=max(2, math.ceil(timeout_s)))
        self._lock = Lock()
        self._pool: ConnectionPool[psycopg.Connection] | None = None
        self._prepared: WeakSet[psycopg.Connection] = WeakSet()
        self._to_migrate = migrates

    def run(self, operation: Callable[[psycopg.Connection], T]) -> T:
        """Call with a connection in autocommit, and again with another one where it breaks.

        The operation must be safe to repeat. Raises StoreUnavailable, RefusedError and StoreError.
        """
        deadline = monotonic() + self._timeout_s
        while True:
            connection = None
            try:
                with (
                    self._opened().connection(timeout=self._left(deadline)) as connection,
                    _cut_off(connection, self._left(deadline)),
                ):
                    self._prepare(connection)
                    return operation(connection)
            except (PoolTimeout, PoolClosed):
                raise StoreUnavailable(
                    f"{self._where} gave no connection within {self._timeout_s:g} s"
                ) from None
            except psycopg.OperationalError as error:
                if connection is None or not connection.closed:
                    raise StoreUnavailable(f"{self._where} cannot: {self._told(error)}") from None
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                raise RefusedError(f"{self._where} refused: {self._told(error)}") from None
            except psycopg.Error as error:
                raise StoreError(f"{self._where} refused: {self._told(error)}") from None

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(timeout=self._timeout_s)

    def __repr__(self) -> str:
        return f"PostgresServer({self._where})"

    def _opened(self) -> ConnectionPool[psycopg.Connection]:
        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self._conninfo,
                    kwargs={"autocommit": True},
                    min_size=1,
                    max_size=self._connections,
                    open=False,
                    name="emily",
                    # who waits starts the next attempt: no backoff outlasts the server's return
                    reconnect_timeout=min(1.0, self._timeout_s),
                )
                self._pool.open(wait=False)
            return self._pool

    def _left(self, deadline: float) -> float:
        left = deadline - monotonic()
        if left <= 0:
            raise StoreUnavailable(f"{self._where} did not answer within {self._timeout_s:g} s")
        return left

    def _prepare(self, connection: psycopg.Connection) -> None:
        if connection in self._prepared:
            return
        milliseconds = math.ceil(self._timeout_s * 1000)
        connection.execute(f"SET statement_timeout = {milliseconds}")
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET client_min_messages = warning")
        if self._to_migrate:
            migrate(connection)
            self._to_migrate = False
        try:
            register_vector(connection)
        except psycopg.ProgrammingError:
            raise StoreError(f"{self._where} has no pgvector: run the migrations") from None
        connection.execute(f"SET hnsw.ef_search = {self._ef_search}")
        # otherwise more than ef_search neighbours are never found
        connection.execute("SET hnsw.iterative_scan = strict_order")
        self._prepared.add(connection)

    def _told(self, error: psycopg.Error) -> str:
        text = " ".join(str(error).split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


@contextmanager
def _cut_off(connection: psycopg.Connection, seconds: float) -> Iterator[None]:
    """Shut the connection's socket after some seconds, so that no read of it waits any longer."""
    with socket.socket(fileno=os.dup(connection.fileno())) as own:

        def shut() -> None:
            with suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)

        timer = Timer(seconds, shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
