"""The trajectory balance loss, its gradient by hand, and the optimiser that follows it."""

from collections.abc import Iterable
from itertools import repeat

import numpy as np

from emily.cognition.gflownet.hypergrid import Floats
from emily.cognition.gflownet.policy import Activations, Parameters, Policy
from emily.cognition.gflownet.trajectories import Trajectories


def trajectory_balance(policy: Policy, batch: Trajectories) -> tuple[float, Parameters]:
    """The mean loss of n trajectories, and its gradient (Malkin et al. 2022, NeurIPS).

    A trajectory that ends in x loses (log Z + sum log P_F - log R(x) - sum log P_B)^2. The backward
    policy P_B is uniform over the parents of a state. The network sees a state once, however many
    trajectories passed it.
    """
    grid, count = policy.grid, len(batch.ends)
    states, rows = np.unique(batch.states, return_inverse=True)
    layers = policy.forward(states)

    # every state of a trajectory is left once, so this sums log P_F - log P_B over its steps
    log_ratios = layers.log_probabilities[rows, batch.actions] + np.log(grid.parents[batch.states])
    imbalance = (
        policy.parameters.log_z
        + np.bincount(batch.owners, log_ratios, minlength=count)
        - np.log(grid.reward[batch.ends])
    )

    # by each log P_F(action | state): twice the imbalance of all trajectories that took it
    cells = np.ravel_multi_index((rows, batch.actions), layers.log_probabilities.shape)
    pulls = np.bincount(
        cells, 2 / count * imbalance[batch.owners], minlength=layers.log_probabilities.size
    ).reshape(layers.log_probabilities.shape)
    logits = pulls - pulls.sum(axis=1, keepdims=True) * np.exp(layers.log_probabilities)

    log_z = np.array([2 * imbalance.mean()])
    gradient = _backward(policy.parameters, layers, logits, log_z)
    return float(np.mean(imbalance**2)), gradient


def _backward(
    parameters: Parameters, layers: Activations, logits: Floats, log_z: Floats
) -> Parameters:
    """Carry the gradient by the logits back through the layers."""
    logits = logits.astype(parameters.w3.dtype)
    hidden2 = (logits @ parameters.w3.T) * (layers.hidden2 > 0)
    hidden1 = (hidden2 @ parameters.w2.T) * (layers.hidden1 > 0)
    return Parameters(
        w1=layers.inputs.T @ hidden1,
        b1=hidden1.sum(axis=0),
        w2=layers.hidden1.T @ hidden2,
        b2=hidden2.sum(axis=0),
        w3=layers.hidden2.T @ logits,
        b3=logits.sum(axis=0),
        log_z=log_z.astype(parameters.log_z.dtype),
    )


class Adam:
    """Adam (Kingma & Ba 2015, ICLR): each value moves by its mean slope over the root of its mean square."""

    DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Parameters) -> None:
        self.means = self.squares = Parameters(*map(np.zeros_like, parameters))
        self.steps = 0

    def follow(
        self, parameters: Parameters, gradient: Parameters, rate: float, log_z_rate: float
    ) -> Parameters:
        """The parameters one step down; log Z, far away at first, has a rate of its own."""
        self.steps += 1
        self.means = _decayed(self.means, gradient, self.DECAY)
        self.squares = _decayed(self.squares, map(np.square, gradient), self.SQUARE_DECAY)
        bias, square_bias = 1 - self.DECAY**self.steps, 1 - self.SQUARE_DECAY**self.steps
        rates = (*repeat(rate, len(parameters) - 1), log_z_rate)
        return Parameters(
            *(
                values - pace / bias * mean / (np.sqrt(square / square_bias) + self.EPSILON)
                for values, mean, square, pace in zip(
                    parameters, self.means, self.squares, rates, strict=True
                )
            )
        )


def _decayed(averages: Parameters, values: Iterable[Floats], decay: float) -> Parameters:
    return Parameters(
        *(decay * old + (1 - decay) * new for old, new in zip(averages, values, strict=True))
    )
