"""A student at work, in NumPy: what serves it needs no torch."""

from math import hypot, sqrt
from pathlib import Path

import numpy as np

from scf.training.distill.card import Card, Floats, read_student


class Student:
    """The energy E(x, sigma) in units of kT, and its slope; read-only, for any number of threads.

    The network of `scf.training.ebdm.network.EnergyModel`, in float32; what the two say is 1e-5 apart at most.
    """

    def __init__(self, card: Card, tensors: dict[str, Floats]) -> None:
        self.card = card
        self._tensors = tensors
        layers = range(card.shape.depth - 1)
        self._layers = [(tensors[f"weights.{i}"], tensors[f"biases.{i}"]) for i in layers]

    @classmethod
    def load(cls, path: Path) -> "Student":
        """Read a student's checkpoint. Raises TensorsError."""
        return cls(*read_student(path))

    def energy(self, x: Floats, sigma: float | Floats) -> Floats:
        """E at points x of shape (n, d) and noise sigma, a number or of shape (n,); shape (n,)."""
        return self.both(x, sigma)[0]

    def score(self, x: Floats, sigma: float | Floats) -> Floats:
        """-∇E at points x of shape (n, d) and noise sigma, a number or of shape (n,); shape (n, d)."""
        return self.both(x, sigma)[1]

    def both(self, x: Floats, sigma: float | Floats) -> tuple[Floats, Floats]:
        """E and the score, of shapes (n,) and (n, d)."""
        own, d, k = self._tensors, self.card.shape.dimensions, self.card.shape.features
        x, level = np.asarray(x, np.float32), np.asarray(sigma, np.float32).reshape(-1, 1)
        offset = x - own["centre"]
        total = level**2 + own["spread"] ** 2
        scaled = offset / np.sqrt(total)
        phase = offset @ own["frequencies"].T
        damping = np.exp(np.float32(-0.25) * (own["frequencies"] ** 2).sum(1) * level**2)
        sine, cosine = damping * np.sin(phase), damping * np.cos(phase)
        octave = np.log(level / own["spread"])
        turns = octave * own["levels"]
        noise = np.hstack((octave, np.sin(turns), np.cos(turns))) @ own["noise"].T + own["bias"]
        hidden, first = _silu(np.hstack((scaled, sine, cosine)) @ own["inlet"].T + noise)
        slopes: list[Floats] = []
        for weight, bias in self._layers:
            value, slope = _silu(hidden @ weight.T + bias)
            hidden = hidden + value
            slopes.append(slope)
        inner = hidden @ own["outlet"]

        grad: Floats = np.broadcast_to(own["outlet"], hidden.shape)
        for (weight, _), slope in zip(reversed(self._layers), reversed(slopes), strict=True):
            grad = grad + np.matmul(grad * slope, weight)
        grad = np.matmul(grad * first, own["inlet"])
        into_phase = grad[:, d : d + k] * cosine - grad[:, d + k :] * sine
        slant = grad[:, :d] / np.sqrt(total) + into_phase @ own["frequencies"]
        gain = own["spread"] / np.sqrt(total) / level
        energy = np.float32(0.5) * (scaled**2).sum(1) + gain[:, 0] * inner
        return energy, -(offset / total + gain * slant)

    def sample(
        self, n: int, seed: int, *, levels: int = 20, steps: int = 10, rate: float = 0.2
    ) -> Floats:
        """n points, (n, d), by annealed Langevin dynamics as `scf.training.ebdm.sampling` has it.

        `steps` of size `rate` sigma² at each of `levels` noise levels. Equal seeds give equal points.
        """
        card, random = self.card, np.random.default_rng(seed)
        shape, spread = (n, card.shape.dimensions), float(self._tensors["spread"])
        start = np.float32(hypot(card.sigma_max, spread))
        x: Floats = self._tensors["centre"] + start * random.standard_normal(shape, np.float32)
        for sigma in np.geomspace(card.sigma_max, card.sigma_min, levels).tolist():
            size = rate * sigma**2
            for _ in range(steps):
                noise = random.standard_normal(shape, np.float32)
                x = x + np.float32(size / 2) * self.score(x, sigma) + np.float32(sqrt(size)) * noise
        return x + np.float32(card.sigma_min**2) * self.score(x, card.sigma_min)


def _silu(z: Floats) -> tuple[Floats, Floats]:
    """z·s and its slope s + z·s·(1 - s), with s = sigmoid(z); tanh cannot overflow."""
    half = np.float32(0.5)
    gate = half * np.tanh(half * z) + half
    value = z * gate
    return value, gate + value * (1 - gate)
