"""The exact evaluation, against all trajectories one by one, the closed form, and samples."""

import numpy as np
import pytest
from numpy.typing import NDArray

from emily.cognition.gflownet import Hypergrid, Policy, evaluate
from emily.cognition.gflownet.exact import compare, terminal_distribution
from emily.cognition.gflownet.trajectories import roll_out

Table = NDArray[np.float64]


def some_probabilities(grid: Hypergrid, seed: int) -> Table:
    weights = np.random.default_rng(seed).random((grid.size, grid.stop + 1)) * grid.legal
    return weights / weights.sum(axis=1, keepdims=True)


def faithful_probabilities(grid: Hypergrid) -> Table:
    """The one policy that balances every trajectory, by flows from the far end of the grid."""
    flow, actions = grid.reward.copy(), np.zeros((grid.size, grid.stop + 1))
    actions[:, grid.stop] = grid.reward
    for state in reversed(np.concatenate(grid.levels)):
        for action in np.flatnonzero(grid.legal[state, : grid.stop]):
            child = state + grid.strides[action]
            actions[state, action] = flow[child] / grid.parents[child]
            flow[state] += actions[state, action]
    return actions / flow[:, None]


def by_every_trajectory(grid: Hypergrid, probabilities: Table) -> Table:
    found = np.zeros(grid.size)

    def follow(state: int, chance: float) -> None:
        found[state] += chance * probabilities[state, grid.stop]
        for action in np.flatnonzero(grid.legal[state, : grid.stop]):
            follow(state + int(grid.strides[action]), chance * probabilities[state, action])

    follow(0, 1.0)
    return found


@pytest.mark.parametrize("grid", [Hypergrid(2, 1), Hypergrid(4, 2), Hypergrid(3, 3)], ids=str)
def test_it_equals_the_sum_over_all_trajectories(grid: Hypergrid) -> None:
    probabilities = some_probabilities(grid, seed=1)
    expected = by_every_trajectory(grid, probabilities)
    assert terminal_distribution(grid, probabilities) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    "grid", [Hypergrid(8, 2, 0.01), Hypergrid(16, 2), Hypergrid(8, 4)], ids=str
)
def test_a_policy_that_balances_everything_is_faithful(grid: Hypergrid) -> None:
    found = compare(grid, terminal_distribution(grid, faithful_probabilities(grid)))
    assert found.l1 < 1e-12
    assert found.modes == grid.modes


def test_samples_end_where_it_says() -> None:
    grid, count = Hypergrid(8, 2), 200_000
    probabilities = some_probabilities(grid, seed=2)
    expected = terminal_distribution(grid, probabilities)
    ends = roll_out(grid, probabilities.__getitem__, count, np.random.default_rng(3)).ends
    found = np.bincount(ends, minlength=grid.size)
    spread = np.sqrt(count * expected * (1 - expected))
    assert (np.abs(found - count * expected) < 6 * spread + 6).all()
    assert found[np.argmax(expected)] > 1000


def test_trajectories_take_only_legal_actions_and_stop_once() -> None:
    grid = Hypergrid(3, 2)
    probabilities = some_probabilities(grid, seed=4)
    drawn = roll_out(grid, probabilities.__getitem__, 500, np.random.default_rng(5))
    assert grid.legal[drawn.states, drawn.actions].all()
    stops = drawn.actions == grid.stop
    assert sorted(drawn.owners[stops].tolist()) == list(range(500))
    assert (drawn.ends[drawn.owners[stops]] == drawn.states[stops]).all()
    for owner in range(500):
        states, actions = (a[drawn.owners == owner] for a in (drawn.states, drawn.actions))
        assert states[0] == 0
        assert (np.diff(states) == grid.strides[actions[:-1]]).all()


class Always:
    """Stands for a generator, to draw what chance hardly ever does."""

    def __init__(self, value: float) -> None:
        self.value = value

    def random(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        return np.full(shape, self.value)


@pytest.mark.parametrize("value", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_an_impossible_action_is_never_taken(value: float) -> None:
    grid = Hypergrid(4, 2)
    probabilities = np.zeros((grid.size, 3), np.float32)
    probabilities[:, 1] = grid.legal[:, 1]
    probabilities[~grid.legal[:, 1], grid.stop] = 1 - 1e-6  # rounding leaves rows short of 1
    drawn = roll_out(grid, probabilities.__getitem__, 5, Always(value))
    assert grid.coordinates[drawn.ends].tolist() == [[0, 3]] * 5


@pytest.mark.parametrize(("share", "modes"), [(0.51, 4), (0.49, 3)])
def test_a_mode_is_found_from_half_its_share_on(share: float, modes: int) -> None:
    grid = Hypergrid(8, 2)
    distribution = np.array(grid.target)
    distribution[np.flatnonzero(grid.is_mode)[0]] *= share
    assert compare(grid, distribution).modes == modes


@pytest.mark.parametrize("grid", [Hypergrid(8, 2), Hypergrid(8, 4)], ids=str)
@pytest.mark.parametrize("broken", ["untrained", "evenly", "one mode", "one mode missing"])
def test_unfaithful_samplers_are_noticed(grid: Hypergrid, broken: str) -> None:
    if broken == "untrained":
        found = evaluate(Policy.random(grid, np.random.default_rng(0)))
    elif broken == "evenly":
        found = compare(grid, terminal_distribution(grid, grid.evenly))
    else:
        distribution = np.array(grid.target)
        mode = np.flatnonzero(grid.is_mode)[0]
        distribution[mode] *= broken == "one mode"
        if broken == "one mode":
            distribution[np.arange(grid.size) != mode] = 0
        found = compare(grid, distribution / distribution.sum())
    assert found.modes < grid.modes
    if broken != "one mode missing":
        assert found.l1 > 1
