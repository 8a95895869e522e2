"""Training: trajectories are drawn by the policy as it is, and balanced, batch after batch."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, isfinite, pi

import numpy as np

from emily.cognition.gflownet.errors import RecipeError
from emily.cognition.gflownet.gradient import Adam, trajectory_balance
from emily.cognition.gflownet.hypergrid import Floats, Hypergrid, Integers
from emily.cognition.gflownet.policy import Policy
from emily.cognition.gflownet.trajectories import Behaviour, roll_out


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a policy is trained. Equal recipes give equal weights on one machine.

    Raises RecipeError.
    """

    steps: int = 10_000
    batch: int = 64
    """Trajectories in each step."""
    rate: float = 3e-3
    """The first learning rate of the network; it falls to zero along half a cosine."""
    log_z_rate: float = 0.1
    exploration: float = 0.01
    """How often an action is drawn evenly from all legal ones."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.seed < 0:
            raise RecipeError(f"steps and batch are at least 1, the seed at least 0: {self}")
        if not all(isfinite(rate) and rate > 0 for rate in (self.rate, self.log_z_rate)):
            raise RecipeError(f"rates are positive and finite: {self}")
        if not 0 <= self.exploration < 1:
            raise RecipeError(f"exploration is a probability below 1: {self}")


Progress = Callable[[int, float, Policy], None]
"""Called after each step with its number from 1, its loss and the policy."""


def train(grid: Hypergrid, recipe: Recipe, progress: Progress | None = None) -> Policy:
    """Train a policy to end in each state as often as its share of the reward.

    Trajectory balance (Malkin et al. 2022, NeurIPS) with Adam; log Z is a parameter among the others.
    Raises WeightsError when it diverges.
    """
    random = np.random.default_rng(recipe.seed)
    policy = Policy.random(grid, random)
    optimiser = Adam(policy.parameters)
    for step in range(recipe.steps):
        batch = roll_out(grid, exploring(policy, recipe.exploration), recipe.batch, random)
        loss, gradient = trajectory_balance(policy, batch)
        pace = (1 + cos(pi * step / recipe.steps)) / 2
        parameters = optimiser.follow(
            policy.parameters, gradient, pace * recipe.rate, pace * recipe.log_z_rate
        )
        policy = Policy(grid, parameters)
        if progress:
            progress(step + 1, loss, policy)
    return policy


def exploring(policy: Policy, exploration: float) -> Behaviour:
    """The policy, but for a share of actions that is drawn evenly from all legal ones."""

    def behaviour(states: Integers) -> Floats:
        # trajectories advance together: those in one state are there at the same time
        distinct, rows = np.unique(states, return_inverse=True)
        evenly = policy.grid.evenly[distinct]
        mixed: Floats = (1 - exploration) * policy.probabilities(distinct) + exploration * evenly
        return mixed[rows]

    return behaviour
