"""Item memory: what a search finds is what sorting all distances finds, whatever was changed before."""

import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from numpy.typing import NDArray

import plain_hdc as plain
from emily.instinct.hdc.errors import DimensionError, HdcError, IdError, ShapeError
from emily.instinct.hdc.ids import MAX_ID
from emily.instinct.hdc.memory import ItemMemory, Matches
from emily.instinct.hdc.packing import DIM
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors
from plain_hdc import Bits

on_every_kernel = pytest.mark.usefixtures("variant")

MISSING = (2**31 - 1, -1)

threads = st.integers(1, 3)


def nearest(
    rows: Bits,
    query: Bits,
    k: int,
    max_distance: int | None = None,
    ids: Iterable[int] | None = None,
) -> list[tuple[int, int]]:
    """Distances and ids: all distances sorted, equal ones in the order of the rows."""
    distances = (rows != query).sum(axis=1).tolist()
    names = range(len(rows)) if ids is None else ids
    pairs = sorted(zip(distances, names, strict=True), key=lambda pair: pair[0])
    limit = len(query) if max_distance is None else max_distance
    return ([pair for pair in pairs if pair[0] <= limit] + [MISSING] * k)[:k]


def found(matches: Matches) -> list[tuple[int, int]]:
    assert (matches.distances.dtype, matches.ids.dtype) == (np.int32, np.int64)
    return list(zip(matches.distances.tolist(), matches.ids.tolist(), strict=True))


def each_found(matches: Matches) -> list[list[tuple[int, int]]]:
    return [found(Matches(*pair)) for pair in zip(*matches, strict=True)]


def memory_of(bits: Bits, ids: NDArray[np.int64] | None = None) -> ItemMemory:
    memory = ItemMemory(bits.shape[1])
    memory.add(Hypervectors.from_bits(bits), ids)
    return memory


@st.composite
def rows_and_queries(draw: st.DrawFn, most_queries: int) -> tuple[Bits, Bits]:
    """Rows and queries near few common vectors, so that many distances are small and many equal."""
    dim, seed = draw(plain.dims), draw(plain.seeds)
    count, queries = draw(st.integers(0, 200)), draw(st.integers(1, most_queries))
    generator = np.random.default_rng(seed)
    centres = generator.random((draw(st.integers(1, 4)), dim)) < 0.5
    share = draw(st.sampled_from([0, 1 / dim, 0.01, 0.1, 0.5]))
    near = centres[generator.integers(0, len(centres), count + queries)]
    bits = near ^ (generator.random(near.shape) < share)
    return bits[:count], bits[count:]


limits = st.none() | st.integers(0, 40) | st.integers(0, 2**40)


