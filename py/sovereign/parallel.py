"""Work on many items with all processors."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

FEW = 64
"""Below this many items a second process costs more than it saves."""


def in_parallel(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> list[R]:
    """Give each processor an equal run of `items`; return what `work` makes of each, in order.

    The first run is worked on here, the others in forks, which see what is already loaded and
    pickle what they return. A few items, or a platform that cannot fork, are worked on here.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if len(items) < FEW or processors < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [work(items)]
    size = -(-len(items) // processors)
    own, *others = (items[start : start + size] for start in range(0, len(items), size))
    _inherited.append(lambda index: work(others[index]))
    try:
        with ProcessPoolExecutor(len(others), multiprocessing.get_context("fork")) as pool:
            done = pool.map(_work_on, range(len(others)))
            return [work(own), *cast("Iterator[R]", done)]
    finally:
        _inherited.pop()


_inherited: list[Callable[[int], object]] = []
"""What a fork is to do: a closure cannot be pickled, but a fork has it already."""


def _work_on(index: int) -> object:
    return _inherited[-1](index)
