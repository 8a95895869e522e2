"""Active inference: acting so that what is observed teaches and pleases."""

import math
import sys
from dataclasses import dataclass

import numpy as np

from emily.cognition.inference import beliefs
from emily.cognition.inference.efe import expected_free_energy
from emily.cognition.inference.errors import InferenceError, PrecisionError
from emily.cognition.inference.model import Array, GenerativeModel

GAMMA = 16.0
"""Precision of policies: one nat less makes a policy e^16 times as probable."""

MAX_GAMMA = 1e6
"""Beyond it nothing but rounding would change."""

_BELOW_ONE = 1 - sys.float_info.epsilon / 2


@dataclass(frozen=True, slots=True)
class Policy:
    """A sequence of actions and how it was judged."""

    actions: tuple[str, ...]
    efe: float
    """Expected free energy G in nats, of any size; the lower the better."""
    efe_score: float
    """1 - q, in [0, 1): near 0 for a policy that is as good as chosen."""
    q: float
    """Its posterior probability among the policies."""

    @property
    def action(self) -> str:
        """The action to take now."""
        return self.actions[0]


def evaluate(
    model: GenerativeModel, belief: Array, *, gamma: float = GAMMA, free_energy: float = 0.0
) -> list[Policy]:
    """Every policy, the least expected free energy first.

    q(policy) = softmax(-gamma G - F + ln E). F is that of what was observed so far; since all policies
    begin at the present and share its past, it is one number and does not prefer any.

    Args:
        model: what is believed of the world
        belief: (states,), P(s) now
        gamma: precision, from 0 to MAX_GAMMA: how much the differences of G count
        free_energy: F in nats, as beliefs.observe() gives it

    Raises PrecisionError when gamma is negative, above MAX_GAMMA or not finite, and ModelError when the
    belief is not about the model's states.
    """
    if not 0 <= gamma <= MAX_GAMMA:
        raise PrecisionError(f"gamma must be a number from 0 to {MAX_GAMMA:.0e}, not {gamma}")
    if not math.isfinite(free_energy):
        raise InferenceError(f"free_energy must be finite, not {free_energy}")
    efe = expected_free_energy(model, belief).total
    with np.errstate(divide="ignore"):  # a habit of 0 forbids a policy
        scores = -gamma * efe - free_energy + np.log(model.E)
    weights = np.exp(scores - scores.max())
    posterior = weights / weights.sum()
    return [
        Policy(
            actions=model.policies[index],
            efe=float(efe[index]),
            efe_score=min(1 - float(posterior[index]), _BELOW_ONE),
            q=float(posterior[index]),
        )
        for index in np.argsort(efe, kind="stable")
    ]


class ActiveInference:
    """An agent that observes, plans anew at every step, and acts.

    Args:
        model: what it believes of its world
        gamma: precision of its policies
        seed: of its choices, or a generator to draw them from
    """

    def __init__(
        self,
        model: GenerativeModel,
        *,
        gamma: float = GAMMA,
        seed: int | np.random.Generator = 0,
    ) -> None:
        self.model = model
        self.gamma = gamma
        self._rng = np.random.default_rng(seed)
        self._belief = model.D
        self._free_energy = 0.0

    @property
    def belief(self) -> Array:
        """P(s) now, (states,)."""
        return self._belief

    @property
    def free_energy(self) -> float:
        """The surprise at the last observation in nats."""
        return self._free_energy

    def reset(self) -> None:
        """Believe D again."""
        self._belief, self._free_energy = self.model.D, 0.0

    def observe(self, observation: int) -> None:
        """Infer the state from an observation, a row of A.

        Raises ObservationError, and believes what it did, when the observation cannot be.
        """
        self._belief, self._free_energy = beliefs.observe(self.model, self._belief, observation)

    def plan(self) -> list[Policy]:
        """Every policy from here, the least expected free energy first."""
        return evaluate(self.model, self._belief, gamma=self.gamma, free_energy=self._free_energy)

    def act(self) -> str:
        """Take an action, drawn from q summed over the policies that begin with it."""
        weights = dict.fromkeys(self.model.actions, 0.0)
        for policy in self.plan():
            weights[policy.action] += policy.q
        probabilities = np.array(list(weights.values()))
        action = int(self._rng.choice(len(weights), p=probabilities / probabilities.sum()))
        self._belief = beliefs.predict(self.model, self._belief, action)
        return self.model.actions[action]
