"""The episodic memory in PostgreSQL, by the settings. Needs the extra `pgvector`."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.conninfo import make_conninfo

from emily.cognition.memory.postgres import PostgresStore
from emily.cognition.memory.server import PostgresServer
from emily.service.settings import Memory

TIMEOUT_S = 1.0
"""How long one that is down may hold up a question; the API waits longer for its answer."""


def connect(memory: Memory) -> PostgresStore:
    """Return the store; it connects when it is first asked, and again whenever the server returns."""
    return PostgresStore(PostgresServer(_dsn(memory), timeout_s=TIMEOUT_S))


@contextmanager
def server(memory: Memory, *, migrates: bool) -> Iterator[PostgresServer]:
    """Give the server itself, and let go of its connections at the end."""
    one = PostgresServer(_dsn(memory), timeout_s=TIMEOUT_S, migrates=migrates)
    try:
        yield one
    finally:
        one.close()


def _dsn(memory: Memory) -> str:
    password = memory.password()
    return make_conninfo(
        host=memory.host,
        port=memory.port,
        dbname=memory.database,
        user=memory.user,
        password=password.get_secret_value() if password else None,
    )
