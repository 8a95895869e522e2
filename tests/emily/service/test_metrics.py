"""Metrics: by the documents' names, readable by Prometheus' own parser, and never running backwards."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from tests.emily.service.serving import heartbeat

from emily.contracts.messages import (
    TIERS,
    TRANSMITTERS,
    Broadcast,
    Check,
    CircadianState,
    Held,
    Hypotheses,
    NeuroState,
    Policy,
    ReflexEvent,
    Will,
)
from emily.service.metrics import MAX_REFLEXES, OUTCOMES, Metrics

SAMPLES = {
    "allostatic_neurotransmitter_levels",
    "global_workspace_capacity",
    "global_workspace_occupancy",
    "gflownet_hypothesis_diversity",
    "gflownet_mode_collapse_total",
    "active_inference_latency_seconds_bucket",
    "cognition_inference_latency_seconds_bucket",
    "emily_reflex_latency_seconds_bucket",
    "emily_reflex_late_total",
    "emily_tier_up",
    "emily_tier_restarts_total",
    "emily_tier_resident_bytes",
    "emily_messages_total",
    "emily_circadian_multiplier",
    "emily_asleep",
    "emily_bus_connected",
    "emily_memory_episodes",
    "emily_memory_dropped_total",
    "emily_memory_pending",
    "emily_clock_jumps_total",
}


DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def scraped(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, by the labels' names."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def bounds(metrics: Metrics, name: str) -> list[float]:
    found = (key[1] for key in scraped(metrics) if key[0] == f"{name}_bucket")
    return [bound for bound in map(float, found) if math.isfinite(bound)]


def reflex(name: str = "clap", latency_ms: float = 25.0) -> ReflexEvent:
    return ReflexEvent(
        name=name,
        action="startle",
        salience=0.9,
        modality="audio",
        t0_ns=1,
        latency_ms=latency_ms,
        deadline_ns=2,
    )


def hypotheses(*, collapsed: bool) -> Hypotheses:
    return Hypotheses(
        hypotheses=((1, 2, 3, 4),),
        unique=1,
        diversity=0.25,
        mode_collapse=collapsed,
        model_version="1",
        latency_ms=700,
    )


def test_every_name_is_there_before_anything_happened(metrics: Metrics) -> None:
    names = {key[0] for key in scraped(metrics)}
    assert names >= SAMPLES
    metrics.reflex(reflex())
    assert ("emily_reflex_total", "clap") in scraped(metrics)
    assert {("emily_tier_up", tier) for tier in TIERS} <= set(scraped(metrics))
    assert {("allostatic_neurotransmitter_levels", t) for t in TRANSMITTERS} <= set(
        scraped(metrics)
    )


def test_the_process_wide_registry_is_left_alone(metrics: Metrics) -> None:
    metrics.reflex(reflex())
    assert not {family.name for family in REGISTRY.collect()} & {
        family.name for family in metrics.registry.collect()
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("active_inference_latency_seconds", [0.01, 0.05, 0.1, 0.5, 1, 2, 5]),
        ("cognition_inference_latency_seconds", [0.1, 0.5, 1, 2, 5, 10]),
    ],
)
def test_the_documents_buckets(metrics: Metrics, name: str, expected: list[float]) -> None:
    assert bounds(metrics, name) == expected


def test_reflex_latencies_are_told_apart_where_the_deadline_is(metrics: Metrics) -> None:
    fine = [
        bound for bound in bounds(metrics, "emily_reflex_latency_seconds") if 0.01 <= bound <= 0.05
    ]
    assert len(fine) >= 15
    assert 0.05 in fine


def test_what_is_told_is_what_is_scraped(metrics: Metrics) -> None:
    held = Held(ref="1", kind="k", source="s", content="c", salience=0.8, entered_ns=1)
    policy = Policy(actions=("look",), efe=7.0, efe_score=0.1, q=0.9)
    metrics.neuro(NeuroState(levels={"dopamine": 0.75}, setpoints={}, gain=1.0, threshold=0.7))
    metrics.workspace(Broadcast(contents=(held,), capacity=7, threshold=0.7))
    metrics.circadian(
        CircadianState(
            local_time="03:00",
            phase_hours=3,
            cortisol=0.1,
            melatonin=0.9,
            pressure=0.8,
            asleep=True,
            multiplier=0.25,
        )
    )
    metrics.will(Will(action="look", policies=(policy,), beliefs={}, latency_ms=30))
    metrics.hypotheses(hypotheses(collapsed=True))
    metrics.hypotheses(hypotheses(collapsed=False))
    metrics.reflex(reflex(latency_ms=25))
    metrics.health({"instinct": True, "nervous": False}, connected=True)
    metrics.heartbeat(
        heartbeat("cognition", counters={"episodes": 12, "pending": 3}), restarted=False
    )
    found = scraped(metrics)
    expected = {
        ("allostatic_neurotransmitter_levels", "dopamine"): 0.75,
        ("global_workspace_capacity",): 7,
        ("global_workspace_occupancy",): 1,
        ("gflownet_hypothesis_diversity",): 0.25,
        ("gflownet_mode_collapse_total",): 1,
        ("active_inference_latency_seconds_bucket", "0.01"): 0,
        ("active_inference_latency_seconds_bucket", "0.05"): 1,
        ("cognition_inference_latency_seconds_count",): 3,
        ("emily_reflex_latency_seconds_bucket", "0.024"): 0,
        ("emily_reflex_latency_seconds_bucket", "0.026"): 1,
        ("emily_reflex_total", "clap"): 1,
        ("emily_tier_up", "instinct"): 1,
        ("emily_tier_up", "nervous"): 0,
        ("emily_bus_connected",): 1,
        ("emily_asleep",): 1,
        ("emily_circadian_multiplier",): 0.25,
        ("emily_memory_episodes",): 12,
        ("emily_memory_pending",): 3,
        ("emily_tier_resident_bytes", "cognition"): 50_000_000,
    }
    assert {key: found[key] for key in expected} == expected


COUNTERS = {
    "late": ("emily_reflex_late_total",),
    "memory_dropped": ("emily_memory_dropped_total",),
    "clock_jumps": ("emily_clock_jumps_total", "instinct"),
}
"""Counters of a heartbeat, and the metrics that they add to."""


def counted(metrics: Metrics, name: str) -> Iterator[float]:
    """Heartbeats of a tier that starts anew, once unseen by its pid: the value after each."""
    beats = [(5.0, False), (9.0, False), (2.0, True), (4.0, False), (1.0, False), (50.0, True)]
    for value, restarted in beats:
        status = heartbeat("instinct", counters={name: value})
        metrics.heartbeat(status, restarted=restarted)
        yield scraped(metrics)[COUNTERS.get(name, ("emily_messages_total", name, "instinct"))]


@pytest.mark.parametrize("name", [*OUTCOMES, *COUNTERS])
def test_a_restarted_tier_counts_on_from_where_it_was(metrics: Metrics, name: str) -> None:
    assert list(counted(metrics, name)) == [5, 9, 11, 13, 14, 64]
    assert scraped(metrics)["emily_tier_restarts_total", "instinct"] == 2


def test_a_heartbeat_that_leaves_a_counter_out_takes_nothing_away(metrics: Metrics) -> None:
    for counters in ({"received": 5.0}, {}, {"received": 6.0}):
        metrics.heartbeat(heartbeat("nervous", counters=counters), restarted=False)
    assert scraped(metrics)["emily_messages_total", "received", "nervous"] == 6


def test_a_flood_of_names_is_counted_under_one(metrics: Metrics) -> None:
    for number in range(10 * MAX_REFLEXES):
        metrics.reflex(reflex(f"made-up-{number}"))
    names = [key for key in scraped(metrics) if key[0] == "emily_reflex_total"]
    assert len(names) == MAX_REFLEXES + 1
    assert scraped(metrics)["emily_reflex_total", "other"] == 9 * MAX_REFLEXES


def test_a_check_is_told_until_nobody_makes_it(metrics: Metrics) -> None:
    well, bad = Check(ok=True), Check(ok=False, detail="no room")
    metrics.checks({"api": {"bus": well}, "cognition": {"disk": bad, "memory": well}})
    assert checks(metrics) == {
        ("bus", "api"): 1,
        ("disk", "cognition"): 0,
        ("memory", "cognition"): 1,
    }
    metrics.checks({"api": {"bus": bad}, "cognition": {"disk": well}})
    assert checks(metrics) == {("bus", "api"): 0, ("disk", "cognition"): 1}


def checks(metrics: Metrics) -> dict[tuple[str, ...], float]:
    return {key[1:]: value for key, value in scraped(metrics).items() if key[0] == "emily_check_ok"}


def test_the_page_tells_every_metric(metrics: Metrics) -> None:
    section = (DOCS / "emily" / "api.md").read_text("utf-8").partition("## Metrics")[2]
    told = re.findall(r"`([a-z_]+)(?:\{[a-z, ]+\})?`", section)
    names = {name.removesuffix("_total") for name in told} - {"other"}
    assert names == {family.name for family in metrics.registry.collect()}
