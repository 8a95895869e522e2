"""The hypergrid, against the formula of the paper in fractions, and what is counted by hand."""

from fractions import Fraction
from math import prod

import numpy as np
import pytest

from emily.cognition.gflownet import GridError, Hypergrid

GRIDS = [Hypergrid(8, 2), Hypergrid(8, 2, 0.01), Hypergrid(16, 2), Hypergrid(8, 4), Hypergrid(9, 3)]


def reward(grid: Hypergrid, state: tuple[int, ...]) -> float:
    """R0 + .5 prod 1[|x/(H-1) - .5| > .25] + 2 prod 1[.3 < |x/(H-1) - .5| < .4]."""
    far = [abs(Fraction(x, grid.side - 1) - Fraction(1, 2)) for x in state]
    outer = prod(f > Fraction(1, 4) for f in far)
    band = prod(Fraction(3, 10) < f < Fraction(4, 10) for f in far)
    return grid.floor + 0.5 * outer + 2 * band


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_the_reward_is_that_of_the_paper(grid: Hypergrid) -> None:
    states = [tuple(state) for state in grid.coordinates.tolist()]
    assert len(set(states)) == grid.size == grid.side**grid.dimensions
    assert grid.reward.tolist() == [reward(grid, state) for state in states]
    assert grid.target.sum() == pytest.approx(1, abs=1e-12)
    assert grid.target.tolist() == (grid.reward / grid.reward.sum()).tolist()


@pytest.mark.parametrize(
    ("side", "dimensions", "floor", "modes", "log_z"),
    [
        (8, 2, 0.1, 4, 3.1091),
        (8, 2, 0.01, 4, 2.8118),
        (16, 2, 0.1, 4, 4.1836),
        (8, 4, 0.1, 16, 6.3449),
    ],
)
def test_modes_and_the_sum_of_rewards(
    side: int, dimensions: int, floor: float, modes: int, log_z: float
) -> None:
    grid = Hypergrid(side, dimensions, floor)
    assert grid.modes == modes
    assert grid.log_z == pytest.approx(log_z, abs=5e-5)
    assert set(grid.reward[grid.is_mode]) == {grid.reward.max()}


def test_modes_of_the_16_grid_lie_where_decimals_would_err() -> None:
    # 12/15 - .5 is .30000000000000004 in floating point: a fifth mode on each axis, were it used
    grid = Hypergrid(16, 2)
    assert grid.coordinates[grid.is_mode].tolist() == [[2, 2], [2, 13], [13, 2], [13, 13]]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_actions_lead_where_coordinates_say(grid: Hypergrid) -> None:
    for action in range(grid.stop):
        states = np.flatnonzero(grid.legal[:, action])
        onward = grid.coordinates[states + grid.strides[action]]
        assert (onward - grid.coordinates[states] == np.eye(grid.dimensions)[action]).all()
        assert (grid.coordinates[~grid.legal[:, action], action] == grid.side - 1).all()
    assert grid.legal[:, grid.stop].all()


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_parents_are_the_states_that_lead_there(grid: Hypergrid) -> None:
    counted = np.zeros(grid.size, int)
    for action in range(grid.stop):
        counted[np.flatnonzero(grid.legal[:, action]) + grid.strides[action]] += 1
    assert counted[0] == 0
    assert (grid.parents[1:] == counted[1:]).all()
    assert grid.parents[0] == 1


def test_levels_hold_each_state_once_by_its_distance() -> None:
    grid = Hypergrid(5, 3)
    assert sorted(np.concatenate(grid.levels).tolist()) == list(range(grid.size))
    for steps, level in enumerate(grid.levels):
        assert (grid.coordinates[level].sum(axis=1) == steps).all()


def test_one_hot_has_one_for_each_coordinate() -> None:
    grid = Hypergrid(4, 3)
    hot = grid.one_hot.reshape(grid.size, 3, 4)
    assert (hot.argmax(axis=2) == grid.coordinates).all()
    assert (hot.sum(axis=2) == 1).all()


@pytest.mark.parametrize(
    "table", ["coordinates", "one_hot", "legal", "parents", "reward", "target", "evenly"]
)
def test_tables_cannot_be_written_to(table: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(Hypergrid(3, 2), table)[0] = 0


@pytest.mark.parametrize(
    ("side", "dimensions", "floor", "what"),
    [
        (1, 2, 0.1, "side >= 2"),
        (0, 2, 0.1, "side >= 2"),
        (-8, 2, 0.1, "side >= 2"),
        (8, 0, 0.1, "dimension >= 1"),
        (8, 6, 0.1, "at most 65536 states"),
        (2, 10**9, 0.1, "at most 65536 states"),
        (8, 2, 0.0, "floor > 0"),
        (8, 2, -1.0, "floor > 0"),
        (8, 2, float("nan"), "floor > 0"),
        (8, 2, float("inf"), "floor > 0"),
    ],
)
def test_grids_that_cannot_be_are_refused(
    side: int, dimensions: int, floor: float, what: str
) -> None:
    with pytest.raises(GridError, match=what):
        Hypergrid(side, dimensions, floor)
