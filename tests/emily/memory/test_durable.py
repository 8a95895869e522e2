"""Nothing that was acknowledged is lost, nothing is stored twice, whatever the store does."""

import time
from pathlib import Path
from threading import Thread

import pytest

from emily.cognition.memory import (
    DurableMemory,
    Outbox,
    Query,
    SqliteStore,
    StoreError,
    StoreUnavailable,
)
from emily.cognition.memory.postgres import PostgresStore
from emily.cognition.memory.server import PostgresServer


class Switched(SqliteStore):
    """A store that can be switched off, or made to break off after it has stored."""

    down = False
    breaks = False

    def _opened(self):
        if self.down:
            raise StoreUnavailable("switched off")
        return super()._opened()

    def store(self, episode):
        stored = super().store(episode)
        if self.breaks:
            raise StoreUnavailable("broke off")
        return stored


@pytest.fixture
def store(tmp_path: Path):
    return Switched(tmp_path / "episodes.db")


@pytest.fixture
def memory(store: Switched, tmp_path: Path):
    made = DurableMemory(store, Outbox(tmp_path / "outbox"))
    yield made
    made.close()


def reopened(memory: DurableMemory, store: Switched, tmp_path: Path) -> DurableMemory:
    memory.close()
    return DurableMemory(store, Outbox(tmp_path / "outbox"))


def test_what_the_store_cannot_take_is_stored_when_it_can(memory, store, episode, now) -> None:
    memory.store(episode(0))
    store.down = True
    for seed in range(1, 5):
        assert memory.store(episode(seed)) is True
    assert memory.store(episode(3)) is False
    assert memory.get(episode(2).id) == episode(2)
    health = memory.health()
    assert (health.available, health.pending) == (False, 4)
    assert memory.flush() == 0
    store.down = False
    assert memory.count() == 5
    assert memory.recall(Query(episode(2).embedding), 1, now)[0].episode == episode(2)
    assert memory.flush() == 4
    assert memory.health().pending == 0
    assert store.count() == memory.count() == 5


def test_recall_needs_the_store(memory, store, episode, now) -> None:
    memory.store(episode(0))
    store.down = True
    with pytest.raises(StoreUnavailable):
        memory.recall(Query(episode(0).embedding), 1, now)


def test_what_waits_survives_a_restart(memory, store, episode, tmp_path: Path) -> None:
    store.down = True
    memory.store(episode(1))
    again = reopened(memory, store, tmp_path)
    assert again.get(episode(1).id) == episode(1)
    store.down = False
    assert again.flush() == 1
    assert store.get(episode(1).id) == episode(1)
    again.close()


def test_a_store_that_breaks_off_after_storing_has_it_once(memory, store, episode) -> None:
    store.breaks = True
    assert memory.store(episode(1)) is True
    store.breaks = False
    assert memory.count() == 1
    memory.flush()
    assert store.count() == memory.count() == 1


def test_what_is_forgotten_does_not_come_back(memory, store, episode, tmp_path: Path) -> None:
    store.down = True
    for seed in range(3):
        memory.store(episode(seed))
    with pytest.raises(StoreUnavailable):
        memory.forget(episode(1).id)
    store.down = False
    assert memory.forget(episode(1).id) is True
    again = reopened(memory, store, tmp_path)
    again.flush()
    assert store.get(episode(1).id) is None
    assert store.count() == 2
    again.close()


def test_delivered_then_forgotten_then_crashed_stays_forgotten(memory, store, episode, tmp_path):
    """The file still holds what was delivered while anything else waits."""
    store.down = True
    memory.store(episode(1))
    memory.store(episode(2))
    store.down = False
    memory._store.store(episode(1))
    memory._outbox.delivered(episode(1).id)
    assert memory.forget(episode(1).id) is True
    again = reopened(memory, store, tmp_path)
    again.flush()
    assert store.get(episode(1).id) is None
    assert store.get(episode(2).id) == episode(2)
    again.close()


