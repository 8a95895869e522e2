"""Work that is shared between processes comes back whole and in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

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
    monkeypatch.delattr(os, "fork")
    assert in_parallel(lambda items: (os.getpid(), len(items)), range(FEW)) == [(os.getpid(), FEW)]


def test_what_a_killed_fork_should_have_done_is_done_here() -> None:
    here = os.getpid()

    def work(numbers: Sequence[int]) -> list[int]:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return squares(numbers)

    parts = in_parallel(work, range(FEW))
    assert [square for part in parts for square in part] == squares(range(FEW))


def test_without_room_for_a_fork_everything_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    parts = in_parallel(lambda items: (os.getpid(), len(items)), range(FEW))
    assert {pid for pid, _ in parts} == {os.getpid()}
    assert sum(count for _, count in parts) == FEW


def test_macos_has_no_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert in_parallel(squares, range(FEW)) == [squares(range(FEW))]


def children() -> set[str]:
    """Processes that this one has, of this test or of another's fixtures."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text("ascii").split()}


def test_an_error_here_leaves_no_fork_behind() -> None:
    here = os.getpid()

    def work(numbers: Sequence[int]) -> None:
        if os.getpid() == here:
            raise ValueError(len(numbers))
        time.sleep(60)

    start, before = time.monotonic(), children()
    with pytest.raises(ValueError, match=r"[0-9]+"):
        in_parallel(work, range(FEW))
    assert time.monotonic() - start < 30
    assert children() <= before


FORKS = """
import os, sys, time
from sovereign.parallel import FEW, in_parallel
here = os.getpid()
def work(items):
    if os.getpid() != here:
        print(os.getpid(), flush=True)
    time.sleep(1 if os.getpid() != here else 60)
in_parallel(work, range(FEW))
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor")
def test_forks_do_not_outlive_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", FORKS], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert int(parent.stdout.readline())
        parent.kill()
        start = time.monotonic()
        parent.stdout.read()  # the end comes when the last fork, which writes there too, is gone
    assert time.monotonic() - start < 30