@on_every_kernel
class TestSearch:
    @given(rows_and_queries(1), st.integers(1, 250), limits, threads)
    @settings(deadline=None)
    def test_one_query_finds_what_sorting_finds(
        self, bits: tuple[Bits, Bits], k: int, limit: int | None, threads: int
    ) -> None:
        rows, (asked,) = bits
        memory, query = memory_of(rows), Hypervector.from_bits(asked)
        wanted = nearest(rows, asked, k, limit)
        out = Matches(np.empty(k, np.int32), np.empty(k, np.int64))
        for _ in ("plain", "pruned"):
            assert found(memory.search(query, k, max_distance=limit, threads=threads)) == wanted
            same = memory.search(query, k, max_distance=limit, threads=threads, out=out)
            assert same is out
            assert found(out) == wanted
            out.distances[:], out.ids[:] = 7, 7
            memory.index()

    @given(rows_and_queries(9), st.integers(1, 250), limits, threads)
    @settings(deadline=None)
    def test_a_batch_finds_what_each_of_its_queries_finds(
        self, bits: tuple[Bits, Bits], k: int, limit: int | None, threads: int
    ) -> None:
        rows, asked = bits
        memory, queries = memory_of(rows), Hypervectors.from_bits(asked)
        wanted = [nearest(rows, query, k, limit) for query in asked]
        shape = (len(asked), k)
        out = Matches(np.empty(shape, np.int32), np.empty(shape, np.int64))
        for _ in ("plain", "with an index"):
            matches = memory.search(queries, k, max_distance=limit, threads=threads)
            assert matches.ids.shape == matches.distances.shape == shape
            assert each_found(matches) == wanted
            memory.search(queries, k, max_distance=limit, threads=threads, out=out)
            assert each_found(out) == wanted
            memory.index()

    @pytest.mark.parametrize(
        ("count", "queries"), [(40, 300), (1, 257), (1000, 20), (0, 3), (9, 0)]
    )
    @pytest.mark.parametrize("threads", [1, 2, 3])
    def test_batches_that_are_searched_in_parts(
        self, count: int, queries: int, threads: int
    ) -> None:
        rows, asked = plain.random_bits((count, DIM), 1), plain.random_bits((queries, DIM), 2)
        asked[: len(rows)] = rows[: len(asked)]
        memory = memory_of(rows)
        matches = memory.search(Hypervectors.from_bits(asked), 3, threads=threads)
        distances = asked.astype(np.float32) @ (1 - 2 * rows.T.astype(np.float32))
        distances += rows.sum(axis=1)
        order = np.argsort(distances, axis=1, kind="stable")[:, :3]
        places = order.shape[1]
        assert np.array_equal(matches.ids[:, :places], order)
        nearby = np.take_along_axis(distances, order, axis=1)
        assert np.array_equal(matches.distances[:, :places], nearby)
        assert (matches.ids[:, places:] == -1).all()

    @pytest.mark.parametrize("k", [1, 3, 40, 1000])
    def test_equally_near_rows_come_in_the_order_in_which_they_were_added(self, k: int) -> None:
        rows = np.zeros((700, 1000), np.bool_)
        rows[::2, 3] = True
        ids = np.random.default_rng(1).permutation(700)
        memory, query = memory_of(rows, ids), Hypervector.zeros(1000)
        wanted = [(0, name) for name in ids[1::2].tolist()] + [
            (1, name) for name in ids[::2].tolist()
        ]
        wanted = (wanted + [MISSING] * k)[:k]
        for threads in (1, 2, 3):
            memory.index()
            assert found(memory.search(query, k, threads=threads)) == wanted
            memory.update(ids[0], memory[ids[0]])  # drops the index
            assert found(memory.search(query, k, threads=threads)) == wanted
            batch = memory.search(Hypervectors.zeros(5, 1000), k, threads=threads)
            assert each_found(batch) == [wanted] * 5

    def test_numbers_of_numpy_are_numbers(self) -> None:
        memory = memory_of(plain.random_bits((5, 100), 1))
        matches = memory.search(
            memory[2], np.int64(2), max_distance=np.int32(0), threads=np.uint8(1)
        )
        assert found(matches) == [(0, 2), MISSING]
        out = Matches(np.empty(2, np.int32), np.empty(2, np.int64))
        assert found(memory.search(memory[2], np.int64(2), max_distance=0, out=out)) == found(
            matches
        )

    def test_out_may_change_from_search_to_search(self) -> None:
        memory = memory_of(plain.random_bits((5, 100), 1))
        outs = [Matches(np.empty(k, np.int32), np.empty(k, np.int64)) for k in (1, 2, 1)]
        for number in (3, 1, 4):
            for out in outs:
                found_first = memory.search(memory[number], len(out.ids), out=out)
                assert found(found_first)[0] == (0, number)
        with pytest.raises(ShapeError, match=r"out\.distances must be int32 of shape \(2,\)"):
            memory.search(memory[0], 2, out=outs[2])

    def test_the_index_is_dropped_by_each_change(self) -> None:
        rows = plain.random_bits((100, DIM), 1)
        other = Hypervector.random(seed=2)
        for change in (
            lambda memory: memory.add(other),
            lambda memory: memory.update(3, other),
            lambda memory: memory.remove(3) or memory.add(other),
        ):
            memory = memory_of(rows)
            memory.index()
            change(memory)
            assert memory.search(other, max_distance=100).distances[0] == 0


