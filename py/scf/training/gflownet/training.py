"""Training: trajectories are drawn by the policy as it is, and balanced, batch after batch."""

from collections.abc import Callable
from math import cos, pi

import numpy as np

from emily.cognition.gflownet.hypergrid import Floats, Hypergrid, Integers
from emily.cognition.gflownet.policy import Policy
from emily.cognition.gflownet.recipe import Recipe
from emily.cognition.gflownet.trajectories import Behaviour, roll_out
from scf.training.gflownet.gradient import Adam, trajectory_balance

Progress = Callable[[int, float, Policy], None]
"""Called after each step with its number from 1, its loss and the policy."""


class Training:
    """A policy on its way to end in each state as often as its share of the reward.

    Trajectory balance (Malkin et al. 2022, NeurIPS) with Adam; log Z is a parameter among the others.
    What is to come depends on `policy`, `optimiser`, `random` and `done` alone.
    """

    def __init__(self, grid: Hypergrid, recipe: Recipe) -> None:
        self.recipe = recipe
        self.random = np.random.default_rng(recipe.seed)
        self.policy = Policy.random(grid, self.random)
        self.optimiser = Adam(self.policy.parameters)
        self.done = 0

    def start_from(self, policy: Policy) -> None:
        """Begin with a policy of the same grid, in place of a random one."""
        self.policy = policy
        self.optimiser = Adam(policy.parameters)

    def step(self) -> float:
        """Take one step; its loss. Raises WeightsError when it diverges."""
        recipe, grid = self.recipe, self.policy.grid
        behaviour = exploring(self.policy, recipe.exploration)
        batch = roll_out(grid, behaviour, recipe.batch, self.random)
        loss, gradient = trajectory_balance(self.policy, batch)
        pace = (1 + cos(pi * self.done / recipe.steps)) / 2
        parameters = self.optimiser.follow(
            self.policy.parameters, gradient, pace * recipe.rate, pace * recipe.log_z_rate
        )
        self.policy = Policy(grid, parameters)
        self.done += 1
        return loss


def train(grid: Hypergrid, recipe: Recipe, progress: Progress | None = None) -> Policy:
    """Train a policy to the end of its recipe. Raises WeightsError when it diverges."""
    training = Training(grid, recipe)
    while training.done < recipe.steps:
        loss = training.step()
        if progress:
            progress(training.done, loss, training.policy)
    return training.policy


def exploring(policy: Policy, exploration: float) -> Behaviour:
    """The policy, but for a share of actions that is drawn evenly from all legal ones."""

    def behaviour(states: Integers) -> Floats:
        # trajectories advance together: those in one state are there at the same time
        distinct, rows = np.unique(states, return_inverse=True)
        evenly = policy.grid.evenly[distinct]
        mixed: Floats = (1 - exploration) * policy.probabilities(distinct) + exploration * evenly
        return mixed[rows]

    return behaviour
