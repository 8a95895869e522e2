"""What is asked of a memory and how episodes are ranked: similarity, affect, recency, importance.

The blend is that of generative agents (Park et al. 2023, "Generative Agents: Interactive Simulacra of
Human Behavior", UIST), whose recency decays by 0.995 an hour. Two terms differ: nothing is rescaled by
what else was found, so that a score means the same in every answer; and importance, which they ask a
language model for, is the strength of the affect, since arousal is what consolidates memories (McGaugh
2004, "The amygdala modulates the consolidation of memories of emotionally arousing experiences", Annual
Review of Neuroscience 27).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from emily.cognition.memory.errors import EpisodeError
from emily.cognition.memory.record import (
    Affect,
    Episode,
    check_affect,
    check_embedding,
    check_time,
    microseconds,
)

MAX_K = 1000
"""Episodes of one answer."""

_HOUR_US = 3_600_000_000
_FARTHEST = 2 * math.sqrt(3)
"""L2 distance of opposite affects."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each term counts, and after how many hours recency is halved. Raises EpisodeError."""

    similarity: float = 1.0
    affect: float = 0.2
    recency: float = 0.1
    importance: float = 0.1
    half_life_hours: float = math.log(0.5) / math.log(0.995)

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if not (isinstance(value, int | float) and 0 <= value < math.inf):
                raise EpisodeError(f"weights.{part.name} must be finite and 0 or more, not {value}")
        if self.half_life_hours == 0:
            raise EpisodeError("weights.half_life_hours must be more than 0")
        if not (self.similarity or self.affect or self.recency or self.importance):
            raise EpisodeError("weights must not all be 0")


SIMILARITY_ONLY = Weights(affect=0, recency=0, importance=0)
"""The order of the cosine alone, which is the order of an index of nearest neighbours."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What to look for: an embedding of shape (384,), an affect or None, and the weights. Raises EpisodeError."""

    embedding: NDArray[np.float32]
    affect: Affect | None = None
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        object.__setattr__(self, "embedding", check_embedding(self.embedding))
        if self.affect is not None:
            object.__setattr__(self, "affect", check_affect(self.affect))


@dataclass(frozen=True, slots=True)
class Recalled:
    """An episode and why it is here: `score` is the sum of the terms, each times its weight.

    `similarity` is the cosine of the embeddings, -1 to 1; `affect` 1 for the same affect down to 0 for
    the opposite one, by L2 distance, or None where none was asked for; `recency` 1 now, 1/2 after the
    half-life; `importance` the length of the affect, 0 to 1.
    """

    episode: Episode
    score: float
    similarity: float
    affect: float | None
    recency: float
    importance: float


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of n episodes, each of shape (n,)."""

    similarity: NDArray[np.float64]
    affect: NDArray[np.float64] | None
    recency: NDArray[np.float64]
    importance: NDArray[np.float64]

    def scores(self, weights: Weights) -> NDArray[np.float64]:
        """Their weighted sum, of shape (n,)."""
        scores = (
            weights.similarity * self.similarity
            + weights.recency * self.recency
            + weights.importance * self.importance
        )
        return scores if self.affect is None else scores + weights.affect * self.affect


def terms(
    query: Query,
    now: datetime,
    similarity: NDArray[np.floating],
    affects: NDArray[np.float64],
    times_us: NDArray[np.int64],
) -> Terms:
    """The terms of n episodes: cosines (n,), affects (n, 3), microseconds since 1970 (n,).

    What lies after `now` counts as now.
    """
    ages_us = np.maximum(microseconds(now) - times_us, 0)
    near = None
    if query.affect is not None:
        near = 1 - np.linalg.norm(affects - np.array(query.affect), axis=1) / _FARTHEST
    return Terms(
        similarity=similarity.astype(np.float64),
        affect=near,
        recency=np.exp2(-ages_us / (query.weights.half_life_hours * _HOUR_US)),
        importance=np.linalg.norm(affects, axis=1) / math.sqrt(3),
    )


def ranked(query: Query, episodes: Sequence[Episode], k: int, now: datetime) -> list[Recalled]:
    """The k best of these, the best first, computed in float64; equal scores in the order of the ids."""
    if not episodes:
        return []
    embeddings = np.array([episode.embedding for episode in episodes], np.float64)
    lengths = np.linalg.norm(embeddings, axis=1)
    found = terms(
        query,
        check_time("now", now),
        np.clip(embeddings @ unit(query.embedding).astype(np.float64) / lengths, -1, 1),
        np.array([episode.affect for episode in episodes], np.float64),
        np.array([microseconds(episode.timestamp) for episode in episodes], np.int64),
    )
    scores = found.scores(query.weights)
    order = sorted(range(len(episodes)), key=lambda row: (-scores[row], episodes[row].id))
    return [
        Recalled(
            episode=episodes[row],
            score=float(scores[row]),
            similarity=float(found.similarity[row]),
            affect=None if found.affect is None else float(found.affect[row]),
            recency=float(found.recency[row]),
            importance=float(found.importance[row]),
        )
        for row in order[:k]
    ]


def unit(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    """The embedding at length 1."""
    wide = embedding.astype(np.float64)
    shortened: NDArray[np.float64] = wide / np.linalg.norm(wide)
    return shortened.astype(np.float32)


def check_k(k: int) -> int:
    """A number of episodes from 1 to 1000; raises EpisodeError."""
    if type(k) is not int or not 1 <= k <= MAX_K:
        raise EpisodeError(f"k must be a whole number from 1 to {MAX_K}, not {k!r}")
    return k
