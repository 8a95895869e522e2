"""What a policy samples, computed instead of counted: no number here is an estimate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emily.cognition.gflownet.hypergrid import Floats, Hypergrid
from emily.cognition.gflownet.policy import Policy


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How faithful a policy is to the reward."""

    l1: float
    """The sum over all states of |how often it ends there - how often it should|, from 0 to 2."""
    modes: int
    """In how many modes it ends at least half as often as it should."""


def terminal_distribution(grid: Hypergrid, probabilities: Floats) -> NDArray[np.float64]:
    """How often trajectories stop in each state, (size,), given all actions' probabilities (size, actions).

    By dynamic programming over the states in the order of their levels: what flows into a state leaves
    it by its actions.
    """
    flow = np.zeros(grid.size)
    flow[0] = 1.0
    for level in grid.levels:
        for action, stride in enumerate(grid.strides):
            states = level[grid.legal[level, action]]
            flow[states + stride] += flow[states] * probabilities[states, action]
    return flow * probabilities[:, grid.stop]


def compare(grid: Hypergrid, distribution: NDArray[np.float64]) -> Evaluation:
    """Compare how often each state is reached with its share of the reward."""
    found = grid.is_mode & (distribution >= grid.target / 2)
    return Evaluation(
        l1=float(np.abs(distribution - grid.target).sum()), modes=int(np.count_nonzero(found))
    )


def evaluate(policy: Policy) -> Evaluation:
    """Compare what a policy samples with the reward."""
    grid = policy.grid
    return compare(grid, terminal_distribution(grid, policy.probabilities(np.arange(grid.size))))
