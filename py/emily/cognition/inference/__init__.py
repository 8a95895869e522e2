"""Active inference in discrete partially observed Markov decision processes.

An agent holds a generative model of its world, infers hidden states from what it observes, and chooses
policies by their expected free energy: what they will teach and how much what they bring is preferred
(Friston et al. 2017, Neural Computation 29(1); Da Costa et al. 2020, Journal of Mathematical Psychology 99).
"""

from emily.cognition.inference.agent import GAMMA, ActiveInference, Policy, evaluate
from emily.cognition.inference.efe import ExpectedFreeEnergy, expected_free_energy
from emily.cognition.inference.errors import (
    InferenceError,
    ModelError,
    ObservationError,
    PrecisionError,
)
from emily.cognition.inference.model import GenerativeModel, independent, joint
from emily.cognition.inference.situation import Belief, Observed, SituationModel
from emily.cognition.inference.situation_numbers import ACTIONS, KINDS, SITUATIONS

__all__ = [
    "ACTIONS",
    "GAMMA",
    "KINDS",
    "SITUATIONS",
    "ActiveInference",
    "Belief",
    "ExpectedFreeEnergy",
    "GenerativeModel",
    "InferenceError",
    "ModelError",
    "ObservationError",
    "Observed",
    "Policy",
    "PrecisionError",
    "SituationModel",
    "evaluate",
    "expected_free_energy",
    "independent",
    "joint",
]
