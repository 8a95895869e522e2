"""Hostile arguments, interruptions and other threads: a clear error, nothing lost, nothing wrong."""

import copy
import os
import pickle
import signal
import stat
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from emily.instinct.hdc import (
    Codebook,
    Counters,
    HdcError,
    Hypervector,
    Hypervectors,
    ItemMemory,
    NGramEncoder,
    bundle,
    bundle_groups,
    bundle_products,
    levels,
)
from emily.instinct.hdc.ids import Ids
from emily.instinct.hdc.packing import aligned_rows

ROWS = Hypervectors.random(4, 1000, seed=1)
V = ROWS[0].copy()


class Lazy(Sequence[Hypervectors]):
    """Makes its items when they are asked for, and keeps none."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, number: int) -> Hypervectors:
        if number > 1:
            raise IndexError
        return Hypervectors.random(2, 1000, seed=number)


def test_ends_that_leave_the_range_of_their_type_are_refused() -> None:
    with pytest.raises(HdcError, match="ends must rise"):
        bundle_groups([ROWS], np.zeros((5, 1), int), [2**63 - 1, -2, 5])


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.int16, np.int64])
def test_a_dimension_may_be_any_whole_number(dtype: type[np.integer]) -> None:
    dim = dtype(1000)
    rows = Hypervectors.zeros(3, dim)
    assert rows ^ Hypervector.zeros(dim) == Hypervectors.zeros(3, 1000)
    assert Hypervectors.random(2, dim, seed=1) == Hypervectors.random(2, 1000, seed=1)
    assert levels(dtype(5), dim, seed=1) == levels(5, 1000, seed=1)
    assert Counters(dim).counts.shape == (1000,)
    assert len(ItemMemory(dim)) == 0


def test_what_the_kernel_relies_on_cannot_be_assigned() -> None:
    rows, memory, counters = ROWS.copy(), ItemMemory(), Counters()
    for assigned in (
        lambda: setattr(rows, "rows", ROWS.rows),
        lambda: setattr(rows, "dim", 64),
        lambda: setattr(V, "dim", 64),
        lambda: setattr(memory, "dim", 64),
        lambda: setattr(counters, "dim", 64),
    ):
        with pytest.raises(AttributeError):
            assigned()


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((2, 3), np.uint64),
        aligned_rows(2, 1000).view(np.int64),
        aligned_rows(2, 2000)[:, ::2],
        aligned_rows(3, 1000).reshape(-1)[1:33].reshape(2, 16),
        np.zeros(16, np.uint64),
    ],
    ids=["narrow", "signed", "strided", "unaligned", "one-dimensional"],
)
def test_a_view_of_other_memory_is_refused(rows: np.ndarray) -> None:
    with pytest.raises(HdcError, match="rows must be"):
        Hypervectors.view(rows, 1000)


def test_rows_are_not_indexed_by_booleans() -> None:
    for index in (True, np.True_):
        with pytest.raises(TypeError, match="not by booleans"):
            ROWS[index]


def test_tables_need_not_be_kept_by_the_caller() -> None:
    kept = [Hypervectors.random(2, 1000, seed=number) for number in (0, 1)]
    assert bundle_products(Lazy(), [[0, 1], [1, 1], [1, 0]]) == bundle_products(
        kept, [[0, 1], [1, 1], [1, 0]]
    )


def test_a_thread_with_a_small_stack_can_bundle_and_search() -> None:
    memory, found = ItemMemory(1000), []
    memory.add(ROWS)

    def work() -> None:
        found.append(bundle(ROWS) == bundle(list(ROWS)))
        found.append(memory.search(ROWS, 2, threads=2).ids[:, 0].tolist() == [0, 1, 2, 3])

    before = threading.stack_size(64 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == [True, True]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_votes_of_any_whole_number_are_taken_back(dtype: type[np.integer]) -> None:
    counters = Counters(1000)
    counters.add(V, dtype(3))
    counters.subtract(V, dtype(1))
    assert set(np.unique(counters.counts)) <= {2, -2}


def test_shifts_of_any_whole_number() -> None:
    assert V.permute(np.int8(-3)) == V.permute(-3) == V.permute(997)
    assert ROWS.permute(np.int8(-3)) == ROWS.permute(997)


def test_padding_that_was_written_to_is_not_taken_into_a_memory() -> None:
    rows, memory = ROWS.copy(), ItemMemory(1000)
    rows.rows[:, -1] = np.uint64(1 << 63)
    with pytest.raises(HdcError, match="must be zero"):
        memory.add(rows)
    assert len(memory) == 0


def filled(count: int) -> ItemMemory:
    memory = ItemMemory(64)
    memory.add(Hypervectors.random(count, 64, seed=count))
    return memory


def test_an_interrupted_removal_leaves_the_memory_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = filled(1000)
    before = memory.copy()

    def interrupted(*_: object) -> Ids:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ids, "kept", interrupted)
    with pytest.raises(KeyboardInterrupt):
        memory.remove(range(10))
    assert memory.vectors == before.vectors
    assert memory.ids.tolist() == before.ids.tolist()


def test_a_failed_addition_leaves_the_memory_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory = filled(1000)

    def full(*_: object) -> np.ndarray:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(np, "full", full)
        with pytest.raises(MemoryError):
            memory.add(Hypervectors.random(5000, 64, seed=2))
    assert len(memory) == len(memory.vectors) == 1000
    memory.save(tmp_path / "items")
    assert len(ItemMemory.load(tmp_path / "items")) == 1000


def test_an_item_is_its_own_while_others_come_and_go() -> None:
    rows = Hypervectors.random(300, 64, seed=1)
    memory, stop, wrong = ItemMemory(64), threading.Event(), []
    memory.add(rows)

    def change() -> None:
        while not stop.is_set():
            memory.remove(range(100))
            memory.add(rows[:100], range(100))

    def read() -> None:
        while not stop.is_set():
            number = 250
            if memory[number] != rows[number]:
                wrong.append(number)

    threads = [threading.Thread(target=target) for target in (change, read, read)]
    for thread in threads:
        thread.start()
    stop.wait(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_codebook_that_is_first_asked_by_several_threads() -> None:
    for seed in range(20):
        codebook = Codebook.random("abcdefgh", 1000, seed=seed)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(codebook.cleanup, [codebook["c"]] * 4))
        assert found == ["c"] * 4


def test_saving_keeps_what_is_no_file_and_the_mode_of_what_is_one(tmp_path: Path) -> None:
    memory, pipe, items = filled(3), tmp_path / "pipe", tmp_path / "items"
    os.mkfifo(pipe)
    with pytest.raises(HdcError, match="Not a regular file"):
        memory.save(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    memory.save(items)
    items.chmod(0o600)
    (tmp_path / "link").symlink_to(items)
    memory.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE(items.stat().st_mode) == 0o600


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_forked_while_a_lock_is_held_can_change_its_memory() -> None:
    memory = filled(3)
    with memory._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(5)  # a hang ends the child
            memory.add(Hypervectors.random(1, 64, seed=9))
            os._exit(len(memory))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 4


def test_many_wanted_by_many_threads_take_memory_once() -> None:
    memory = filled(2000)
    queries = Hypervectors.random(8, 64, seed=1)
    alone, together = (memory.search(queries, 2000, threads=threads) for threads in (1, 256))
    assert np.array_equal(alone.ids, together.ids)


def test_n_grams_are_no_longer_than_permutations_differ() -> None:
    with pytest.raises(HdcError, match="n must be 1 to 1000"):
        NGramEncoder(Codebook.random("ab", 1000, seed=1), 2**31)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_copies_stand_alone(duplicate: Callable[[Hypervectors], Hypervectors]) -> None:
    rows = ROWS.copy()
    other = duplicate(rows)
    rows.bind(V, out=rows)
    assert other == ROWS
