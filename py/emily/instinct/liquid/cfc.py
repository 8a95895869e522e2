"""Closed-form continuous-time networks: a liquid network without a solver."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from emily.instinct.liquid.arrays import Array, pair, sigmoid, spans, vectors
from emily.instinct.liquid.cell import Cell
from emily.instinct.liquid.errors import WeightsError
from emily.instinct.liquid.weights import NetworkWeights

_SHAPES = {
    "backbone_input": ("units", "inputs"),
    "backbone_state": ("units", "neurons"),
    "backbone_bias": ("units",),
    "heads": ("heads", "neurons", "units"),
    "heads_bias": ("heads", "neurons"),
}


@dataclass(frozen=True, slots=True, eq=False)
class CfcWeights(NetworkWeights):
    """The parameters of n neurons with m inputs and a backbone of u units; copied, made read-only.

    Raises WeightsError when shapes disagree or a value is not finite.
    """

    kind = "cfc"
    shapes = _SHAPES

    backbone_input: Array
    """(u, m)."""
    backbone_state: Array
    """(u, n)."""
    backbone_bias: Array
    """(u,)."""
    heads: Array
    """(4, n, u): g, k, t_a and t_b."""
    heads_bias: Array
    """(4, n)."""

    def _check(self) -> None:
        if (heads := len(self.heads)) != 4:
            raise WeightsError(f"heads must be 4, g, k, t_a and t_b, not {heads}")

    @classmethod
    def random(cls, inputs: int, neurons: int, units: int, rng: np.random.Generator) -> Self:
        """Untrained weights (Glorot & Bengio 2010, AISTATS)."""
        backbone = rng.normal(0, np.sqrt(2 / (inputs + neurons + units)), (units, inputs + neurons))
        return cls(
            backbone_input=backbone[:, :inputs],
            backbone_state=backbone[:, inputs:],
            backbone_bias=np.zeros(units),
            heads=rng.normal(0, np.sqrt(2 / (units + neurons)), (4, neurons, units)),
            heads_bias=np.zeros((4, neurons)),
        )


class Cfc(Cell):
    """x' = s tanh(g) + (1 - s) tanh(k), s = sigmoid(-(t_a dt + t_b)) (Hasani et al. 2022, Nat. Mach. Intell. 4).

    g, k, t_a and t_b are linear in a backbone tanh(W [I, x] + b). As time passes, s moves the state from
    tanh(g) to tanh(k), or the other way where t_a is negative; it stays in [-1, 1].
    """

    def __init__(self, weights: CfcWeights) -> None:
        self.weights = weights

    @property
    def neurons(self) -> int:
        """n."""
        return int(self.weights.backbone_state.shape[1])

    @property
    def inputs(self) -> int:
        """m."""
        return int(self.weights.backbone_input.shape[1])

    def step(self, state: ArrayLike, inputs: ArrayLike, dt_s: ArrayLike) -> Array:
        """The state a time span after an input; see Cell."""
        x = vectors("state", state, self.neurons)
        given = vectors("inputs", inputs, self.inputs)
        dt = spans(dt_s, pair(x, given))[..., None]
        w = self.weights
        backbone = np.tanh(given @ w.backbone_input.T + x @ w.backbone_state.T + w.backbone_bias)
        g, k, t_a, t_b = (
            backbone @ head.T + bias for head, bias in zip(w.heads, w.heads_bias, strict=True)
        )
        s = sigmoid(-(t_a * dt + t_b))
        after: Array = s * np.tanh(g) + (1 - s) * np.tanh(k)
        return after
