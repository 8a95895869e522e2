"""Training a CfC with a linear readout, offline: backpropagation through time and Adam, in NumPy."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from emily.instinct.liquid.arrays import Array, sigmoid
from emily.instinct.liquid.cfc import Cfc, CfcWeights
from emily.instinct.liquid.errors import LiquidError, ShapeError


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """What is trained, or the gradient of it; arrays of the shapes of CfcWeights and a readout."""

    backbone_input: Array
    backbone_state: Array
    backbone_bias: Array
    heads: Array
    heads_bias: Array
    readout: Array
    """(o, n)."""
    readout_bias: Array
    """(o,)."""

    @classmethod
    def random(
        cls, inputs: int, outputs: int, rng: np.random.Generator, *, neurons: int, units: int
    ) -> "Parameters":
        """Untrained parameters."""
        cell = CfcWeights.random(inputs, neurons, units, rng)
        arrays = {field.name: getattr(cell, field.name) for field in fields(cell)}
        readout = rng.normal(0, np.sqrt(2 / (neurons + outputs)), (outputs, neurons))
        return cls(**arrays, readout=readout, readout_bias=np.zeros(outputs))

    def cell(self) -> Cfc:
        """The network without its readout."""
        names = [field.name for field in fields(CfcWeights)]
        return Cfc(CfcWeights(**{name: getattr(self, name) for name in names}))

    def predict(self, inputs: Array, spans_s: Array) -> Array:
        """The readout after each time span, (b, t, o), from inputs (b, t, m) and spans (b, t)."""
        return self.cell().run(inputs, spans_s) @ self.readout.T + self.readout_bias

    def vector(self) -> Array:
        """Every number in one vector, (p,)."""
        return np.concatenate([getattr(self, field.name).ravel() for field in fields(self)])

    def replaced(self, vector: Array) -> "Parameters":
        """Parameters of the same shapes with the numbers of a vector()."""
        arrays, start = {}, 0
        for field in fields(self):
            shape = getattr(self, field.name).shape
            size = math.prod(shape)
            arrays[field.name] = vector[start : start + size].reshape(shape)
            start += size
        return Parameters(**arrays)


def loss_and_gradient(
    parameters: Parameters, inputs: Array, spans_s: Array, targets: Array, *, skip: int = 0
) -> tuple[float, Parameters]:
    """The mean square error of predict() and its gradient, by backpropagation through time.

    Args:
        parameters: where
        inputs: (b, t, m)
        spans_s: (b, t)
        targets: (b, t, o)
        skip: the first steps, which are not scored

    Raises ShapeError when shapes disagree or nothing is left to score.
    """
    p = parameters
    _check(p, inputs, spans_s, targets, skip)
    batch, length, _ = inputs.shape
    neurons, units = len(p.backbone_state.T), len(p.backbone_bias)
    heads, heads_bias = p.heads.reshape(-1, units), p.heads_bias.ravel()
    driven = np.einsum("btm,um->tbu", inputs, p.backbone_input) + p.backbone_bias
    spans = spans_s.T[..., None]

    states = np.zeros((length + 1, batch, neurons))
    backbones = np.empty((length, batch, units))
    candidates = np.empty((2, length, batch, neurons))  # tanh g, tanh k
    shares = np.empty((length, batch, neurons))  # s
    for t in range(length):
        backbones[t] = np.tanh(driven[t] + states[t] @ p.backbone_state.T)
        g, k, t_a, t_b = np.split(backbones[t] @ heads.T + heads_bias, 4, axis=1)
        candidates[0, t], candidates[1, t] = np.tanh(g), np.tanh(k)
        shares[t] = sigmoid(-(t_a * spans[t] + t_b))
        states[t + 1] = shares[t] * candidates[0, t] + (1 - shares[t]) * candidates[1, t]

    error = states[1:] @ p.readout.T + p.readout_bias - targets.swapaxes(0, 1)
    error[:skip] = 0
    scored = batch * (length - skip) * targets.shape[2]
    d_output = 2 / scored * error

    d_heads = np.empty((length, batch, 4 * neurons))
    d_driven = np.empty_like(backbones)
    d_state = np.zeros((batch, neurons))
    slopes = 1 - candidates**2
    turns = shares * (1 - shares) * (candidates[0] - candidates[1])
    for t in reversed(range(length)):
        d_state = d_state + d_output[t] @ p.readout
        d_turn = -d_state * turns[t]
        d_heads[t] = np.concatenate(
            [
                d_state * shares[t] * slopes[0, t],
                d_state * (1 - shares[t]) * slopes[1, t],
                d_turn * spans[t],
                d_turn,
            ],
            axis=1,
        )
        d_driven[t] = d_heads[t] @ heads * (1 - backbones[t] ** 2)
        d_state = d_driven[t] @ p.backbone_state

    return float((error**2).sum() / scored), Parameters(
        backbone_input=np.einsum("tbu,btm->um", d_driven, inputs),
        backbone_state=np.tensordot(d_driven, states[:-1], ([0, 1], [0, 1])),
        backbone_bias=d_driven.sum(axis=(0, 1)),
        heads=np.tensordot(d_heads, backbones, ([0, 1], [0, 1])).reshape(p.heads.shape),
        heads_bias=d_heads.sum(axis=(0, 1)).reshape(p.heads_bias.shape),
        readout=np.tensordot(d_output, states[1:], ([0, 1], [0, 1])),
        readout_bias=d_output.sum(axis=(0, 1)),
    )


Batch = tuple[Array, Array, Array]
"""Inputs (b, t, m), spans in seconds (b, t) and targets (b, t, o)."""


def train(
    parameters: Parameters,
    batches: Callable[[], Batch],
    *,
    steps: int,
    rate: float = 0.01,
    largest_gradient: float = 1.0,
    skip: int = 0,
) -> Parameters:
    """Parameters after steps of Adam (Kingma & Ba 2015, ICLR), the rate falling to 0 along a cosine.

    Args:
        parameters: to start from
        batches: gives a new batch at each call
        steps: batches to learn from
        rate: the first learning rate
        largest_gradient: longer gradients are shortened to it (Pascanu et al. 2013, ICML)
        skip: steps of a sequence that are not scored

    Raises LiquidError when steps is below 1 or rate or largest_gradient not above 0, ShapeError as
    loss_and_gradient() does.
    """
    if steps < 1 or not (rate > 0 and largest_gradient > 0):
        raise LiquidError("steps must be at least 1, rate and largest_gradient above 0")
    weights = parameters.vector()
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        _, gradient = loss_and_gradient(parameters.replaced(weights), *batches(), skip=skip)
        slope = gradient.vector()
        slope *= largest_gradient / max(largest_gradient, float(np.linalg.norm(slope)))
        mean += 0.1 * (slope - mean)
        square += 0.001 * (slope**2 - square)
        pace = rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / steps))
        weights -= pace * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return parameters.replaced(weights)


def _check(
    parameters: Parameters, inputs: Array, spans_s: Array, targets: Array, skip: int
) -> None:
    wanted = (parameters.backbone_input.shape[1], len(parameters.readout))
    found = (inputs.shape[2:], targets.shape[2:])
    times = {inputs.shape[:2], spans_s.shape, targets.shape[:2]}
    if found != ((wanted[0],), (wanted[1],)) or len(times) != 1:
        raise ShapeError(
            f"inputs, spans_s and targets must be of shape (b, t, {wanted[0]}), (b, t) and "
            f"(b, t, {wanted[1]}), not {inputs.shape}, {spans_s.shape} and {targets.shape}"
        )
    if not 0 <= skip < inputs.shape[1]:
        raise ShapeError(f"skip must be from 0 to {inputs.shape[1] - 1}, not {skip}")
