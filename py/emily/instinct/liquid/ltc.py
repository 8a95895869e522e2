"""Liquid time-constant networks: neurons whose time constant depends on their input."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.liquid.arrays import Array, pair, sigmoid, spans, vectors
from emily.instinct.liquid.cell import Cell
from emily.instinct.liquid.errors import LiquidError, WeightsError
from emily.instinct.liquid.weights import NetworkWeights

UNFOLDS = 6
"""Solver steps per time span, as in the published implementation."""


_SHAPES = {
    "input": ("neurons", "inputs"),
    "recurrent": ("neurons", "neurons"),
    "bias": ("neurons",),
    "tau_s": ("neurons",),
    "rate_hz": ("neurons",),
    "reversal": ("neurons",),
}


@dataclass(frozen=True, slots=True, eq=False)
class LtcWeights(NetworkWeights):
    """The parameters of n neurons with m inputs; arrays are copied and made read-only.

    Raises WeightsError when shapes disagree, a value is not finite, tau_s is not above 0 or rate_hz
    below 0.
    """

    kind = "ltc"
    shapes = _SHAPES

    input: Array
    """W, (n, m)."""
    recurrent: Array
    """R, (n, n): to each neuron (row) from each (column)."""
    bias: Array
    """b, (n,)."""
    tau_s: Array
    """The time constant without input, (n,)."""
    rate_hz: Array
    """The largest f, (n,): how fast a neuron at most approaches its reversal potential; 1 in the paper."""
    reversal: Array
    """A, (n,): where input drives a neuron."""

    def _check(self) -> None:
        if (self.tau_s <= 0).any():
            raise WeightsError("tau_s must be above 0")
        if (self.rate_hz < 0).any():
            raise WeightsError("rate_hz must be at least 0")

    @classmethod
    def random(cls, inputs: int, neurons: int, rng: np.random.Generator) -> Self:
        """Untrained weights; time constants from 0.1 s to 10 s, reversal potentials of both signs."""
        return cls(
            input=rng.normal(0, 1 / np.sqrt(inputs), (neurons, inputs)),
            recurrent=rng.normal(0, 1 / np.sqrt(neurons), (neurons, neurons)),
            bias=np.zeros(neurons),
            tau_s=10 ** rng.uniform(-1, 1, neurons),
            rate_hz=np.ones(neurons),
            reversal=rng.uniform(-1, 1, neurons),
        )


class Ltc(Cell):
    """dx/dt = -(1/tau + f) x + f A with f = rate sigmoid(W I + R x + b) (Hasani et al. 2021, AAAI).

    Solved by the paper's fused step, semi-implicit Euler with f held over the step:
    x' = (x + dt f A) / (1 + dt (1/tau + f)). That is a weighted mean of x, 0 and A, so that the state
    stays in [min(0, A), max(0, A)] whatever the input and the step, up to rounding.

    Args:
        weights: the network's
        unfolds: solver steps per time span; the error falls in proportion
    """

    def __init__(self, weights: LtcWeights, *, unfolds: int = UNFOLDS) -> None:
        if unfolds < 1:
            raise LiquidError(f"unfolds must be at least 1, not {unfolds}")
        self.weights = weights
        self.unfolds = unfolds

    @property
    def neurons(self) -> int:
        """n."""
        return len(self.weights.bias)

    @property
    def inputs(self) -> int:
        """m."""
        return int(self.weights.input.shape[1])

    def step(self, state: ArrayLike, inputs: ArrayLike, dt_s: ArrayLike) -> Array:
        """The state after a time span in which the input is constant; see Cell."""
        x, drive = vectors("state", state, self.neurons), self._drive(inputs)
        batch = pair(x, drive)
        dt = spans(dt_s, batch)[..., None] / self.unfolds
        return self._advance(np.broadcast_to(x, (*batch, self.neurons)), drive, dt)

    def time_constants_s(self, state: ArrayLike, inputs: ArrayLike) -> Array:
        """tau / (1 + tau f): the time constants under an input, in the shape of the state.

        They are what is liquid: input makes a neuron faster. Nothing is learned online.
        """
        x, drive = vectors("state", state, self.neurons), self._drive(inputs)
        pair(x, drive)
        return 1 / (1 / self.weights.tau_s + self._rate(x, drive))

    def _drive(self, inputs: ArrayLike) -> Array:
        return vectors("inputs", inputs, self.inputs) @ self.weights.input.T + self.weights.bias

    def _rate(self, x: Array, drive: Array) -> Array:
        return self.weights.rate_hz * sigmoid(drive + x @ self.weights.recurrent.T)

    def _advance(self, x: Array, drive: Array, dt: Array) -> Array:
        leak, reversal = dt / self.weights.tau_s, self.weights.reversal
        for _ in range(self.unfolds):
            pull = dt * self._rate(x, drive)
            x = (x + pull * reversal) / (1 + leak + pull)
        return x