class TestIds:
    def test_they_are_counted_from_zero_and_never_given_out_twice(self) -> None:
        memory, vectors = ItemMemory(64), Hypervectors.random(3, 64, seed=1)
        assert memory.add(vectors).tolist() == [0, 1, 2]
        memory.remove([2, 0])
        assert memory.add(vectors[0]).tolist() == [3]
        assert memory.add(vectors[:2], [100, 7]).tolist() == [100, 7]
        assert memory.add(vectors[0]).dtype == np.int64
        memory.remove(memory.ids)
        assert memory.add(vectors[0]).tolist() == [102]

    def test_an_id_that_was_removed_may_be_named_again(self) -> None:
        memory, vector = ItemMemory(64), Hypervector.random(64, seed=1)
        memory.add(vector)
        memory.remove(0)
        memory.add(vector, 0)
        assert memory.ids.tolist() == [0]

    def test_the_highest_is_the_last_that_is_given_out(self) -> None:
        memory, vector = ItemMemory(64), Hypervector.random(64, seed=1)
        memory.add(vector, MAX_ID)
        assert memory.search(vector).ids.tolist() == [MAX_ID]
        assert memory.add(Hypervectors.zeros(0, 64)).tolist() == []
        with pytest.raises(IdError, match=f"none are left above {MAX_ID}"):
            memory.add(vector)
        assert memory.add(vector, 5).tolist() == [5]

    def test_a_memory_is_a_collection_of_its_ids(self) -> None:
        memory = memory_of(plain.random_bits((3, 64), 1), np.array([5, 3, 9]))
        assert len(memory) == 3
        assert list(memory) == memory.ids.tolist() == [5, 3, 9]
        assert 3 in memory
        assert np.int32(9) in memory
        assert all(other not in memory for other in (4, -1, 2**70, "3", 3.0, None))
        assert repr(memory) == "ItemMemory(3 of 64 bits)"

    def test_views_cannot_be_written_to_and_items_are_copies(self) -> None:
        memory = memory_of(plain.random_bits((3, 64), 1))
        for view in (memory.vectors.rows, memory.vectors.words):
            with pytest.raises(ValueError, match="read-only"):
                view[0] = 1
        memory[1].permute(1, out=(item := memory[1]))
        assert memory[1] != item
        memory.ids[0] = 7
        assert memory.ids.tolist() == [0, 1, 2]


class Model(RuleBasedStateMachine):
    """A memory beside a dict from ids to bits."""

    dim: int
    memory: ItemMemory
    model: dict[int, Bits]
    ever: int

    @initialize(dim=st.sampled_from([64, 100, 1000]))
    def begin(self, dim: int) -> None:
        self.dim, self.memory, self.model, self.ever = dim, ItemMemory(dim), {}, -1

    def some(self, data: st.DataObject) -> list[int]:
        if not self.model:
            return []
        return data.draw(st.lists(st.sampled_from(sorted(self.model)), unique=True, max_size=6))

    @rule(count=st.integers(0, 9), seed=plain.seeds)
    def add(self, count: int, seed: int) -> None:
        bits = plain.random_bits((count, self.dim), seed, 0.1)
        ids = self.memory.add(Hypervectors.from_bits(bits)).tolist()
        assert ids == list(range(self.ever + 1, self.ever + 1 + count))
        self.model.update(zip(ids, bits, strict=True))
        self.ever += count

    @rule(ids=st.lists(st.integers(0, 30), unique=True, max_size=5), seed=plain.seeds)
    def add_with_ids(self, ids: list[int], seed: int) -> None:
        bits = plain.random_bits((len(ids), self.dim), seed, 0.1)
        if set(ids) & set(self.model):
            with pytest.raises(IdError, match="is in the memory"):
                self.memory.add(Hypervectors.from_bits(bits), ids)
            return
        self.memory.add(Hypervectors.from_bits(bits), ids)
        self.model.update(zip(ids, bits, strict=True))
        self.ever = max(self.ever, *ids, -1)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ids = self.some(data)
        self.memory.remove(ids)
        for name in ids:
            del self.model[name]

    @rule(data=st.data(), seed=plain.seeds)
    def update(self, data: st.DataObject, seed: int) -> None:
        ids = self.some(data)
        bits = plain.random_bits((len(ids), self.dim), seed, 0.1)
        self.memory.update(ids, Hypervectors.from_bits(bits))
        self.model.update(zip(ids, bits, strict=True))

    @rule(data=st.data())
    def change_nothing_for_an_unknown_id(self, data: st.DataObject) -> None:
        ids = [*self.some(data), self.ever + 1]
        with pytest.raises(IdError, match=f"{self.ever + 1} is not in the memory"):
            self.memory.remove(ids)
        with pytest.raises(IdError, match=f"{self.ever + 1} is not in the memory"):
            self.memory.update(ids, Hypervectors.zeros(len(ids), self.dim))

    @rule()
    def index(self) -> None:
        self.memory.index()

    @rule(way=st.sampled_from([ItemMemory.copy, lambda memory: pickle.loads(pickle.dumps(memory))]))
    def go_on_with_a_copy(self, way: Callable[[ItemMemory], ItemMemory]) -> None:
        left, self.memory = self.memory, way(self.memory)
        left.remove(left.ids)

    @rule(k=st.integers(1, 40), limit=limits, threads=threads, seed=plain.seeds)
    def search(self, k: int, limit: int | None, threads: int, seed: int) -> None:
        asked = plain.random_bits((3, self.dim), seed, 0.1)
        rows = np.array(list(self.model.values()), np.bool_).reshape(-1, self.dim)
        wanted = [nearest(rows, query, k, limit, self.model) for query in asked]
        queries = Hypervectors.from_bits(asked)
        batch = self.memory.search(queries, k, max_distance=limit, threads=threads)
        assert each_found(batch) == wanted
        one = self.memory.search(queries[0], k, max_distance=limit, threads=threads)
        assert found(one) == wanted[0]

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert self.memory.ids.tolist() == list(self.model)
        assert len(self.memory) == len(self.model)
        held = [row.tolist() for row in self.memory.vectors.bits()]
        assert held == [row.tolist() for row in self.model.values()]
        for name in (*list(self.model)[:3], self.ever + 1):
            assert (name in self.memory) == (name in self.model)
            if name in self.model:
                assert np.array_equal(self.memory[name].bits(), self.model[name])


