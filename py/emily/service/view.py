"""The loop as one process sees it: what was heard on the bus, kept for the API, its page and metrics."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Literal, TypeVar

from emily.contracts import topics
from emily.contracts.base import Contract
from emily.contracts.messages import (
    TIERS,
    AlphaFrame,
    Broadcast,
    Check,
    CircadianState,
    Evicted,
    Hypotheses,
    NeuroState,
    ReflexEvent,
    TierStatus,
    Will,
)
from emily.contracts.snapshot import SeenEviction, SeenReflex, Snapshot, TierView
from emily.contracts.topic import Topic
from emily.nervous_system.bus import Cancel
from emily.nervous_system.node import Message, Node
from emily.service.metrics import LOST, PUBLISHED, Metrics

REFLEXES = 50
EVICTIONS = 8
API = "api"
OF_EVERY_TIER = frozenset({"bus", "inbox"})
"""Checks that all tiers make; among all checks they are told behind the tier's name."""
FRESH_S = 3.0
"""How old a heartbeat may be before its tier counts as down."""
MAX_CHECKS = 64
"""Checks, and counters, that are kept of one heartbeat."""

BodyT = TypeVar("BodyT", bound=Contract)
Watched = Callable[[], Check]


@dataclass(frozen=True, slots=True)
class _Heartbeat:
    status: TierStatus
    heard_s: float


@dataclass(slots=True)
class _Heard:
    """What was heard, with the monotonic time of it where its age matters."""

    reflexes: deque[tuple[float, str, ReflexEvent]] = field(
        default_factory=lambda: deque(maxlen=REFLEXES)
    )
    evicted: deque[tuple[float, Evicted]] = field(default_factory=lambda: deque(maxlen=EVICTIONS))
    workspace: Broadcast | None = None
    neuro: NeuroState | None = None
    circadian: CircadianState | None = None
    will: Will | None = None
    hypotheses: Hypotheses | None = None
    alpha_hz: float = 8.0
    tiers: dict[str, _Heartbeat] = field(default_factory=dict)
    alive: set[str] = field(default_factory=set)
    restarts: int = 0
    revision: int = 0


