"""The benchmark's verdicts: which way a ratio points, whose figure counts, and who is refused."""

import dataclasses

import numpy as np
import pytest

pytest.importorskip("emily.instinct.hdc")

from bench.hdc.check import nearest
from bench.hdc.data import Data, make
from bench.hdc.goals import GOALS, Goal
from bench.hdc.peers.protocol import Answer
from bench.hdc.race import Figure, Role, Spread, Timing, WrongAnswerError
from bench.hdc.results import Lane, collect


def figure(who: str, role: Role, seconds: float, **changes: object) -> Figure:
    spread = Spread(seconds, seconds, seconds)
    made = Figure(
        work="single",
        size=1_000_000,
        who=who,
        library=who,
        role=role,
        kind="",
        threads=1,
        setup=0.0,
        scale=1.0,
        timing=Timing(spread, spread, 9),
        reason="",
    )
    return dataclasses.replace(made, **changes)


def goal(work: str, size: int, text: str) -> Goal:
    (found,) = (it for it in GOALS if (it.work, it.size, it.text) == (work, size, text))
    return found


FLOOR, OURS = figure("read", "floor", 1.0), figure("emily", "ours", 2.0)


def test_we_are_so_many_times_the_floor() -> None:
    it = goal("single", 1_000_000, "<= 1.05x the read floor")
    assert it.measured(collect([[FLOOR, OURS]])) == [2.0]
    assert (it.met(1.05), it.met(1.06)) == (True, False)


def test_a_peer_is_so_many_times_slower_than_we() -> None:
    it = goal("single", 1_000_000, ">= 1.4x FAISS")
    slow, fast = (
        figure("faiss", "peer", 5.0),
        figure("faiss, another", "peer", 3.0, library="faiss"),
    )
    assert it.measured(collect([[OURS, slow, fast]])) == [1.5]  # its better way counts
    assert (it.met(1.4), it.met(1.39)) == (True, False)


def test_each_process_has_a_ratio_of_its_own() -> None:
    it = goal("single", 1_000_000, "<= 1.05x the read floor")
    twice = [[FLOOR, OURS], [FLOOR, figure("emily", "ours", 3.0)]]
    assert it.measured(collect(twice)) == [2.0, 3.0]


def test_a_goal_without_its_peer_is_not_measured() -> None:
    refused = figure("faiss", "peer", 1.0, timing=None, reason="not here")
    assert goal("single", 1_000_000, ">= 1.4x FAISS").measured(collect([[OURS, refused]])) == []


def test_the_processors_time_counts_where_others_slowed_the_wall() -> None:
    wall, cpu = Spread(2.0, 2.0, 2.0), Spread(1.0, 1.0, 1.0)
    slowed = figure("emily", "ours", 0.0, timing=Timing(wall, cpu, 9))
    assert Lane((slowed,)).ours() == 1.0
    assert Lane((dataclasses.replace(slowed, threads=2),)).ours() == 2.0


@pytest.mark.parametrize("it", GOALS, ids=lambda it: f"{it.title}, {it.size}, {it.text}")
def test_every_goal_says_its_own_limit(it: Goal) -> None:
    sign, number, *_ = it.text.split()
    assert (sign, float(number.removesuffix("x"))) == ("<=" if it.at_most else ">=", it.limit)


@pytest.fixture(scope="module")
def data() -> Data:
    return make(50)


def answer(data: Data, k: int = 5) -> Answer:
    right = data.reference(10_000)[:3]
    ids = np.argsort(right, axis=1, kind="stable")[:, :k]
    return Answer(np.take_along_axis(right, ids, axis=1), ids)


def test_a_right_answer_is_timed(data: Data) -> None:
    nearest(answer(data), data, 0, 3)


@pytest.mark.parametrize("change", ["distance", "order", "row", "twice"])
def test_a_wrong_answer_is_not(data: Data, change: str) -> None:
    given = answer(data)
    distances, ids = given.distances.copy(), given.ids.copy()
    if change == "distance":
        distances[1, 0] += 1
    elif change == "order":
        distances[1], ids[1] = distances[1, ::-1].copy(), ids[1, ::-1].copy()
    elif change == "row":
        ids[1, 0] = next(row for row in range(50) if row not in ids[1])
    else:
        ids[1, 1] = ids[1, 0]
    with pytest.raises(WrongAnswerError):
        nearest(Answer(distances, ids), data, 0, 3)
