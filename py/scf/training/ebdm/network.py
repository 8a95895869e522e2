"""The energy network E(x, sigma): an MLP whose gradient in x is written out, not left to autograd.

The gradient is part of the forward pass, so one backward pass trains it, instead of the two of
`torch.autograd.grad(create_graph=True)`; the score it gives is a gradient by construction, so its
curl is zero.
"""

import math
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from scf.training.ebdm.shape import Shape


class _Silu(torch.autograd.Function):
    """SiLU and its slope at once: z → (z·s, s + z·s·(1 - s)) with s = sigmoid(z)."""

    @staticmethod
    def forward(ctx: FunctionCtx, z: Tensor) -> tuple[Tensor, Tensor]:
        gate = torch.sigmoid(z)
        value = z * gate
        slope = torch.addcmul(gate, value, 1 - gate)
        ctx.save_for_backward(z, gate, slope)
        return value, slope

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Tensor) -> Tensor:
        z, gate, slope = cast("tuple[Tensor, Tensor, Tensor]", getattr(ctx, "saved_tensors"))  # noqa: B009
        rest = 1 - gate
        bend = gate * rest * (2 + z * (rest - gate))
        return torch.addcmul(grads[0] * slope, grads[1], bend)


class EnergyModel(nn.Module):
    """E(x, sigma) in units of kT: p(x; sigma) ∝ exp(-E(x, sigma)) approximates the data blurred by noise of sd sigma.

    E = |x - centre|² / 2(sigma² + spread²) + a(sigma)·f(x, sigma)/sigma with a(sigma) = spread/√(sigma² + spread²): the first
    term is the energy of a Gaussian with the data's mean and variance, which is all there is at a large
    sigma (Karras et al. 2022, arXiv:2206.00364, preconditioning); f is what the network adds. A frequency b
    of the input is damped by exp(-|b|²sigma²/4): detail finer than the noise is not there to be seen.
    """

    centre: Tensor
    spread: Tensor
    frequencies: Tensor
    levels: Tensor

    def __init__(self, shape: Shape, *, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("centre", torch.zeros(shape.dimensions))
        self.register_buffer("spread", torch.ones(()))
        directions = torch.randn(shape.features, shape.dimensions, generator=generator)
        directions /= directions.norm(dim=1, keepdim=True)
        # wave lengths spread evenly, on a log scale, from wider than the data to its finest detail
        scale = torch.logspace(math.log10(shape.lowest), math.log10(shape.highest), shape.features)
        self.register_buffer("frequencies", directions * scale[:, None])
        self.register_buffer("levels", torch.logspace(-1, 0.5, shape.levels))
        width = shape.width
        # x, its waves (sine and cosine); the noise level enters as a bias of the first layer
        self.inlet = _parameter((width, shape.dimensions + 2 * shape.features), generator)
        self.noise = _parameter((width, 2 * shape.levels + 1), generator)
        self.bias = nn.Parameter(torch.zeros(width))
        self.weights = nn.ParameterList(
            _parameter((width, width), generator) for _ in range(shape.depth - 1)
        )
        self.biases = nn.ParameterList(
            nn.Parameter(torch.zeros(width)) for _ in range(shape.depth - 1)
        )
        self.outlet = _parameter((width,), generator)

    def fit_scale(self, centre: Tensor, spread: float) -> None:
        """Set the data's mean and its standard deviation per axis, before training."""
        self.centre.copy_(centre)
        self.spread.fill_(spread)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.centre.device

    def points(self, x: NDArray[np.floating]) -> Tensor:
        """Points as it takes them: in float32, on its device."""
        return torch.from_numpy(x).float().to(self.device)

    def energy(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """E at points x of shape (n, d) and noise sigma, a number or of shape (n,); shape (n,)."""
        return self.both(x, sigma)[0]

    def score(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """-∇E at points x of shape (n, d) and noise sigma, a number or of shape (n,); shape (n, d)."""
        return self.both(x, sigma)[1]

    def both(self, x: Tensor, sigma: Tensor | float) -> tuple[Tensor, Tensor]:
        """E and the score, of shapes (n,) and (n, d), for the price of one."""
        return self.slopes(x, sigma)[:2]

    def slopes(self, x: Tensor, sigma: Tensor | float) -> tuple[Tensor, Tensor, Tensor]:
        """E, the score and ∂E/∂ log sigma, of shapes (n,), (n, d) and (n,)."""
        sigma = torch.as_tensor(sigma, dtype=x.dtype, device=x.device).reshape(-1, 1)
        offset = x - self.centre
        total = sigma.square() + self.spread.square()
        scaled = offset * total.rsqrt()
        phase = offset @ self.frequencies.T
        decay = -0.5 * self.frequencies.square().sum(1) * sigma.square()
        damping = torch.exp(0.5 * decay)
        sine, cosine = damping * phase.sin(), damping * phase.cos()
        level = (sigma / self.spread).log()
        turns = level * self.levels
        up, side = turns.sin(), turns.cos()
        noise = torch.cat((level, up, side), 1) @ self.noise.T + self.bias
        hidden, slope = _Silu.apply(torch.cat((scaled, sine, cosine), 1) @ self.inlet.T + noise)
        slopes = [slope]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            value, slope = _Silu.apply(torch.addmm(bias, hidden, weight.T))
            hidden = hidden + value
            slopes.append(slope)
        inner = hidden @ self.outlet

        # the chain rule backwards: grad is d inner / d hidden, layer by layer
        grad = self.outlet.expand_as(hidden)
        for weight, slope in zip(reversed(self.weights), reversed(slopes[1:]), strict=True):
            grad = torch.addmm(grad, grad * slope, weight)
        first = grad * slopes[0]
        grad = first @ self.inlet
        d, k = x.shape[1], self.shape.features
        into_phase = grad[:, d : d + k] * cosine - grad[:, d + k :] * sine
        slant = torch.addmm(grad[:, :d] * total.rsqrt(), into_phase, self.frequencies)

        gain = self.spread * total.rsqrt() / sigma
        square = scaled.square().sum(1)
        energy = 0.5 * square + gain[:, 0] * inner

        # the same for log sigma: through the inputs that it scales or damps, and the noise's own
        share = sigma.square() / total
        turned = (first @ self.noise) * torch.cat(
            (torch.ones_like(level), self.levels * side, -self.levels * up), 1
        )
        damped = decay * (grad[:, d : d + k] * sine + grad[:, d + k :] * cosine)
        shrunk = -share[:, 0] * (grad[:, :d] * scaled).sum(1)
        inner_slope = turned.sum(1) + damped.sum(1) + shrunk
        level_slope = -share[:, 0] * square + gain[:, 0] * (inner_slope - (1 + share[:, 0]) * inner)
        return energy, -(offset / total + gain * slant), level_slope


def _parameter(size: tuple[int, ...], generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(torch.randn(size, generator=generator) / math.sqrt(size[-1]))