def test_what_the_store_refuses_is_kept_and_stops_nothing(memory, store, episode, tmp_path) -> None:
    store.store(episode(1))
    store.down = True
    memory.store(episode(1, content="another with the same id"))
    memory.store(episode(2))
    store.down = False
    assert memory.flush() == 1
    health = memory.health()
    assert (health.available, health.pending, health.refused) == (True, 0, 1)
    assert "another episode has the id" in health.detail
    assert memory.store(episode(3)) is True  # straight into the store again
    assert store.get(episode(3).id) == episode(3)
    again = reopened(memory, store, tmp_path)
    assert again.flush() == 1  # the second episode, which is held already
    assert store.count() == 3
    assert again.health().refused == 1
    again.close()


def test_a_store_whose_schema_is_wrong_refuses_no_single_episode(memory, store, episode) -> None:
    store.down = True
    memory.store(episode(1))
    store.down = False
    store._opened().execute("ALTER TABLE episodes RENAME TO elsewhere")
    assert memory.flush() == 0
    health = memory.health()
    assert (health.available, health.pending, health.refused) == (False, 1, 0)
    assert "no such table" in health.detail
    store._opened().execute("ALTER TABLE elsewhere RENAME TO episodes")
    assert memory.flush() == 1
    assert store.get(episode(1).id) == episode(1)


def test_an_id_that_waits_is_not_given_to_another(memory, store, episode) -> None:
    store.down = True
    memory.store(episode(1))
    with pytest.raises(StoreError, match="another episode has the id"):
        memory.store(episode(1, content="another"))


def test_threads_store_while_it_is_flushed(memory, store, episode) -> None:
    episodes = [episode(seed) for seed in range(120)]

    def put(part) -> None:
        for each in part:
            memory.store(each)

    threads = [Thread(target=put, args=(episodes[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(60):
        store.down = turn % 3 != 0
        memory.flush()
    store.down = False
    for thread in threads:
        thread.join()
    memory.flush()
    assert store.count() == memory.count() == len(episodes)
    assert memory.health().pending == 0


def test_a_full_disk_of_the_store_is_bridged(small_disk: Path, tmp_path: Path, episode) -> None:
    store = SqliteStore(small_disk / "episodes.db")
    memory = DurableMemory(store, Outbox(tmp_path / "outbox"))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(700_000))
    for seed in range(30):
        assert memory.store(episode(seed, content="x" * 9_000))
    assert memory.health().pending > 0
    ballast.unlink()
    started = time.perf_counter()
    memory.flush()
    print(f"disk full: recovered {time.perf_counter() - started:.3f} s after there was room")
    assert memory.health().pending == 0
    assert [seed for seed in range(30) if store.get(episode(seed).id) is None] == []
    assert store.count() == 30
    memory.close()


def test_a_full_disk_of_both_is_told_and_leaves_nothing_halfway(small_disk: Path, episode) -> None:
    memory = DurableMemory(SqliteStore(small_disk / "db"), Outbox(small_disk / "outbox"))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(400_000))
    accepted = []

    def fill() -> None:
        for seed in range(1000):
            memory.store(episode(seed, content="x" * 9_000))
            accepted.append(seed)

    with pytest.raises(StoreUnavailable, match="cannot be written"):
        fill()
    assert memory.get(episode(len(accepted)).id) is None
    memory.close()
    ballast.unlink()
    memory = DurableMemory(SqliteStore(small_disk / "db"), Outbox(small_disk / "outbox"))
    memory.flush()
    assert memory.count() == len(accepted) > 0
    for seed in accepted:
        assert memory.get(episode(seed).id) == episode(seed, content="x" * 9_000)
    memory.close()


def test_postgresql_killed_while_storing_loses_nothing(
    postgres_server, dsn: str, tmp_path: Path, episode
) -> None:
    memory = DurableMemory(
        PostgresStore(PostgresServer(dsn, timeout_s=1)), Outbox(tmp_path / "outbox")
    )
    for seed in range(120):
        if seed == 40:
            postgres_server.kill()
        assert memory.store(episode(seed)) is True
        if seed == 60:
            assert memory.health().pending == 21
            assert not memory.health().available
    postgres_server.start()
    started = time.perf_counter()
    while memory.health().pending:
        memory.flush()
        assert time.perf_counter() - started < 60
    print(f"PostgreSQL killed: recovered {time.perf_counter() - started:.3f} s after its return")
    assert memory.count() == 120
    assert [seed for seed in range(120) if memory.get(episode(seed).id) != episode(seed)] == []
    memory.close()
