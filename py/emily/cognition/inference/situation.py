"""What Emily takes her situation for, and what she plans to do about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emily.cognition.inference import beliefs
from emily.cognition.inference import situation_numbers as numbers
from emily.cognition.inference.agent import GAMMA, Policy, evaluate
from emily.cognition.inference.errors import ObservationError
from emily.cognition.inference.model import Array, GenerativeModel, independent, joint
from emily.cognition.inference.situation_numbers import ACTIONS, KINDS, SITUATIONS, Kind

_LEVELS = 2
"""Of salience: low and high."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A content of the workspace as the situation model sees it.

    Raises ObservationError when the kind is unknown, or the salience no finite number of at least 0.
    """

    kind: Kind
    salience: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ObservationError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if not (math.isfinite(self.salience) and self.salience >= 0):
            raise ObservationError(
                f"salience must be a finite number of at least 0, not {self.salience}"
            )


@dataclass(frozen=True, slots=True)
class Belief:
    """How probable each situation is, by name, and how surprising the last observation was in nats."""

    situations: dict[str, float]
    surprise: float


class SituationModel:
    """Plans two actions ahead in four situations: quiet, presence, danger and discovery.

    A state is a situation together with what Emily does; she perceives the most salient content and her
    own act. What she believes persists from one decision to the next.
    """

    def __init__(self) -> None:
        self._awake = situation_model(asleep=False)
        self._asleep = situation_model(asleep=True)
        self.reset()

    def reset(self) -> None:
        """Believe what is believed before anything is perceived."""
        self._belief = self._awake.D
        self._action: int | None = None
        self._surprise = 0.0

    @property
    def belief(self) -> Belief:
        """What Emily takes her situation for after the last decision."""
        totals = self._belief.reshape(len(SITUATIONS), len(ACTIONS)).sum(axis=1)
        return Belief(dict(zip(SITUATIONS, totals.tolist(), strict=True)), self._surprise)

    def decide(
        self, contents: Sequence[Observed], *, gamma: float = GAMMA, asleep: bool = False
    ) -> list[Policy]:
        """Perceive, and judge every policy: the least expected free energy first.

        The first policy's `action` is the one to take; the next decision supposes that it was.

        Args:
            contents: of the workspace; the most salient is perceived, nothing when there are none
            gamma: precision of policies, from 0 to 1e6
            asleep: whether rest is preferred

        Raises PrecisionError when gamma is negative, above 1e6 or not finite; nothing is perceived then.
        """
        model = self._asleep if asleep else self._awake
        expected = self._belief
        if self._action is not None:
            expected = beliefs.predict(model, expected, self._action)
        doing = self._action or 0
        seen = _sense(contents) * len(ACTIONS) + doing
        belief, surprise = beliefs.observe(model, expected, seen)
        policies = evaluate(model, belief, gamma=gamma, free_energy=surprise)
        self._belief, self._surprise = belief, surprise
        self._action = ACTIONS.index(policies[0].action)
        return policies


def situation_model(*, asleep: bool) -> GenerativeModel:
    """The generative model of situation_numbers: 20 states, 50 observations, 25 policies."""
    costs = numbers.COST_ASLEEP if asleep else numbers.COST_AWAKE
    liked = [liking for kind in KINDS for liking in numbers.LIKED[kind]]
    return GenerativeModel(
        A=independent(_perception(), np.tile(np.eye(len(ACTIONS)), len(SITUATIONS))),
        B=np.array([_change(action) for action in range(len(ACTIONS))]),
        C=joint(liked, [costs[action] for action in ACTIONS]),
        D=np.outer(numbers.START, np.eye(len(ACTIONS))[0]).ravel(),  # waiting
        actions=ACTIONS,
        horizon=2,
    )


def _sense(contents: Sequence[Observed]) -> int:
    """The most salient content as an observation, a row of _perception()."""
    perceived = [content for content in contents if content.kind != "nothing"]
    if not perceived:
        return 0
    content = max(perceived, key=lambda content: content.salience)
    high = content.salience >= numbers.HIGH_SALIENCE
    return KINDS.index(content.kind) * _LEVELS + high


def _perception() -> Array:
    """P(kind, level | situation, act), (10, 20)."""
    columns = []
    for situation in SITUATIONS:
        high = numbers.SALIENT[situation]
        for action in ACTIONS:
            kinds = numbers.PERCEIVED[situation]
            if action == "look":
                kinds = numbers.LOOKED_AT[situation]
            elif action == "greet" and situation == "presence":
                kinds = numbers.GREETED_PRESENCE
            column = np.outer(kinds, (1 - high, high))
            column[0] = kinds[0], 0.0  # nothing is never salient
            columns.append(column.ravel())
    return np.array(columns).T


def _change(action: int) -> Array:
    """P(situation', act' | situation, act), (20, 20), when an action is taken."""
    rows = [
        numbers.ALERTED_DANGER
        if situation == "danger" and ACTIONS[action] == "alert"
        else numbers.CHANGES[situation]
        for situation in SITUATIONS
    ]
    act = np.zeros((len(ACTIONS), len(ACTIONS)))
    act[action] = 1
    return np.kron(np.array(rows).T, act)
