"""The kernel's threads are made once, and Python goes on while it works."""

import threading
import time
from pathlib import Path

from emily.instinct.hdc import Hypervectors, ItemMemory

ROWS = Hypervectors.random(20_000, seed=1)
TASKS = Path("/proc/self/task")


def searched(threads: int) -> ItemMemory:
    memory = ItemMemory()
    memory.add(ROWS)
    memory.search(ROWS[:8], 3, threads=threads)
    return memory


def test_threads_are_made_once() -> None:
    memory, begin, ended = searched(threads=4), threading.Event(), threading.Event()

    def search() -> None:
        begin.wait()
        for _ in range(20):
            memory.search(ROWS[:8], 3, threads=4)
            memory.search(ROWS[0], 3, threads=2)
        ended.set()

    searching = threading.Thread(target=search)
    searching.start()
    before, seen = {task.name for task in TASKS.iterdir()}, set[str]()
    begin.set()
    while not ended.is_set():
        seen |= {task.name for task in TASKS.iterdir()}
    searching.join()
    assert seen
    assert seen <= before


def test_python_goes_on_during_a_search() -> None:
    memory, ended = searched(threads=1), threading.Event()

    def search() -> None:
        memory.search(ROWS[:2000], 3)
        ended.set()

    searching = threading.Thread(target=search)
    searching.start()
    steps = 0
    while not ended.is_set():
        steps += 1
        time.sleep(0)
    searching.join()
    assert steps > 100  # a search that held the lock would let this loop run once or twice
