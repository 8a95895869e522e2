"""What the tests of the memory share: episodes, a real PostgreSQL with pgvector, stores, a small disk."""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from emily.cognition.memory import (
    DIM,
    Affect,
    DurableMemory,
    Episode,
    EpisodicStore,
    Outbox,
    SqliteStore,
    ulid,
)
from real_postgres import Postgres, postgres

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_episode(seed: int, **fields: object) -> Episode:
    """The same episode for the same seed, up to a year before NOW."""
    generator = np.random.default_rng(seed)
    time_of_it = NOW - timedelta(hours=float(generator.uniform(0, 8760)))
    made = {
        "id": ulid(time_of_it, generator),
        "timestamp": time_of_it,
        "content": f"episode {seed}",
        "affect": Affect(*generator.uniform(-1, 1, 3)),
        "embedding": generator.standard_normal(DIM),
        "context": {"seed": seed},
    }
    return Episode(**(made | fields))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def episode() -> Callable[..., Episode]:
    return make_episode


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def dsn(postgres_server: Postgres) -> str:
    """A database with the whole schema and nothing in it."""
    if not postgres_server.running:  # a test that killed it failed
        postgres_server.start()
    postgres_server.sql("TRUNCATE episodes, hypervectors", "shared")
    return postgres_server.dsn("shared")


@pytest.fixture(params=["sqlite", "postgres", "durable"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EpisodicStore]:
    """Each kind of store, empty."""
    made: EpisodicStore
    match request.param:
        case "sqlite":
            made = SqliteStore(tmp_path / "episodes.db")
        case "postgres":
            from emily.cognition.memory.postgres import PostgresStore
            from emily.cognition.memory.server import PostgresServer

            made = PostgresStore(PostgresServer(request.getfixturevalue("dsn")))
        case _:
            made = DurableMemory(SqliteStore(tmp_path / "episodes.db"), Outbox(tmp_path / "outbox"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(mounted: Path) -> Path:
    """A file system of 1 MiB, empty."""
    for file in mounted.iterdir():
        file.unlink()
    return mounted
