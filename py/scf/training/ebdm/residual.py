"""Physics residuals: what is known of an energy beside its data, as a term of the loss."""

from typing import Protocol

from torch import Tensor

from scf.training.ebdm.network import EnergyModel


class Residual(Protocol):
    """A term that is zero where the energy has the property."""

    def __call__(self, model: EnergyModel, x: Tensor, sigma: Tensor) -> Tensor:
        """A number, not negative, at points (n, d) with noise (n,)."""


class Rotation:
    """Invariance of the energy in the plane under all rotations about a centre.

    The generator of the rotations, x·∇⊥E = x₁ ∂₂E - x₂ ∂₁E, is the slope of E along the circle through
    x; it vanishes everywhere exactly for an invariant energy. sigma·score is of order one, and |x| is taken
    in units of √(sigma² + spread²), so every noise level counts alike.
    """

    def __init__(self, centre: tuple[float, float] = (0.0, 0.0)) -> None:
        self.centre = centre

    def __call__(self, model: EnergyModel, x: Tensor, sigma: Tensor) -> Tensor:
        """The mean square of the generator applied to the energy."""
        arm = x - x.new_tensor(self.centre)
        score = model.score(x, sigma)
        torque = arm[:, 0] * score[:, 1] - arm[:, 1] * score[:, 0]
        unit = sigma.square() / (sigma.square() + model.spread.square())
        return (torque.square() * unit).mean()


RESIDUALS = {"rotation": Rotation}
"""The residuals that a job may ask for, by name."""
