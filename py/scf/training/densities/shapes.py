"""Four densities: 25 Gaussians on a grid, two moons, two rings, a spiral."""

from collections.abc import Callable, Mapping

import numpy as np

from scf.training.densities.density import Density, Floats


class Gaussians25(Density):
    """25 Gaussians of sd .05 on a grid of spacing 2, each as likely.

    The 2D-grid of Srivastava et al. 2017 (VEEGAN, arXiv:1705.07761) and of Lin et al. 2018 (PacGAN,
    arXiv:1712.04086).
    """

    name = "gaussians-25"
    sd = 0.05

    def __init__(self) -> None:
        axis = np.arange(-4.0, 5.0, 2.0)
        nodes = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
        super().__init__(nodes, np.full(25, 1 / 25))

    def skeleton(self, n: int, rng: np.random.Generator) -> Floats:
        """Centres drawn at random."""
        return self.nodes[rng.integers(25, size=n)]

    def modes(self) -> Floats:
        """The 25 centres."""
        return self.nodes.copy()


class TwoMoons(Density):
    """Two interleaved half circles of radius 2, evenly in angle, with a blur of .1."""

    name = "two-moons"
    sd = 0.1

    def __init__(self) -> None:
        at, weights = np.polynomial.legendre.leggauss(256)
        angle = np.pi * (at + 1) / 2
        nodes = np.concatenate([_moon(angle, upper) for upper in (True, False)])
        super().__init__(nodes, np.tile(weights / 4, 2))

    def skeleton(self, n: int, rng: np.random.Generator) -> Floats:
        """Points of either half circle."""
        angle = np.pi * rng.random(n)
        upper = rng.random(n) < 0.5
        return np.where(upper[:, None], _moon(angle, True), _moon(angle, False))


class Rings(Density):
    """Two circles about the origin, of radius 1.5 and 3.5, each as likely, with a blur of .15.

    Every rotation about the origin leaves it as it is.
    """

    name = "rings"
    sd = 0.15
    radii = (1.5, 3.5)

    def __init__(self) -> None:
        # evenly spaced nodes: for a periodic function the rule converges faster than any power
        angle = np.linspace(0, 2 * np.pi, 512, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        nodes = np.concatenate([radius * circle for radius in self.radii])
        super().__init__(nodes, np.full(len(nodes), 1 / len(nodes)))

    def skeleton(self, n: int, rng: np.random.Generator) -> Floats:
        """Points of either circle."""
        angle = 2 * np.pi * rng.random(n)
        radius = np.array(self.radii)[rng.integers(len(self.radii), size=n)]
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(radius[:, None] * circle)


class Spiral(Density):
    """One and a half turns of an Archimedean spiral, of radius .5 to 2.5, evenly in angle, blurred by .1."""

    name = "spiral"
    sd = 0.1

    def __init__(self) -> None:
        at, weights = np.polynomial.legendre.leggauss(512)
        super().__init__(_turns((at + 1) / 2), weights / 2)

    def skeleton(self, n: int, rng: np.random.Generator) -> Floats:
        """Points of the spiral."""
        return _turns(rng.random(n))


def _turns(part: Floats) -> Floats:
    angle, radius = 3 * np.pi * part, 0.5 + 2 * part
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _moon(angle: Floats, upper: bool) -> Floats:
    arc = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    arc = arc - (0.5, 0.25) if upper else (0.5, 0.25) - arc
    return np.asarray(2 * arc)


DENSITIES: Mapping[str, Callable[[], Density]] = {
    kind.name: kind for kind in (Gaussians25, TwoMoons, Rings, Spiral)
}
"""The densities by name."""
