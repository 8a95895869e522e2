"""Expected free energy: what a policy promises, in what it teaches and in what it brings."""

from dataclasses import dataclass

import numpy as np

from emily.cognition.inference.errors import ModelError
from emily.cognition.inference.model import Array, GenerativeModel


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedFreeEnergy:
    """The terms of G per policy, (policies,) in the order of GenerativeModel.policies, in nats.

    total = risk + ambiguity = -(information_gain + utility).
    """

    risk: Array
    """KL[Q(o) || P(o)]: how far what is expected is from what is preferred."""
    ambiguity: Array
    """E[H[P(o | s)]]: how little observations will tell about states."""
    information_gain: Array
    """E[KL[Q(s | o) || Q(s)]]: what will be learned about the state."""
    utility: Array
    """E[ln P(o)]: how much is preferred what is expected."""

    @property
    def total(self) -> Array:
        """G."""
        return self.risk + self.ambiguity


def expected_free_energy(model: GenerativeModel, belief: Array) -> ExpectedFreeEnergy:
    """G of every policy from a belief (states,) (Friston et al. 2017; Da Costa et al. 2020, J. Math. Psychol. 99).

    The policies are walked as a tree: those that begin alike share what they have in common.

    Raises ModelError when the belief is of another shape than D, or not finite.
    """
    if np.shape(belief) != model.D.shape or not np.isfinite(belief).all():
        raise ModelError(f"belief must be {len(model.D)} finite probabilities, as D is")
    states = belief[None, :]
    sums = np.zeros((4, 1))
    noise = -_x_log_x(model.A).sum(axis=0)
    for _ in range(model.horizon):
        states = np.einsum("ats,ns->nat", model.B, states).reshape(-1, len(belief))
        sums = sums.repeat(len(model.actions), axis=1) + _terms(model, noise, states)
    return ExpectedFreeEnergy(*sums)


def _terms(model: GenerativeModel, noise: Array, states: Array) -> Array:
    """The four terms (4, n) of one time step from the predicted states (n, states)."""
    observations = states @ model.A.T
    utility = observations @ model.C
    risk = _x_log_x(observations).sum(axis=1) - utility
    # Bayes' rule for each observation that may come, so that the second form of G owes nothing to the first
    together = model.A * states[:, None, :]
    expected = observations[:, :, None]
    posterior = np.divide(together, expected, out=np.zeros_like(together), where=expected > 0)
    ratio = np.divide(posterior, states[:, None, :], out=np.ones_like(together), where=together > 0)
    gain = (together * np.log(ratio)).sum(axis=(1, 2))
    return np.stack([risk, states @ noise, gain, utility])


def _x_log_x(values: Array) -> Array:
    logs: Array = np.log(values, out=np.zeros_like(values), where=values > 0)
    return values * logs