@on_every_kernel
def test_a_memory_holds_what_was_added_and_not_removed() -> None:
    few = settings(deadline=None, max_examples=40, stateful_step_count=25)
    run_state_machine_as_test(Model, settings=few)


def test_rows_are_seldom_moved_while_more_are_added() -> None:
    memory, vector = ItemMemory(64), Hypervector.random(64, seed=1)
    places = set()
    for _ in range(1000):
        memory.add(vector)
        places.add(memory.vectors.rows.ctypes.data)
    assert len(places) <= 12


def test_a_memory_may_be_given_its_own_vectors() -> None:
    rows = plain.random_bits((4, 100), 1)
    memory = memory_of(rows)
    memory.add(memory.vectors)
    memory.update([1, 2, 3], memory.vectors[:3])
    wanted = [*rows[[0, 0, 1, 2]], *rows]
    assert np.array_equal(memory.vectors.bits(), wanted)


@on_every_kernel
class TestAcceptance:
    """Figures of the reference: 1,000 items of 10,000 bits."""

    ITEMS = plain.random_bits((1000, DIM), 1)

    @pytest.mark.parametrize("flipped", [3000, 4000, 4500])
    def test_every_item_is_recalled_from_noise(self, flipped: int) -> None:
        generator, noisy = np.random.default_rng(2), self.ITEMS.copy()
        for row in noisy:
            row[generator.choice(DIM, flipped, replace=False)] ^= True
        memory, queries = memory_of(self.ITEMS), Hypervectors.from_bits(noisy)
        matches = memory.search(queries)
        assert matches.ids[:, 0].tolist() == list(range(1000))
        assert (matches.distances == flipped).all()
        assert [memory.cleanup(query) for query in queries] == list(range(1000))

    def test_no_random_probe_is_accepted(self) -> None:
        memory, probes = memory_of(self.ITEMS), Hypervectors.random(2000, seed=3)
        assert {memory.cleanup(probe) for probe in probes} == {None}
        assert memory.search(probes).distances.min() < 4850  # though some item is the nearest

    def test_cleanup_accepts_up_to_the_threshold_and_no_farther(self) -> None:
        memory = memory_of(self.ITEMS)
        assert memory.threshold(1e-9) == 4648
        for indexed in (False, True):
            for distance, answer in ((4648, 7), (4649, None)):
                query = self.ITEMS[7].copy()
                query[:distance] ^= True
                assert memory.cleanup(Hypervector.from_bits(query), threads=2) == answer, indexed
            memory.index()

    def test_an_empty_memory_accepts_nothing(self) -> None:
        assert ItemMemory().cleanup(Hypervector.zeros()) is None
        assert ItemMemory(64).threshold(1e-30) == -1
        lone = memory_of(np.zeros((1, 64), np.bool_))
        assert lone.cleanup(Hypervector.zeros(64), 1e-30) is None
        assert lone.cleanup(Hypervector.zeros(64)) == 0


