"""How diverse hypotheses are, against direct sums; a collapse is noticed, and chance is not one."""

from itertools import combinations
from math import comb, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.cognition.gflownet import Hypergrid
from emily.cognition.gflownet.diversity import (
    diversity,
    entropy_of_faithful,
    modes_of_faithful,
    unique_of,
)
from emily.cognition.gflownet.exact import terminal_distribution

SERVED = Hypergrid(8, 4)
SMALL = Hypergrid(8, 2, 0.01)


@given(st.lists(st.integers(0, SERVED.size - 1), min_size=1, max_size=30))
def test_numbers_are_those_of_their_definition(states: list[int]) -> None:
    shown = diversity(SERVED, np.array(states))
    points = [SERVED.coordinates[state] for state in states]
    alike = [float(np.mean(a == b)) for a, b in combinations(points, 2)]
    assert shown.pairwise == pytest.approx(1 - sum(alike) / len(alike) if alike else 1)
    shares = [states.count(state) / len(states) for state in set(states)]
    entropy = -sum(share * log(share) for share in shares)
    expected = entropy_of_faithful(SERVED, len(states))
    assert shown.entropy_ratio == pytest.approx(entropy / expected if expected else 1)
    assert shown.unique == len(set(states))
    assert shown.modes == sum(bool(SERVED.is_mode[state]) for state in set(states))


@given(st.permutations(range(0, 4096, 137)))
def test_their_order_does_not_matter(states: list[int]) -> None:
    assert diversity(SERVED, np.array(states)) == diversity(SERVED, np.sort(states))


def test_the_same_again_and_again_has_no_diversity() -> None:
    shown = diversity(SERVED, np.full(50, 7))
    assert (shown.unique, shown.pairwise, shown.entropy_ratio) == (1, 0, 0)
    assert shown.mode_collapse


def test_a_single_hypothesis_is_not_judged() -> None:
    shown = diversity(SERVED, np.array([0]))
    assert (shown.unique, shown.pairwise, shown.entropy_ratio) == (1, 1, 1)
    assert not shown.mode_collapse


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_the_expected_entropy_is_the_sum_over_all_states(count: int) -> None:
    expected = 0.0
    for share in SMALL.target:
        for seen in range(1, count + 1):
            chance = comb(count, seen) * share**seen * (1 - share) ** (count - seen)
            expected -= chance * seen / count * log(seen / count)
    assert entropy_of_faithful(SMALL, count) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("grid", [SMALL, SERVED], ids=str)
@pytest.mark.parametrize("count", [1, 5, 100])
def test_visited_modes_by_inclusion_and_exclusion(grid: Hypergrid, count: int) -> None:
    share, modes = float(grid.target[grid.is_mode][0]), grid.modes
    found = modes_of_faithful(grid, count)
    for visited in range(modes + 1):
        expected = comb(modes, visited) * sum(
            (-1) ** kept * comb(visited, kept) * (1 - (modes - visited + kept) * share) ** count
            for kept in range(visited + 1)
        )
        assert found[visited] == pytest.approx(expected, abs=1e-9)
    assert found @ np.arange(modes + 1) == pytest.approx(modes * (1 - (1 - share) ** count))


def test_a_grid_without_modes_expects_none() -> None:
    grid = Hypergrid(4, 2)
    assert grid.modes == 0
    assert modes_of_faithful(grid, 10).tolist() == [1]
    assert not diversity(grid, np.arange(16)).mode_collapse


@pytest.mark.parametrize(
    ("grid", "unique"),
    [(Hypergrid(8, 2), 32.5), (SMALL, 18.3), (Hypergrid(16, 2), 67.2), (SERVED, 96.7)],
    ids=str,
)
def test_how_many_of_a_hundred_differ_is_a_matter_of_the_grid(
    grid: Hypergrid, unique: float
) -> None:
    assert unique_of(grid.target, 100) == pytest.approx(unique, abs=0.05)


@pytest.mark.parametrize("grid", [SMALL, SERVED], ids=str)
@pytest.mark.parametrize("count", [2, 3, 10, 30, 100, 1000])
def test_a_faithful_sampler_is_rarely_called_collapsed(grid: Hypergrid, count: int) -> None:
    random, calls = np.random.default_rng(count), 500
    shown = [diversity(grid, random.choice(grid.size, count, p=grid.target)) for _ in range(calls)]
    assert sum(one.mode_collapse for one in shown) <= 8  # 1 in 1,000 is allowed
    assert np.mean([one.entropy_ratio for one in shown]) == pytest.approx(1, abs=0.05)
    assert np.mean([one.modes for one in shown]) == pytest.approx(shown[0].modes_expected, rel=0.2)


@pytest.mark.parametrize("grid", [SMALL, SERVED], ids=str)
@pytest.mark.parametrize("count", [10, 100, 1000])
def test_a_sampler_of_one_or_two_states_is_always_called_collapsed(
    grid: Hypergrid, count: int
) -> None:
    modes = np.flatnonzero(grid.is_mode)
    assert diversity(grid, np.full(count, modes[0])).mode_collapse
    two = np.resize(modes[:2], count)
    assert diversity(grid, two).mode_collapse


def test_one_that_never_reaches_the_far_modes_is_called_collapsed() -> None:
    everywhere_alike = terminal_distribution(SERVED, SERVED.evenly)
    random = np.random.default_rng(0)
    for _ in range(100):
        states = random.choice(SERVED.size, 300, p=everywhere_alike)
        assert diversity(SERVED, states).mode_collapse
