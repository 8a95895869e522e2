"""How a policy was trained: what its record says, and what a trainer follows."""

from dataclasses import dataclass
from math import isfinite

from emily.cognition.gflownet.errors import RecipeError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a policy is trained. Equal recipes give equal weights on one machine.

    Raises RecipeError.
    """

    steps: int = 10_000
    batch: int = 64
    """Trajectories in each step."""
    rate: float = 3e-3
    """The first learning rate of the network; it falls to zero along half a cosine."""
    log_z_rate: float = 0.1
    exploration: float = 0.01
    """How often an action is drawn evenly from all legal ones."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.seed < 0:
            raise RecipeError(f"steps and batch are at least 1, the seed at least 0: {self}")
        if not all(isfinite(rate) and rate > 0 for rate in (self.rate, self.log_z_rate)):
            raise RecipeError(f"rates are positive and finite: {self}")
        if not 0 <= self.exploration < 1:
            raise RecipeError(f"exploration is a probability below 1: {self}")