@on_every_kernel
class TestThreads:
    ROWS = plain.random_bits((2000, 2000), 1)
    ASKED = ROWS[::100] ^ plain.random_bits((20, 2000), 2, 0.1)

    def test_searches_of_many_threads_are_right(self) -> None:
        memory, queries = memory_of(self.ROWS), Hypervectors.from_bits(self.ASKED)
        memory.index()
        wanted = [nearest(self.ROWS, query, 3) for query in self.ASKED]

        def search(start: int) -> bool:
            right = True
            for number in range(start, start + 20):
                one = memory.search(queries[number % 20], 3, threads=2)
                right &= found(one) == wanted[number % 20]
                right &= each_found(memory.search(queries, 3, threads=2)) == wanted
            return right

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(search, range(4)))

    def test_searches_go_on_while_rows_are_added(self) -> None:
        memory, queries = memory_of(self.ROWS), Hypervectors.from_bits(self.ASKED)
        wanted = [nearest(self.ROWS, query, 1) for query in self.ASKED]
        far = Hypervectors.from_bits(plain.random_bits((7, 2000), 3))

        def add() -> None:
            for _ in range(300):
                memory.add(far)

        adder = threading.Thread(target=add)
        adder.start()
        while adder.is_alive():
            assert each_found(memory.search(queries, threads=2)) == wanted
        adder.join()
        assert len(memory) == 2000 + 2100
        assert each_found(memory.search(queries)) == wanted

    def test_searches_while_rows_are_removed_find_rows(self) -> None:
        memory, queries = memory_of(self.ROWS), Hypervectors.from_bits(self.ASKED)
        few = Hypervectors.from_bits(self.ROWS[:50])

        def change() -> None:
            for _ in range(60):
                ids = memory.ids[:50].copy()
                memory.remove(ids)
                memory.index()
                memory.add(few, ids[::-1])

        changer = threading.Thread(target=change)
        changer.start()
        while changer.is_alive():
            for matches in (memory.search(queries, 3), memory.search(queries[0], 3)):
                assert ((matches.ids >= 0) & (matches.ids < 2000)).all()
        changer.join()
        assert sorted(memory) == list(range(2000))

    def test_many_threads_may_add_at_once(self) -> None:
        memory, vectors = ItemMemory(64), Hypervectors.random(3, 64, seed=1)
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda _: memory.add(vectors).tolist(), range(400)))
        assert sorted(name for some in ids for name in some) == list(range(1200))
        assert all(memory.vectors[some[0] : some[-1] + 1] == vectors for some in ids)

    def test_a_child_process_searches_with_threads_of_its_own(self, variant: str) -> None:
        subprocess.run([sys.executable, "-c", FORK, variant], check=True, timeout=60)


FORK = """
import os, sys, warnings
from emily.instinct.hdc import Hypervectors, kernel
from emily.instinct.hdc.memory import ItemMemory
warnings.simplefilter("ignore")  # of Python 3.12 on: there are threads at the fork
kernel.use(sys.argv[1])
memory, vectors = ItemMemory(), Hypervectors.random(500, seed=1)
memory.add(vectors)
right = list(range(500))
def search():
    return memory.search(vectors, threads=2).ids[:, 0].tolist() == right
assert search()
child = os.fork()
if child == 0:
    os._exit(0 if search() and search() else 1)
assert os.waitpid(child, 0)[1] == 0
assert search()
"""


def matches(
    shape: int | tuple[int, ...], distances: type = np.int32, ids: type = np.int64
) -> Matches:
    return Matches(np.empty(shape, distances), np.empty(shape, ids))


def frozen() -> Matches:
    given = matches(2)
    given.ids.flags.writeable = False
    return given


ONE, TWO = Hypervector.zeros(64), Hypervectors.zeros(2, 64)

