"""The board in Prometheus' text format, collected when it is asked for and not before."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from scf.page.board import Board, Snapshot

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
GEARS = ("STANDARD", "ACCELERATED", "HYPER", "SINGULARITY")


def render(board: Board) -> bytes:
    """All metrics; before the daemon has said anything, only that it is not well."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(board))
    return generate_latest(registry)


class _Collector:
    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        yield _gauge("scf_healthy", "Whether the daemon is well", not self._board.troubles())
        snapshot = self._board.snapshot
        if snapshot is not None:
            yield _gauge(
                "scf_silent_seconds", "Since the daemon last said anything", self._board.silent_s
            )
            yield from _daemon(snapshot)
            yield from _vault(snapshot)
            yield from _work(snapshot)
            yield from _books(snapshot)


def _daemon(snapshot: Snapshot) -> Iterator[Metric]:
    yield _each(
        "scf_gear",
        "The gear in use is 1, the others are 0",
        "gear",
        {gear: float(gear == snapshot.gear) for gear in (*GEARS, snapshot.gear)},
    )
    yield _gauge("scf_period_seconds", "How often the daemon looks", snapshot.period_s)
    yield _each("scf_phase", "What the last cycle came to", "phase", {snapshot.phase: 1.0})
    yield _gauge("scf_locked", "Whether the emergency lock exists", snapshot.locked)
    yield _gauge("scf_control_sequence", "The last order that was obeyed", snapshot.control.seq)
    yield _counter(
        "scf_control_ignored", "Orders that were not obeyed", "", {"": snapshot.control.ignored}
    )
    yield _counter("scf_cycles", "Cycles since the daemon started", "", {"": snapshot.cycles})
    yield _counter("scf_errors", "Errors since the daemon started", "", {"": snapshot.errors})
    if snapshot.started_at is not None:
        yield _gauge("scf_start_time_seconds", "When it started, since 1970", snapshot.started_at)


def _vault(snapshot: Snapshot) -> Iterator[Metric]:
    rooms = snapshot.rooms
    used = {room.name: float(room.used) for room in rooms}
    quota = {room.name: float(room.quota) for room in rooms}
    yield _each("scf_partition_used_bytes", "What a partition holds", "partition", used)
    yield _each("scf_partition_quota_bytes", "What a partition may hold", "partition", quota)
    yield _gauge("scf_fossils", "Fossils in the vault", snapshot.fossils)
    yield _gauge("scf_shards", "Shards in the vault", snapshot.shards)
    yield _gauge("scf_fossils_due", "Fossils that the next generation waits for", snapshot.due)
    yield _counter("scf_refused", "Input that was refused", "reason", snapshot.refused)


def _work(snapshot: Snapshot) -> Iterator[Metric]:
    work = snapshot.work
    yield _gauge("scf_job_in_hand", "Whether there is a job", work is not None)
    if work is not None:
        yield _gauge("scf_job_steps", "Steps of the job", work.of)
        yield _gauge("scf_job_steps_done", "Steps of the job that are done", work.step)
        yield _gauge("scf_job_attempt", "How often the job was begun", work.attempt)
        if work.beat_at is not None:
            yield _gauge("scf_job_heartbeat_timestamp_seconds", "Its last heartbeat", work.beat_at)
    newest, champion, metric = _generations(snapshot)
    yield _each("scf_generation", "The newest generation", "model", newest)
    yield _each("scf_champion_generation", "The generation in use", "model", champion)
    yield metric


def _generations(snapshot: Snapshot) -> tuple[dict[str, float], dict[str, float], Metric]:
    newest: dict[str, float] = {}
    champion: dict[str, float] = {}
    metric = GaugeMetricFamily(
        "scf_champion_metric", "A figure of the version in use", labels=["model", "metric"]
    )
    for each in snapshot.generations:
        newest.setdefault(each.model, each.generation)
        if each.champion:
            champion[each.model] = each.generation
            for name, value in sorted(each.metrics.items()):
                metric.add_metric([each.model, name], value)
    return newest, champion, metric


def _books(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauge("scf_log_entries", "Statements in the attestation log", snapshot.log_size)
    yield _gauge("scf_ledger_entries", "Entries of the ledger", snapshot.ledger_entries)
    joules = {account: value / 1000 for account, value in sorted(snapshot.balances.items())}
    yield _each("scf_ledger_balance_joules", "What an account holds", "account", joules)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _each(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counter(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """A counter; without a label, of the one value."""
    family = CounterMetricFamily(name, text, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family
