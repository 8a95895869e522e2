"""Hypervectors in PostgreSQL are found as the C kernel finds them."""

import numpy as np
import psycopg
import pytest

from emily.cognition.memory import EpisodeError
from emily.cognition.memory.hypervectors import WORDS, HypervectorTable
from emily.cognition.memory.server import PostgresServer
from emily.instinct.hdc import DIM, Hypervector, Hypervectors, ItemMemory

ITEMS = 1000


@pytest.fixture(scope="module")
def filled(postgres_server):
    """The same thousand vectors in a table and in an item memory."""
    server = PostgresServer(postgres_server.create(migrated=True), timeout_s=60)
    vectors = Hypervectors.random(ITEMS, seed=1)
    memory = ItemMemory()
    ids = memory.add(vectors, np.random.default_rng(2).permutation(10 * ITEMS)[:ITEMS])
    table = HypervectorTable(server)
    table.put(ids.tolist(), vectors.words)
    yield table, memory
    server.close()


@pytest.fixture
def table(dsn: str):
    server = PostgresServer(dsn)
    yield HypervectorTable(server)
    server.close()


def noisy(memory: ItemMemory, seed: int, share: float) -> Hypervector:
    generator = np.random.default_rng(seed)
    vector = memory.vectors[int(generator.integers(ITEMS))].bits().copy()
    flipped = generator.permutation(DIM)[: int(share * DIM)]
    vector[flipped] ^= True
    return Hypervector.from_bits(vector)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.4, 0.45])
def test_the_exact_search_returns_what_the_kernel_returns(filled, share: float) -> None:
    table, memory = filled
    for seed in range(25):
        probe = noisy(memory, seed, share)
        expected = memory.search(probe, 10)
        distances, ids = table.search(probe.words, 10)
        assert distances.tolist() == expected.distances.tolist()
        assert ids[0] == expected.ids[0]
        # of equally near ones the kernel names the first row, the table the lowest id
        clear = distances < distances[-1]
        assert set(ids[clear].tolist()) == set(expected.ids[clear].tolist())


def test_the_index_finds_the_item_behind_a_noisy_probe(filled) -> None:
    table, memory = filled
    hits = 0
    for seed in range(100):
        probe = noisy(memory, seed, 0.3)
        expected = memory.search(probe, 1)
        distances, ids = table.search(probe.words, 1, exact=False)
        hits += (distances[0], ids[0]) == (expected.distances[0], expected.ids[0])
    assert hits >= 95


def test_the_index_is_used(filled) -> None:
    table, memory = filled
    text = "".join(str(int(bit)) for bit in memory.vectors[0].bits())

    def plan(connection: psycopg.Connection) -> str:
        return str(
            connection.execute(
                "EXPLAIN SELECT id FROM hypervectors ORDER BY bits <~> %s::bit(10000) LIMIT 5",
                (text,),
            ).fetchall()
        )

    assert "Index Scan using hypervectors_bits" in table._server.run(plan)


@pytest.mark.parametrize("bit", [0, 1, 7, 8, 62, 63, 64, 65, 9_984, 9_999])
def test_a_bit_is_at_its_place(table: HypervectorTable, bit: int) -> None:
    bits = np.zeros(DIM, bool)
    bits[bit] = True
    table.put([5], Hypervector.from_bits(bits).words[np.newaxis])
    place, ones = table._server.run(
        lambda used: used.execute(
            "SELECT position(B'1' IN bits), bit_count(bits) FROM hypervectors"
        ).fetchone()
    )
    assert (place, ones) == (bit + 1, 1)


def test_vectors_are_replaced_removed_and_counted(table: HypervectorTable) -> None:
    vectors = Hypervectors.random(3, seed=1)
    table.put([1, 2, 3], vectors.words)
    table.put([2], vectors.words[:1])
    distances, ids = table.search(vectors[0].words, 2)
    assert (distances.tolist(), ids.tolist()) == ([0, 0], [1, 2])
    assert table.remove([1, 2, 9]) == 2
    assert table.count() == 1
    assert len(table.search(vectors[0].words, 5)[1]) == 1


@pytest.mark.parametrize(
    ("ids", "words", "message"),
    [
        ([1], np.zeros((1, WORDS), np.int64), "array of uint64, not of int64"),
        ([1], np.zeros((1, WORDS - 1), np.uint64), r"shape \(n, 157\), not \(1, 156\)"),
        ([1], np.full((1, WORDS), 2**64 - 1, np.uint64), "bits from 10000 on must be zero"),
        ([1, 2], np.zeros((1, WORDS), np.uint64), "ids must be 1, one per vector, not 2"),
        ([-1], np.zeros((1, WORDS), np.uint64), "whole numbers from 0"),
        ([1, 1], np.zeros((2, WORDS), np.uint64), "ids must be different"),
    ],
)
def test_what_is_wrong_is_refused(table: HypervectorTable, ids, words, message: str) -> None:
    with pytest.raises(EpisodeError, match=message):
        table.put(ids, words)
    assert table.count() == 0