REFUSED: list[tuple[Callable[[ItemMemory], object], type[Exception], str]] = [
    (lambda m: m.search(Hypervector.zeros(65)), DimensionError, "query has 65 bits, not 64"),
    (lambda m: m.search(Hypervectors.zeros(2)), DimensionError, "query has 10000 bits, not 64"),
    (lambda m: m.search(ONE.words), TypeError, "query must be a Hypervector or Hypervectors"),
    (lambda m: m.search(ONE, 0), HdcError, "k must be 1 to 2147483647, but is 0"),
    (lambda m: m.search(ONE, 2**31), HdcError, "k must be 1 to 2147483647, but is 2147483648"),
    (lambda m: m.search(ONE, True), TypeError, "k must be a whole number, not bool"),
    (lambda m: m.search(TWO, 1.0), TypeError, "k must be a whole number, not float"),
    (lambda m: m.search(ONE, threads=0), HdcError, "threads must be 1 to 256, but is 0"),
    (lambda m: m.search(ONE, threads=257), HdcError, "threads must be 1 to 256, but is 257"),
    (lambda m: m.search(ONE, threads="2"), TypeError, "threads must be a whole number, not str"),
    (lambda m: m.search(ONE, max_distance=-1), HdcError, "max_distance must be 0 or more"),
    (lambda m: m.search(ONE, max_distance=0.5), TypeError, "max_distance must be a whole number"),
    (lambda m: m.search(ONE, 2, out=matches(3)), ShapeError, "shape (2,), not int32 of (3,)"),
    (lambda m: m.search(TWO, 2, out=matches(2)), ShapeError, "shape (2, 2), not int32 of (2,)"),
    (lambda m: m.search(ONE, 2, out=matches(2, ids=np.int32)), ShapeError, "out.ids must be int64"),
    (
        lambda m: m.search(ONE, 2, out=frozen()),
        ShapeError,
        "out.ids must be contiguous, aligned and",
    ),
    (lambda m: m.search(ONE, 2, out=(1, 2)), TypeError, "out must be Matches, not tuple"),
    (lambda m: m.cleanup(TWO), TypeError, "query must be a Hypervector, not Hypervectors"),
    (lambda m: m.add(Hypervector.zeros(65)), DimensionError, "vectors have 65 bits, not 64"),
    (lambda m: m.add([ONE]), TypeError, "vectors must be a Hypervector or Hypervectors, not list"),
    (lambda m: m.add(TWO, [7]), ShapeError, "ids must be 2, one per vector, not 1"),
    (lambda m: m.add(TWO, [7, 7]), IdError, "ids holds 7 twice"),
    (lambda m: m.add(TWO, [9, 2]), IdError, "ids: 2 is in the memory; update changes its vector"),
    (lambda m: m.add(TWO, [9, -1]), IdError, f"ids are 0 to {MAX_ID}, not -1 to 9"),
    (lambda m: m.add(ONE, 2**63), IdError, f"ids are 0 to {MAX_ID}, not {2**63} to {2**63}"),
    (lambda m: m.add(ONE, 2**64), ShapeError, "ids must be whole numbers of 64 bits, not object"),
    (lambda m: m.add(ONE, 1.5), ShapeError, "ids must be whole numbers of 64 bits, not float64"),
    (lambda m: m.add(ONE, True), ShapeError, "ids must be whole numbers of 64 bits, not bool"),
    (lambda m: m.add(ONE, [[9]]), ShapeError, "ids must have the shape (n,), not (1, 1)"),
    (lambda m: m.update([0, 1], ONE), ShapeError, "ids must be 1, one per vector, not 2"),
    (lambda m: m.update(9, ONE), IdError, "ids: 9 is not in the memory"),
    (lambda m: m.update(1, Hypervector.zeros(65)), DimensionError, "vectors have 65 bits, not 64"),
    (lambda m: m.remove([0, 0]), IdError, "ids holds 0 twice"),
    (lambda m: m.remove([1, 3]), IdError, "ids: 3 is not in the memory"),
    (lambda m: m[3], IdError, "ids: 3 is not in the memory"),
    (lambda _: ItemMemory(63), DimensionError, "dim is 64 to 1048576 bits, not 63"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=[case[2] for case in REFUSED])
def test_bad_input_is_named_and_changes_nothing(
    call: Callable[[ItemMemory], object], error: type[Exception], words: str
) -> None:
    rows = plain.random_bits((3, 64), 1)
    memory = memory_of(rows)
    with pytest.raises(error, match=re.escape(words)):
        call(memory)
    assert memory.ids.tolist() == [0, 1, 2]
    assert np.array_equal(memory.vectors.bits(), rows)
    assert memory.add(ONE).tolist() == [3]