class LoopView:
    """Listens to every topic of a node and tells how the loop is; safe from any thread.

    A tier is up when its liveliness token is there and its heartbeat is younger than 3 s. `watched`
    are checks of this process itself, by name. What is kept is bounded, whatever is sent.
    """

    def __init__(
        self,
        node: Node,
        *,
        reflex_deadline_ms: float = 50.0,
        watched: Mapping[str, Watched] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.metrics = Metrics()
        self._node = node
        self._deadline_ms = reflex_deadline_ms
        self._watched = dict(watched or {})
        self._clock = clock
        self._lock = Lock()
        self._heard = _Heard()
        self._shown: tuple[object, ...] = ()
        self._cancels: list[Cancel] = []

    def start(self) -> None:
        """Begin to listen."""
        self._hear(topics.REFLEX, self._reflex)
        self._hear(topics.BROADCAST, self._broadcast)
        self._hear(topics.NEURO, self._neuro)
        self._hear(topics.CIRCADIAN, self._circadian)
        self._hear(topics.WILL, self._will)
        self._hear(topics.SAMPLED, self._sampled)
        self._hear(topics.ALPHA, self._alpha)
        self._hear(topics.STATUS, self._status)
        self._cancels.append(self._node.watch(self._liveliness))

    def close(self) -> None:
        """Stop listening; what was heard stays."""
        while self._cancels:
            self._cancels.pop()()

    def checks(self) -> dict[str, Check]:
        """Return what is watched: the bus, each tier, this process's own, and each tier's own."""
        ours = self._ours()
        with self._lock:
            return self._checks(self._clock(), ours)

    def ready(self) -> dict[str, Check]:
        """Return those of the checks that the API needs to serve: the bus and the tiers."""
        bus = self._bus()
        with self._lock:
            return {"bus": bus} | self._tiers(self._clock())

    def scrape(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        ours = self._ours()
        with self._lock:
            up = {tier: check.ok for tier, check in self._tiers(self._clock()).items()}
            told = {tier: self._heard.tiers[tier].status.checks for tier in up if up[tier]}
            self.metrics.health(up, connected=ours["bus"].ok)
            self.metrics.checks({API: ours} | told)
            return self.metrics.render()

    def revision(self) -> int:
        """Return a number that grows when the snapshot changes in more than its times."""
        checks = self.checks()
        with self._lock:
            shown = tuple((name, check.ok, check.detail) for name, check in checks.items())
            if shown != self._shown:
                self._shown = shown
                self._heard.revision += 1
            return self._heard.revision

    def snapshot(self) -> Snapshot:
        """Return the whole loop at this moment."""
        checks = self.checks()
        with self._lock:
            now, heard = self._clock(), self._heard
            ours = sum(self._node.counters[outcome] for outcome in LOST)
            return Snapshot(
                node=self._node.name,
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                status=status_of(checks),
                checks=checks,
                reflex_deadline_ms=self._deadline_ms,
                reflexes=tuple(
                    SeenReflex(id=ident, age_s=now - at, event=event)
                    for at, ident, event in heard.reflexes
                ),
                workspace=heard.workspace,
                evicted=tuple(
                    SeenEviction(age_s=now - at, eviction=eviction)
                    for at, eviction in heard.evicted
                ),
                neuro=heard.neuro,
                circadian=heard.circadian,
                will=heard.will,
                hypotheses=heard.hypotheses,
                tiers=tuple(self._tier(tier, now) for tier in TIERS),
                alpha_hz=heard.alpha_hz,
                messages=_count(self.metrics.totals[PUBLISHED]),
                dropped=_count(ours + sum(self.metrics.totals[lost] for lost in LOST)),
                restarts=heard.restarts,
                multiplier=heard.circadian.multiplier if heard.circadian else None,
            )

    def _tier(self, tier: str, now: float) -> TierView:
        heartbeat = self._heard.tiers.get(tier)
        status = heartbeat.status if heartbeat else None
        return TierView(
            tier=tier,
            up=not self._down(tier, now),
            uptime_s=status.uptime_s if status else 0.0,
            rss_mb=status.rss_bytes / 1e6 if status else 0.0,
            checks=status.checks if status else {},
            counters=status.counters if status else {},
        )

    def _down(self, tier: str, now: float) -> str:
        """Why a tier counts as down; nothing while it is up."""
        heartbeat = self._heard.tiers.get(tier)
        if tier not in self._heard.alive:
            return "its liveliness token is not there"
        if heartbeat is None:
            return "no heartbeat was heard"
        return "" if now - heartbeat.heard_s < FRESH_S else f"no heartbeat for {FRESH_S:g} s"

    def _bus(self) -> Check:
        connected = self._node.bus.connected
        return Check(ok=connected, detail="" if connected else "no router is reached")

    def _ours(self) -> dict[str, Check]:
        return {"bus": self._bus()} | {name: _ask(each) for name, each in self._watched.items()}

    def _tiers(self, now: float) -> dict[str, Check]:
        down = {tier: self._down(tier, now) for tier in TIERS}
        return {tier: Check(ok=not why, detail=why) for tier, why in down.items()}

    def _checks(self, now: float, ours: dict[str, Check]) -> dict[str, Check]:
        checks = ours | self._tiers(now)
        for tier in TIERS:
            heartbeat = self._heard.tiers.get(tier)
            for name, check in heartbeat.status.checks.items() if heartbeat else ():
                taken = name in checks or name in OF_EVERY_TIER
                checks[f"{tier}.{name}" if taken else name] = check
        return checks

    def _hear(self, topic: Topic[BodyT], keep: Callable[[Message[BodyT]], None]) -> None:
        def hear(message: Message[BodyT]) -> None:
            with self._lock:
                keep(message)
                self._heard.revision += 1

        self._cancels.append(self._node.subscribe(topic, hear))

    def _reflex(self, message: Message[ReflexEvent]) -> None:
        self._heard.reflexes.appendleft((self._clock(), message.envelope.id, message.body))
        self.metrics.reflex(message.body)

    def _broadcast(self, message: Message[Broadcast]) -> None:
        now, self._heard.workspace = self._clock(), message.body
        self._heard.evicted.extendleft((now, gone) for gone in message.body.evicted)
        self.metrics.workspace(message.body)

    def _neuro(self, message: Message[NeuroState]) -> None:
        self._heard.neuro = message.body
        self.metrics.neuro(message.body)

    def _circadian(self, message: Message[CircadianState]) -> None:
        self._heard.circadian = message.body
        self.metrics.circadian(message.body)

    def _will(self, message: Message[Will]) -> None:
        self._heard.will = message.body
        self.metrics.will(message.body)

    def _sampled(self, message: Message[Hypotheses]) -> None:
        self._heard.hypotheses = message.body
        self.metrics.hypotheses(message.body)

    def _alpha(self, message: Message[AlphaFrame]) -> None:
        self._heard.alpha_hz = message.body.frequency_hz

    def _status(self, message: Message[TierStatus]) -> None:
        status = _bounded(message.body)
        before = self._heard.tiers.get(status.tier)
        if status.tier in TIERS:
            restarted = before is not None and before.status.pid != status.pid
            self._heard.restarts += restarted
            self._heard.tiers[status.tier] = _Heartbeat(status, self._clock())
            self.metrics.heartbeat(status, restarted=restarted)

    def _liveliness(self, service: str, there: bool) -> None:
        if service not in TIERS:
            return
        with self._lock:
            (self._heard.alive.add if there else self._heard.alive.discard)(service)
            self._heard.revision += 1


def status_of(checks: Mapping[str, Check]) -> Literal["healthy", "degraded"]:
    """Return the word for checks: healthy when all are well."""
    return "healthy" if all(check.ok for check in checks.values()) else "degraded"


def _ask(watched: Watched) -> Check:
    try:
        return watched()
    except Exception as error:
        return Check(ok=False, detail=f"the check failed: {type(error).__name__}")


def _bounded(status: TierStatus) -> TierStatus:
    if len(status.checks) <= MAX_CHECKS and len(status.counters) <= MAX_CHECKS:
        return status
    checks = dict(list(status.checks.items())[:MAX_CHECKS])
    counters = dict(list(status.counters.items())[:MAX_CHECKS])
    return status.model_copy(update={"checks": checks, "counters": counters})


def _count(number: float) -> int:
    return int(min(number, 2.0**62))
