"""Hypotheses on demand, from weights that were trained before."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from emily.cognition.gflownet.checkpoint import SHIPPED, Trained, TrainingRecord, load
from emily.cognition.gflownet.diversity import diversity
from emily.cognition.gflownet.errors import SampleError
from emily.cognition.gflownet.hypergrid import Floats, Hypergrid
from emily.cognition.gflownet.trajectories import roll_out

MOST_HYPOTHESES = 100_000


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Hypotheses of one call, and what they show of their sampler (see `diversity.Diversity`)."""

    hypotheses: tuple[tuple[int, ...], ...]
    """The coordinates of each, in the order in which they were drawn."""
    unique: int
    diversity: float
    entropy_ratio: float
    modes: int
    modes_expected: float
    mode_collapse: bool
    model_version: str


class GFlowNet:
    """A sampler of hypotheses, each as often as its share of the reward.

    The network is evaluated once in every state. Nothing changes afterwards: any number of threads may
    draw at the same time.
    """

    def __init__(self, trained: Trained) -> None:
        policy = trained.policy
        self.grid: Hypergrid = policy.grid
        self.record: TrainingRecord = trained.record
        self.model_version: str = trained.version
        self.probabilities: Floats = policy.probabilities(np.arange(policy.grid.size))
        """The probability of each action in each state, (states, actions); read-only."""
        self.probabilities.setflags(write=False)

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "GFlowNet":
        """Read weights, those of the 8^4 grid unless another file is named. Raises WeightsError."""
        return cls(load(path))

    def generate(self, num_samples: int = 100, seed: int = 0, query: str = "") -> Hypotheses:
        """Draw 1 to 100,000 hypotheses; equal arguments give equal hypotheses.

        The query takes part in the seed and in nothing else: the network never sees it, and what is
        drawn for one query is as likely for any other. Raises SampleError.
        """
        if not 1 <= num_samples <= MOST_HYPOTHESES:
            raise SampleError(f"1 to {MOST_HYPOTHESES} hypotheses can be drawn, not {num_samples}")
        random = np.random.default_rng(seed_of(query, seed))
        states = roll_out(self.grid, self.probabilities.__getitem__, num_samples, random).ends
        shown = diversity(self.grid, states)
        return Hypotheses(
            hypotheses=tuple(map(tuple, self.grid.coordinates[states].tolist())),
            unique=shown.unique,
            diversity=shown.pairwise,
            entropy_ratio=shown.entropy_ratio,
            modes=shown.modes,
            modes_expected=shown.modes_expected,
            mode_collapse=shown.mode_collapse,
            model_version=self.model_version,
        )


def seed_of(query: str, seed: int) -> tuple[int, int]:
    """The entropy that a query and a seed stand for, the same in every process. Raises SampleError."""
    if seed < 0:
        raise SampleError(f"a seed is at least 0, not {seed}")
    digest = sha256(query.encode("utf-8", "surrogatepass")).digest()
    return seed, int.from_bytes(digest, "big")
