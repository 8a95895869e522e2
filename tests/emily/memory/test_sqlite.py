"""The SQLite store: what it acknowledged survives, what happens to its file is noticed."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from emily.cognition.memory import (
    SIMILARITY_ONLY,
    Affect,
    Episode,
    Outbox,
    Query,
    SqliteStore,
    StoreError,
    StoreUnavailable,
)
from emily.cognition.memory.recall import ranked

ROUNDS = 20

KILLED = """
import os, random, signal, sys, time
import numpy as np
from datetime import UTC, datetime
from emily.cognition.memory import DIM, Affect, Episode, Outbox, SqliteStore, ulid

kind, path, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
for number in range(rounds):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        store = SqliteStore(path).store if kind == "sqlite" else Outbox(path).append
        generator = np.random.default_rng(number)
        now = datetime.fromtimestamp(1_700_000_000 + number, UTC)
        while True:
            episode = Episode(ulid(now, generator), now, "x" * 5000, Affect(0, 0, 0),
                              generator.standard_normal(DIM))
            store(episode)
            os.write(write, (episode.id + "\\n").encode())
    os.close(write)
    with os.fdopen(read) as acknowledged:
        ids = [acknowledged.readline() for _ in range(random.randint(1, 30))]
        time.sleep(random.random() / 300)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        ids += acknowledged.readlines()
    print("".join(ids), end="", flush=True)
"""


@pytest.mark.parametrize("kind", ["sqlite", "outbox"])
def test_what_was_acknowledged_survives_sigkill(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "memory"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, kind, str(path), str(ROUNDS)],
        check=True,
        capture_output=True,
        text=True,
    )
    ids = done.stdout.split()
    assert len(set(ids)) == len(ids) >= ROUNDS
    kept = SqliteStore(path) if kind == "sqlite" else Outbox(path)
    try:
        assert [number for number in ids if kept.get(number) is None] == []
        count = kept.count() if isinstance(kept, SqliteStore) else len(kept)
        assert count <= len(ids) + ROUNDS  # one a round was stored and not yet acknowledged
    finally:
        kept.close()


@pytest.fixture
def store(tmp_path: Path):
    made = SqliteStore(tmp_path / "episodes.db", timeout_s=0.2)
    yield made
    made.close()


def test_it_writes_ahead_and_waits_for_the_disk(store: SqliteStore, episode) -> None:
    store.store(episode(1))
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_what_another_process_writes_is_recalled(
    store: SqliteStore, episode, tmp_path, now
) -> None:
    store.store(episode(1))
    other = SqliteStore(tmp_path / "episodes.db")
    assert other.recall(Query(episode(1).embedding), 5, now)[0].episode == episode(1)
    store.store(episode(2))
    other.store(episode(3))
    store.forget(episode(1).id)
    for each in (store, other):
        found = each.recall(Query(episode(1).embedding, weights=SIMILARITY_ONLY), 5, now)
        assert {recalled.episode.id for recalled in found} == {episode(2).id, episode(3).id}
    other.close()


def test_the_search_keeps_step_through_many_changes(store: SqliteStore, episode, now) -> None:
    held: dict[str, Episode] = {}
    query = Query(episode(1).embedding, Affect(0, 0, 0))
    for seed in range(150):
        store.store(episode(seed))
        held[episode(seed).id] = episode(seed)
        if seed % 3 == 0:
            gone = episode(seed // 2).id
            assert store.forget(gone) is (held.pop(gone, None) is not None)
        if seed % 10 == 0:  # what is in memory was read but once
            found = store.recall(query, 5, now)
            expected = ranked(query, list(held.values()), 5, now)
            assert [each.episode for each in found] == [each.episode for each in expected]
            scores = [each.score for each in expected]
            assert [each.score for each in found] == pytest.approx(scores)
    found = store.recall(query, 1000, now)
    assert {each.episode.id: each.episode for each in found} == held


def test_a_file_that_is_taken_away_is_not_made_again(store, episode, tmp_path: Path) -> None:
    """An empty memory would acknowledge, and forget what was."""
    store.store(episode(1))
    store.close()
    store.count()
    aside = tmp_path / "aside"
    (tmp_path / "episodes.db").rename(aside)
    with pytest.raises(StoreUnavailable, match="is gone"):
        store.store(episode(2))
    assert not store.health().available
    assert not (tmp_path / "episodes.db").exists()
    aside.rename(tmp_path / "episodes.db")
    assert store.store(episode(2))
    assert store.count() == 2


def test_a_folder_that_is_not_there_yet_is_no_end(tmp_path: Path, episode) -> None:
    store = SqliteStore(tmp_path / "later" / "episodes.db")
    with pytest.raises(StoreUnavailable, match="unable to open"):
        store.store(episode(1))
    (tmp_path / "later").mkdir()
    assert store.store(episode(1))
    store.close()


def test_a_writer_that_does_not_end_makes_it_unavailable(store, episode, tmp_path: Path) -> None:
    store.store(episode(1))
    other = sqlite3.connect(tmp_path / "episodes.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.store(episode(2))
    assert store.get(episode(1).id) == episode(1)
    other.rollback()
    other.close()
    assert store.store(episode(2))


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path, episode) -> None:
    (tmp_path / "text").write_text("This is no database. " * 500)
    store = SqliteStore(tmp_path / "text")
    with pytest.raises(StoreError, match="not a database") as caught:
        store.store(episode(1))
    assert not isinstance(caught.value, StoreUnavailable)
    assert (tmp_path / "text").read_text().startswith("This is no database.")
    store.close()


def test_a_full_disk_makes_it_unavailable_until_there_is_room(small_disk: Path, episode) -> None:
    store = SqliteStore(small_disk / "episodes.db")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(600_000))
    stored = 0

    def fill() -> None:
        nonlocal stored
        while True:
            store.store(episode(stored, content="x" * 20_000))
            stored += 1

    with pytest.raises(StoreUnavailable, match=r"full|disk I/O"):
        fill()
    assert stored > 0
    assert store.count() == stored
    ballast.unlink()
    assert store.store(episode(stored, content="x" * 20_000))
    assert store.count() == stored + 1
    assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()
