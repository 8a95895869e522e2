"""State inference: what an observation and an action make of a belief."""

import math

from emily.cognition.inference.errors import ObservationError
from emily.cognition.inference.model import Array, GenerativeModel


def observe(model: GenerativeModel, belief: Array, observation: int) -> tuple[Array, float]:
    """The posterior over states (states,), and the free energy of the observation in nats.

    Bayes' rule, which is where variational inference arrives in a model with one factor; its free energy
    is then the surprise -ln P(o).

    Raises ObservationError for an observation that the model does not have or holds for impossible.
    """
    if not 0 <= observation < len(model.A):
        raise ObservationError(
            f"observation must be 0 to {len(model.A) - 1}, the rows of A, not {observation}"
        )
    together = model.A[observation] * belief
    evidence = float(together.sum())
    if evidence <= 0:
        raise ObservationError(f"observation {observation} is impossible under the present belief")
    return together / evidence, -math.log(evidence)


def predict(model: GenerativeModel, belief: Array, action: int) -> Array:
    """The belief (states,) after an action."""
    after: Array = model.B[action] @ belief
    after /= after.sum()  # what rounding left
    return after
