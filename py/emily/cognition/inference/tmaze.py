"""The T-maze: an animal that may look up where the food is before it commits itself."""

from dataclasses import dataclass

import numpy as np

from emily.cognition.inference.agent import ActiveInference
from emily.cognition.inference.errors import ModelError
from emily.cognition.inference.model import Array, GenerativeModel, independent, joint

PLACES = ("stay", "left", "right", "cue")
"""Where the animal is, and the actions that bring it there; "stay" is the centre."""
FOOD = ("left", "right")
"""Where the food is."""
OUTCOMES = ("nothing", "reward", "shock")
CUES = ("left", "right")

PREFERENCES = (0.0, 2.0, -4.0)
"""ln P(outcome) up to a constant; where it is and what the cue says, it does not mind."""


def tmaze(*, reward: float = 0.98, cue: float = 1.0) -> GenerativeModel:
    """The model of Friston et al. 2015 (Cognitive Neuroscience 6(4)), with 8 states and horizon 2.

    Args:
        reward: P(reward) in the arm with the food; a shock otherwise, and the other way round elsewhere
        cue: P(the cue tells the truth); 0.5 tells nothing

    Raises ModelError when one of them is no probability.
    """
    for name, value in (("reward", reward), ("cue", cue)):
        if not 0 <= value <= 1:
            raise ModelError(f"{name} must be a probability, not {value}")
    states = [(place, food) for place in PLACES for food in FOOD]
    where = [[float(place == here) for place, _ in states] for here in PLACES]
    outcome = np.array([_outcome(place, food, reward) for place, food in states]).T
    sign = np.array([_sign(place, food, cue) for place, food in states]).T
    moves = [np.kron(_arrive(place), np.eye(len(FOOD))) for place in range(len(PLACES))]
    return GenerativeModel(
        A=independent(where, outcome, sign),
        B=np.array(moves),
        C=joint((0.0,) * len(PLACES), PREFERENCES, (0.0,) * len(CUES)),
        D=np.repeat((0.5, 0.0, 0.0, 0.0), len(FOOD)),
        actions=PLACES,
        horizon=2,
    )


@dataclass(frozen=True, slots=True)
class Episode:
    """What an agent did in two moves, and what it came to."""

    moves: tuple[str, str]
    food: str
    won: bool


def episode(agent: ActiveInference, rng: np.random.Generator) -> Episode:
    """Two moves of an agent with a tmaze() model in a world that is as the model says."""
    agent.reset()
    food = int(rng.integers(len(FOOD)))
    observation = _look(agent.model, 0, food, rng)
    agent.observe(observation)
    moves = []
    for _ in range(2):
        moves.append(agent.act())
        observation = _look(agent.model, PLACES.index(moves[-1]), food, rng)
        agent.observe(observation)
    outcome = OUTCOMES[observation // len(CUES) % len(OUTCOMES)]
    return Episode((moves[0], moves[1]), FOOD[food], outcome == "reward")


def _look(model: GenerativeModel, place: int, food: int, rng: np.random.Generator) -> int:
    return int(rng.choice(len(model.A), p=model.A[:, place * len(FOOD) + food]))


def _arrive(place: int) -> Array:
    moves = np.zeros((len(PLACES), len(PLACES)))
    moves[place] = 1
    return moves


def _outcome(place: str, food: str, reward: float) -> tuple[float, float, float]:
    if place not in FOOD:
        return 1.0, 0.0, 0.0
    hit = reward if place == food else 1 - reward
    return 0.0, hit, 1 - hit


def _sign(place: str, food: str, cue: float) -> tuple[float, float]:
    if place != "cue":
        return 0.5, 0.5
    left = cue if food == "left" else 1 - cue
    return left, 1 - left
