"""Episodic memory: episodes are stored so that none is lost, and recalled by meaning, affect and age.

`emily.cognition.memory.postgres` and `.hypervectors` need the extra `pgvector` and are imported by name.
"""

from emily.cognition.memory.durable import DurableMemory
from emily.cognition.memory.embedder import Embedder, NgramEmbedder
from emily.cognition.memory.errors import (
    EpisodeError,
    MigrationError,
    RefusedError,
    StoreError,
    StoreUnavailable,
)
from emily.cognition.memory.outbox import Outbox
from emily.cognition.memory.recall import SIMILARITY_ONLY, Query, Recalled, Weights
from emily.cognition.memory.record import DIM, Affect, Episode, ulid
from emily.cognition.memory.sqlite import SqliteStore
from emily.cognition.memory.store import EpisodicStore, Health

__all__ = [
    "DIM",
    "SIMILARITY_ONLY",
    "Affect",
    "DurableMemory",
    "Embedder",
    "Episode",
    "EpisodeError",
    "EpisodicStore",
    "Health",
    "MigrationError",
    "NgramEmbedder",
    "Outbox",
    "Query",
    "Recalled",
    "RefusedError",
    "SqliteStore",
    "StoreError",
    "StoreUnavailable",
    "Weights",
    "ulid",
]
