"""The forward policy: which action follows in a state, by a small network of two hidden layers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from emily.cognition.gflownet.errors import WeightsError
from emily.cognition.gflownet.hypergrid import Floats, Hypergrid, Integers

WIDTH = 256


class Parameters(NamedTuple):
    """All that trajectory balance learns: three layers, and the logarithm of the sum of rewards."""

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats
    w3: Floats
    b3: Floats
    log_z: Floats


class Activations(NamedTuple):
    """What each layer gave for n states, kept for the way back."""

    inputs: Floats
    hidden1: Floats
    hidden2: Floats
    log_probabilities: Floats
    """(n, actions); -inf for what a state does not allow."""


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A multilayer perceptron over the one-hot coordinates of a state: 2 x `width` ReLU, log-softmax.

    Raises WeightsError for parameters of another shape, or that are not all finite.
    """

    grid: Hypergrid
    parameters: Parameters

    def __post_init__(self) -> None:
        for name, shape in shapes(self.grid, width=self.parameters.b1.size).items():
            values = getattr(self.parameters, name)
            if values.shape != shape:
                raise WeightsError(f"{name} has shape {values.shape}; {self.grid} needs {shape}")
            if not np.isfinite(values).all():
                raise WeightsError(f"{name} holds values that are not finite")

    @classmethod
    def random(cls, grid: Hypergrid, random: np.random.Generator, width: int = WIDTH) -> "Policy":
        """Layers of He's initialisation (He et al. 2015, ICCV) in float32, biases and log Z zero."""
        return cls(
            grid,
            Parameters(
                *(
                    random.normal(0, (2 / shape[0]) ** 0.5, shape).astype(np.float32)
                    if len(shape) == 2
                    else np.zeros(shape, np.float32)
                    for shape in shapes(grid, width).values()
                )
            ),
        )

    def forward(self, states: Integers) -> Activations:
        """Evaluate the network in each of n states."""
        w1, b1, w2, b2, w3, b3, _ = self.parameters
        inputs = self.grid.one_hot[states]
        hidden1 = np.maximum(inputs @ w1 + b1, 0)
        hidden2 = np.maximum(hidden1 @ w2 + b2, 0)
        logits = np.where(self.grid.legal[states], hidden2 @ w3 + b3, -np.inf)
        return Activations(inputs, hidden1, hidden2, _log_softmax(logits))

    def probabilities(self, states: Integers) -> Floats:
        """The probability of each action in each of n states, (n, actions); 0 where not allowed."""
        return np.exp(self.forward(states).log_probabilities)


def shapes(grid: Hypergrid, width: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter of a policy."""
    seen, actions = grid.dimensions * grid.side, grid.dimensions + 1
    layers = ((seen, width), (width,), (width, width), (width,), (width, actions), (actions,), (1,))
    return dict(zip(Parameters._fields, layers, strict=True))


def _log_softmax(logits: Floats) -> Floats:
    shifted: Floats = logits - logits.max(axis=1, keepdims=True)
    normaliser: Floats = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted - normaliser
