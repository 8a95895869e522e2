"""The PostgreSQL store: it comes back by itself, waits for nothing too long, and tells no secret."""

import logging
import os
import signal
import socket
import time
from pathlib import Path

import psycopg
import pytest

from emily.cognition.memory import (
    SIMILARITY_ONLY,
    MigrationError,
    Query,
    StoreError,
    StoreUnavailable,
    Weights,
)
from emily.cognition.memory.postgres import PostgresStore
from emily.cognition.memory.server import PostgresServer

PASSWORD = "s3cr3t-Pa55/w@rd"


@pytest.fixture
def store(dsn: str):
    made = PostgresStore(PostgresServer(dsn, timeout_s=2))
    yield made
    made.close()


def test_it_makes_its_schema(postgres_server, episode) -> None:
    store = PostgresStore(PostgresServer(postgres_server.create(migrated=False)))
    assert store.store(episode(1))
    store.close()


def test_without_migrations_it_says_what_is_missing(postgres_server, episode) -> None:
    dsn = postgres_server.create(migrated=False)
    store = PostgresStore(PostgresServer(dsn, migrates=False))
    with pytest.raises(StoreError, match="run the migrations"):
        store.store(episode(1))
    store.close()


def test_a_migration_that_was_changed_is_told(postgres_server, episode) -> None:
    dsn = postgres_server.create(migrated=True)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("UPDATE schema_migrations SET sha256 = 'tampered'")
    store = PostgresStore(PostgresServer(dsn))
    with pytest.raises(MigrationError, match="was changed after it was applied"):
        store.store(episode(1))
    store.close()


def test_similarity_alone_is_searched_by_the_index(dsn: str, store, episode, now) -> None:
    for seed in range(300):
        store.store(episode(seed))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        text = str(episode(1).embedding.tolist())
        plan = connection.execute(
            "EXPLAIN SELECT id FROM episodes ORDER BY embedding <=> %s::vector LIMIT 5", (text,)
        ).fetchall()
    assert "Index Scan using episodes_embedding" in str(plan)
    found = store.recall(Query(episode(1).embedding, weights=SIMILARITY_ONLY), 250, now)
    assert len(found) == 250  # more than ef_search


def test_with_a_blend_it_ranks_the_nearest_candidates(dsn: str, episode, now) -> None:
    store = PostgresStore(PostgresServer(dsn), candidates=10)
    for seed in range(50):
        store.store(episode(seed))
    query = Query(episode(1).embedding, weights=Weights(0.01, recency=10, half_life_hours=8760))
    nearest = store.recall(Query(query.embedding, weights=SIMILARITY_ONLY), 10, now)
    blended = store.recall(query, 10, now)
    assert {each.episode.id for each in blended} == {each.episode.id for each in nearest}
    assert [each.recency for each in blended] == sorted(each.recency for each in blended)[::-1]
    store.close()


def test_connections_that_the_server_ends_are_replaced(postgres_server, store, episode) -> None:
    store.store(episode(1))
    postgres_server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    assert store.store(episode(2))
    assert store.count() == 2


def test_it_works_again_after_the_server_was_killed(postgres_server, store, episode) -> None:
    store.store(episode(1))
    postgres_server.kill()
    with pytest.raises(StoreUnavailable, match="within 2 s"):
        store.store(episode(2))
    assert not store.health().available
    postgres_server.start()
    started = time.perf_counter()
    while not store.health().available:
        assert time.perf_counter() - started < 60
    print(f"PostgreSQL restarted: answers {time.perf_counter() - started:.3f} s after its return")
    assert store.store(episode(2))
    assert store.count() == 2


def test_a_server_that_hangs_is_not_waited_for(dsn: str, episode) -> None:
    server = PostgresServer(dsn, timeout_s=1, connections=1)
    store = PostgresStore(server)
    store.store(episode(1))
    (backend,) = server.run(lambda used: used.execute("SELECT pg_backend_pid()").fetchone())
    os.kill(backend, signal.SIGSTOP)
    started = time.perf_counter()
    try:
        with pytest.raises(StoreUnavailable, match="did not answer within 1 s"):
            store.store(episode(2))
    finally:
        os.kill(backend, signal.SIGCONT)
    assert time.perf_counter() - started < 10  # and not for ever
    assert store.store(episode(3))
    store.close()


def test_a_server_that_accepts_and_says_nothing_is_not_waited_for(episode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        store = PostgresStore(PostgresServer(f"host=127.0.0.1 port={port}", timeout_s=0.5))
        started = time.perf_counter()
        with pytest.raises(StoreUnavailable, match=r"gave no connection within 0\.5 s"):
            store.store(episode(1))
        assert time.perf_counter() - started < 10
    store.close()


def test_a_statement_that_takes_too_long_is_ended(dsn: str) -> None:
    server = PostgresServer(dsn, timeout_s=1)
    with pytest.raises(StoreUnavailable):
        server.run(lambda used: used.execute("SELECT pg_sleep(60)").fetchone())
    server.close()


@pytest.mark.parametrize(
    "broken",
    [
        "postgresql://emily:{}@[::1/episodes",
        "postgresql://emily:{}@host:port:port/episodes",
        "password={} nonsense",
        "password='{}",
        "postgresql://emily:pass@word@host/episodes",
    ],
)
def test_a_malformed_dsn_is_refused_without_quoting_it(broken: str) -> None:
    with pytest.raises(StoreError) as caught:
        PostgresServer(broken.format(PASSWORD))
    assert str(caught.value) == "the DSN of PostgreSQL is malformed"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_password_is_never_told(
    tmp_path: Path, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for where in (
        f"host={tmp_path}",
        "host=127.0.0.1 port=1",
        dsn.replace("dbname=", "dbname=no_"),
        dsn,
    ):
        server = PostgresServer(f"{where} password='{PASSWORD}'", timeout_s=0.3)
        store = PostgresStore(server)
        told += [repr(store), repr(server), str(store.health())]
        for statement in ("SELECT nonsense", f"SELECT '{PASSWORD}'::int"):
            with pytest.raises(StoreError) as caught:
                server.run(lambda used, sql=statement: used.execute(sql))
            told += [str(caught.value), repr(caught.value)]
        store.close()
    assert any("nonsense" in text for text in told)
    assert any("***" in text for text in told)
    for text in (*told, caplog.text):
        assert PASSWORD not in text
