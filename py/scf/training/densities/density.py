"""A density that is a curve, or a set of points, blurred by a Gaussian.

Noise of sd sigma only widens the blur, so density and score are exact at every sigma: a finite mixture
for points, a quadrature for curves, whose nodes lie far closer than the blur is wide.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CHUNK = 1 << 20


class Density(ABC):
    """Σ wᵢ N(x; cᵢ, sd² + sigma²): `nodes` c of shape (m, 2), `weights` w of shape (m,), summing to 1."""

    name: ClassVar[str]
    sd: float
    """The blur of the data itself."""

    def __init__(self, nodes: Floats, weights: Floats) -> None:
        self.nodes = nodes
        self.weights = weights

    @abstractmethod
    def skeleton(self, n: int, rng: np.random.Generator) -> Floats:
        """n points before the blur, (n, 2)."""

    def modes(self) -> Floats:
        """The isolated maxima, (k, 2): none where the maxima form a curve."""
        return np.empty((0, 2))

    def sample(self, n: int, rng: np.random.Generator) -> Floats:
        """n independent points, (n, 2)."""
        return self.skeleton(n, rng) + self.sd * rng.standard_normal((n, 2))

    def log_density(self, x: Floats, sigma: float = 0.0) -> Floats:
        """log p(x) of the data with noise of sd sigma, at x of shape (n, 2); shape (n,)."""
        return np.concatenate([self._terms(part, sigma)[0] for part in self._parts(x)])

    def score(self, x: Floats, sigma: float = 0.0) -> Floats:
        """∇ log p(x) of the data with noise of sd sigma, at x of shape (n, 2); shape (n, 2)."""
        return np.concatenate([self._terms(part, sigma)[1] for part in self._parts(x)])

    def _terms(self, x: Floats, sigma: float) -> tuple[Floats, Floats]:
        variance = self.sd**2 + sigma**2
        square = ((x[:, None, :] - self.nodes) ** 2).sum(2)
        exponent = np.log(self.weights) - square / (2 * variance)
        top = exponent.max(1, keepdims=True)
        share = np.exp(exponent - top)
        total = share.sum(1, keepdims=True)
        log = top[:, 0] + np.log(total[:, 0]) - np.log(2 * np.pi * variance)
        return log, ((share / total) @ self.nodes - x) / variance

    def _parts(self, x: Floats) -> list[Floats]:
        # as many points at a time as keep the table of points and nodes small
        size = max(1, _CHUNK // len(self.nodes))
        return [x[start : start + size] for start in range(0, max(len(x), 1), size)]
