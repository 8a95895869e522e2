"""Prometheus metrics, by the names of the founding documents and our own (emily_…)."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from emily.contracts.messages import (
    TIERS,
    TRANSMITTERS,
    Broadcast,
    Check,
    CircadianState,
    Hypotheses,
    NeuroState,
    ReflexEvent,
    TierStatus,
    Will,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

PUBLISHED = "published"
LOST = ("expired", "future", "oversize", "unreadable", "overflow", "refused", "failed")
OUTCOMES = (PUBLISHED, "received", *LOST)
"""What became of a message: the names under which heartbeats count it."""
REFLEX_LATE = "late"
CLOCK_JUMPS = "clock_jumps"
EPISODES = "episodes"
PENDING = "pending"
MEMORY_DROPPED = "memory_dropped"
"""Counters of heartbeats that have a metric of their own."""

MAX_REFLEXES = 64
"""Names of reflexes that are counted apart; what comes after them is counted as `other`."""

_REFLEX_BUCKETS = tuple(
    ms / 1000
    for ms in (
        1,
        2,
        5,
        8,
        10,
        12,
        14,
        16,
        18,
        20,
        22,
        24,
        26,
        28,
        30,
        33,
        36,
        40,
        45,
        50,
        60,
        80,
        100,
        250,
    )
)


class Metrics:
    """The metrics of one process in a registry of their own; not thread-safe but for render()."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._levels = Gauge(
            "allostatic_neurotransmitter_levels",
            "Level of a neurotransmitter, 0 to 1",
            ["neurotransmitter"],
            registry=registry,
        )
        self._capacity = Gauge(
            "global_workspace_capacity", "How much the workspace may hold", registry=registry
        )
        self._occupancy = Gauge(
            "global_workspace_occupancy", "How much the workspace holds", registry=registry
        )
        self._diversity = Gauge(
            "gflownet_hypothesis_diversity",
            "Diversity of the last hypotheses, 0 to 1",
            registry=registry,
        )
        self._collapses = Counter(
            "gflownet_mode_collapse_total", "Samplings whose modes had collapsed", registry=registry
        )
        self._decision = Histogram(
            "active_inference_latency_seconds",
            "Time of a decision by active inference",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5),
            registry=registry,
        )
        self._inference = Histogram(
            "cognition_inference_latency_seconds",
            "Time of an inference of cognition: a decision, or a sampling of hypotheses",
            buckets=(0.1, 0.5, 1, 2, 5, 10),
            registry=registry,
        )
        self._reflex = Histogram(
            "emily_reflex_latency_seconds",
            "Time from the onset of a stimulus to its published reflex",
            buckets=_REFLEX_BUCKETS,
            registry=registry,
        )
        self._reflexes = Counter(
            "emily_reflex_total", "Reflexes that fired", ["name"], registry=registry
        )
        self._late = Counter(
            "emily_reflex_late_total",
            "Reflexes that were dropped because their deadline had passed",
            registry=registry,
        )
        self._up = Gauge("emily_tier_up", "Whether a tier is up", ["tier"], registry=registry)
        self._well = Gauge(
            "emily_check_ok",
            "Whether a check of the API, or of a tier that is up, is well",
            ["tier", "check"],
            registry=registry,
        )
        self._restarts = Counter(
            "emily_tier_restarts_total",
            "Restarts of a tier that were seen",
            ["tier"],
            registry=registry,
        )
        self._resident = Gauge(
            "emily_tier_resident_bytes", "Resident memory of a tier", ["tier"], registry=registry
        )
        self._messages = Counter(
            "emily_messages_total",
            "Messages by what became of them",
            ["tier", "outcome"],
            registry=registry,
        )
        self._jumps = Counter(
            "emily_clock_jumps_total",
            "Jumps of the wall clock that a tier saw",
            ["tier"],
            registry=registry,
        )
        self._multiplier = Gauge(
            "emily_circadian_multiplier",
            "Share of its compute that the body clock allows cognition",
            registry=registry,
        )
        self._asleep = Gauge("emily_asleep", "Whether the body sleeps", registry=registry)
        self._connected = Gauge(
            "emily_bus_connected", "Whether other processes can be reached", registry=registry
        )
        self._episodes = Gauge(
            "emily_memory_episodes", "Episodes that are remembered", registry=registry
        )
        self._pending = Gauge(
            "emily_memory_pending", "Episodes that wait until the store is back", registry=registry
        )
        self._forgotten = Counter(
            "emily_memory_dropped_total",
            "Episodes and recalls of the loop itself that were dropped: too many at once",
            registry=registry,
        )
        self.totals = dict.fromkeys(OUTCOMES, 0.0)
        self._names: set[str] = set()
        self._seen: dict[tuple[str, str], float] = {}
        for transmitter in TRANSMITTERS:
            self._levels.labels(transmitter)
        for tier in TIERS:
            self._up.labels(tier)
            self._resident.labels(tier)
            self._restarts.labels(tier)
            self._jumps.labels(tier)
            for outcome in OUTCOMES:
                self._messages.labels(tier, outcome)

    def render(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def reflex(self, event: ReflexEvent) -> None:
        """Count a reflex that fired."""
        known = event.name in self._names or len(self._names) < MAX_REFLEXES
        if known:
            self._names.add(event.name)
        self._reflexes.labels(event.name if known else "other").inc()
        self._reflex.observe(event.latency_ms / 1000)

    def neuro(self, state: NeuroState) -> None:
        """Take over the transmitters' levels."""
        for transmitter, level in state.levels.items():
            self._levels.labels(transmitter).set(level)

    def circadian(self, state: CircadianState) -> None:
        """Take over the body clock."""
        self._multiplier.set(state.multiplier)
        self._asleep.set(state.asleep)

    def workspace(self, broadcast: Broadcast) -> None:
        """Take over how full the workspace is."""
        self._capacity.set(broadcast.capacity)
        self._occupancy.set(len(broadcast.contents))

    def will(self, will: Will) -> None:
        """Count a decision."""
        self._decision.observe(will.latency_ms / 1000)
        self._inference.observe(will.latency_ms / 1000)

    def hypotheses(self, sampled: Hypotheses) -> None:
        """Count a sampling."""
        self._diversity.set(sampled.diversity)
        self._collapses.inc(sampled.mode_collapse)
        self._inference.observe(sampled.latency_ms / 1000)

    def heartbeat(self, status: TierStatus, *, restarted: bool) -> None:
        """Take over a tier's counters; after its restart they begin at 0, and ours go on."""

        def added(name: str) -> float:
            return self._added(status.tier, name, status.counters, restarted=restarted)

        if restarted:
            self._restarts.labels(status.tier).inc()
        self._resident.labels(status.tier).set(status.rss_bytes)
        for outcome in OUTCOMES:
            grown = added(outcome)
            self._messages.labels(status.tier, outcome).inc(grown)
            self.totals[outcome] += grown
        self._late.inc(added(REFLEX_LATE))
        self._jumps.labels(status.tier).inc(added(CLOCK_JUMPS))
        self._forgotten.inc(added(MEMORY_DROPPED))
        for name, level in ((EPISODES, self._episodes), (PENDING, self._pending)):
            if name in status.counters:
                level.set(status.counters[name])

    def health(self, up: Mapping[str, bool], *, connected: bool) -> None:
        """Take over which tiers are up and whether the bus is there."""
        for tier, is_up in up.items():
            self._up.labels(tier).set(is_up)
        self._connected.set(connected)

    def checks(self, by_tier: Mapping[str, Mapping[str, Check]]) -> None:
        """Take over the checks of each tier; those that are not among them are told no more."""
        self._well.clear()
        for tier, checks in by_tier.items():
            for name, check in checks.items():
                self._well.labels(tier, name).set(check.ok)

    def _added(
        self, tier: str, name: str, counters: Mapping[str, float], *, restarted: bool
    ) -> float:
        """How much a tier's counter grew since its last heartbeat."""
        if name not in counters:
            return 0.0
        value = max(0.0, counters[name])
        before = 0.0 if restarted else self._seen.get((tier, name), 0.0)
        self._seen[tier, name] = value
        return value - before if value >= before else value
