"""Trajectories through a hypergrid, drawn side by side."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emily.cognition.gflownet.hypergrid import Floats, Hypergrid, Integers

Behaviour = Callable[[Integers], Floats]
"""The probability of each action in each of n states, (n,) to (n, actions)."""


@dataclass(frozen=True, slots=True)
class Trajectories:
    """The steps of n trajectories: in `states[k]`, trajectory `owners[k]` took `actions[k]`."""

    states: Integers
    actions: Integers
    owners: Integers
    ends: Integers
    """Where each trajectory stopped, (n,)."""


def roll_out(
    grid: Hypergrid, behaviour: Behaviour, count: int, random: np.random.Generator
) -> Trajectories:
    """Draw `count` trajectories from the origin until each has stopped."""
    states, owners = np.zeros(count, np.int64), np.arange(count)
    ends, steps = np.empty(count, np.int64), []
    while owners.size:
        actions = _draw(behaviour(states), random)
        steps.append((states, actions, owners))
        stopped = actions == grid.stop
        ends[owners[stopped]] = states[stopped]
        owners = owners[~stopped]
        states = states[~stopped] + grid.strides[actions[~stopped]]
    all_states, all_actions, all_owners = map(np.concatenate, zip(*steps, strict=True))
    return Trajectories(all_states, all_actions, all_owners, ends)


def _draw(probabilities: Floats, random: np.random.Generator) -> Integers:
    """An action for each row; never one of probability 0, however the others were rounded."""
    bounds = np.cumsum(probabilities[:, :-1], axis=1, dtype=np.float64)
    actions: Integers = np.count_nonzero(bounds <= random.random((len(bounds), 1)), axis=1)
    return actions
