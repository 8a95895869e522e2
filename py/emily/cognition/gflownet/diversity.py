"""How diverse hypotheses are, beside how diverse a faithful sampler's would be.

Few hypotheses visit few modes, and in a small space a hundred repeat themselves: what is found says
something only beside what is to be expected of as many draws from the reward itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emily.cognition.gflownet.hypergrid import Floats, Hypergrid, Integers

LEAST_SHARE = 0.5
"""Of the modes, or of the entropy, that are to be expected: less than this is a collapse."""
CHANCE = 1e-3
"""A faithful sampler visits so few modes less often than this, or it is no collapse."""
LEAST_JUDGED = 10
"""Among fewer hypotheses a coincidence looks like a collapse."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """What n hypotheses show of the sampler that drew them."""

    unique: int
    pairwise: float
    """1 - the mean share of coordinates in which two of them agree; 1 for a single one."""
    entropy_ratio: float
    """The entropy of the hypotheses over what is expected of n faithful draws; 1 for a single one."""
    modes: int
    """The modes among them."""
    modes_expected: float
    """The modes expected among n faithful draws."""
    mode_collapse: bool


def diversity(grid: Hypergrid, states: Integers) -> Diversity:
    """Judge n >= 1 hypotheses, given as the numbers of their states, by the reward of their grid."""
    count = len(states)
    distinct, counts = np.unique(states, return_counts=True)
    expected_entropy = entropy_of_faithful(grid, count)
    ratio = _entropy(counts, count) / expected_entropy if expected_entropy > 0 else 1.0
    modes = int(np.count_nonzero(grid.is_mode[distinct]))
    visits = modes_of_faithful(grid, count)
    expected = float(visits @ np.arange(len(visits)))
    few_modes = modes < LEAST_SHARE * expected and float(visits[: modes + 1].sum()) < CHANCE
    return Diversity(
        unique=len(distinct),
        pairwise=_pairwise(grid, states),
        entropy_ratio=float(ratio),
        modes=modes,
        modes_expected=expected,
        mode_collapse=count >= LEAST_JUDGED and bool(few_modes or ratio < LEAST_SHARE),
    )


def unique_of(distribution: NDArray[np.float64], count: int) -> float:
    """How many different states are expected among `count` draws."""
    return float(-np.expm1(count * np.log1p(-distribution)).sum())


def entropy_of_faithful(grid: Hypergrid, count: int) -> float:
    """The expected entropy, in nats, of the frequencies among `count` draws from the reward."""
    logs = np.log(np.arange(1, count + 1))
    factorial = np.concatenate([[0.0], np.cumsum(logs)])
    seen = np.arange(1, count + 1)
    entropy = 0.0
    for share, states in zip(*np.unique(grid.target, return_counts=True), strict=True):
        # a state of this share is drawn `seen` times: binomial
        log_chance = factorial[count] - factorial[seen] - factorial[count - seen]
        log_chance += seen * np.log(share) + (count - seen) * np.log1p(-share)
        entropy -= states * float(np.exp(log_chance) @ (seen / count * np.log(seen / count)))
    return entropy


def modes_of_faithful(grid: Hypergrid, count: int) -> NDArray[np.float64]:
    """The probability that `count` draws from the reward visit 0, 1, ... of the modes, (modes + 1,)."""
    if not grid.modes:
        return np.ones(1)
    # all modes are alike, so how many were visited is a Markov chain
    share = float(grid.target[grid.is_mode][0])
    onward = share * np.arange(grid.modes, -1, -1)
    chain = np.diag(1 - onward) + np.diag(onward[:-1], k=1)
    visits: NDArray[np.float64] = np.linalg.matrix_power(chain, count)[0]
    return visits


def _entropy(counts: Integers, count: int) -> float:
    shares: Floats = counts / count
    return float(-(shares * np.log(shares)).sum()) if len(counts) > 1 else 0.0


def _pairwise(grid: Hypergrid, states: Integers) -> float:
    count = len(states)
    if count == 1:
        return 1.0
    with_value = grid.one_hot[states].sum(axis=0, dtype=np.float64)
    agreements = (with_value * (with_value - 1)).sum() / grid.dimensions
    return float(1 - agreements / (count * (count - 1)))
