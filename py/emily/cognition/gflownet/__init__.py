"""A generative flow network: diverse hypotheses, each drawn as often as its share of the reward.

Trajectory balance (Malkin et al. 2022, NeurIPS) on the hypergrid (Bengio et al. 2021, NeurIPS):
sampling and exact evaluation, in NumPy. SCF trains.
"""

from emily.cognition.gflownet.checkpoint import Trained, TrainingRecord
from emily.cognition.gflownet.errors import (
    GFlowNetError,
    GridError,
    RecipeError,
    SampleError,
    WeightsError,
)
from emily.cognition.gflownet.exact import Evaluation, evaluate
from emily.cognition.gflownet.hypergrid import Hypergrid
from emily.cognition.gflownet.policy import Policy
from emily.cognition.gflownet.recipe import Recipe
from emily.cognition.gflownet.sampler import GFlowNet, Hypotheses

__all__ = [
    "Evaluation",
    "GFlowNet",
    "GFlowNetError",
    "GridError",
    "Hypergrid",
    "Hypotheses",
    "Policy",
    "Recipe",
    "RecipeError",
    "SampleError",
    "Trained",
    "TrainingRecord",
    "WeightsError",
    "evaluate",
]
