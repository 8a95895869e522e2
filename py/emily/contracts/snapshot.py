"""The whole loop at one moment, as the API and its page show it."""

from typing import Literal

from emily.contracts.base import Contract, Count, Unit
from emily.contracts.messages import (
    Broadcast,
    Check,
    CircadianState,
    Evicted,
    Hypotheses,
    NeuroState,
    ReflexEvent,
    Will,
)


class SeenReflex(Contract):
    """A reflex and when it was seen: its message's id, `age_s` seconds before the snapshot."""

    id: str
    age_s: float
    event: ReflexEvent


class SeenEviction(Contract):
    """Who left the workspace, `age_s` seconds before the snapshot."""

    age_s: float
    eviction: Evicted


class TierView(Contract):
    """A tier as the others see it. `up`: its liveliness token is there and its heartbeat is fresh."""

    tier: str
    up: bool
    uptime_s: float
    rss_mb: float
    checks: dict[str, Check]
    counters: dict[str, float]


class Snapshot(Contract):
    """What is None was not heard of yet."""

    node: str
    at: str
    status: Literal["healthy", "degraded"]
    checks: dict[str, Check]
    reflex_deadline_ms: float
    reflexes: tuple[SeenReflex, ...]
    """The last 50, the newest first."""
    workspace: Broadcast | None
    evicted: tuple[SeenEviction, ...]
    """The last 8, the newest first."""
    neuro: NeuroState | None
    circadian: CircadianState | None
    will: Will | None
    hypotheses: Hypotheses | None
    tiers: tuple[TierView, ...]
    alpha_hz: float
    messages: Count
    dropped: Count
    restarts: Count
    multiplier: Unit | None = None
