"""Work that is shared between processes comes back whole and in order."""

import multiprocessing
import os
from collections.abc import Sequence

import pytest

from sovereign.parallel import FEW, in_parallel


def squares(numbers: Sequence[int]) -> list[int]:
    return [number * number for number in numbers]


def fail_on_the_last(numbers: Sequence[int]) -> None:
    if FEW * 2 - 1 in numbers:
        raise ValueError("the last one")


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, FEW + 1, FEW * 3])
def test_results_come_in_order(count: int) -> None:
    parts = in_parallel(squares, range(count))
    assert [square for part in parts for square in part] == squares(range(count))


def test_a_few_items_stay_in_this_process() -> None:
    assert in_parallel(lambda _: os.getpid(), range(FEW - 1)) == [os.getpid()]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor")
def test_many_items_are_shared_and_see_what_is_loaded() -> None:
    loaded = {"not": lambda: "picklable"}
    parts = in_parallel(lambda items: (os.getpid(), loaded["not"](), len(items)), range(FEW))
    assert len({pid for pid, _, _ in parts}) == len(parts) > 1
    assert {text for _, text, _ in parts} == {"picklable"}
    assert sum(count for _, _, count in parts) == FEW


def test_an_error_of_another_process_is_raised_here() -> None:
    with pytest.raises(ValueError, match="the last one"):
        in_parallel(fail_on_the_last, range(FEW * 2))


def test_without_forks_everything_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert in_parallel(lambda items: (os.getpid(), len(items)), range(FEW)) == [(os.getpid(), FEW)]
