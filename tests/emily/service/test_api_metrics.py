"""What is scraped: the loop at that moment, by the names and labels that the pages tell."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.emily.service.serving import Clock, Loop

from emily.contracts.messages import TIERS, Check, ReflexEvent
from emily.contracts.topics import REFLEX
from emily.service.build import build_tier
from emily.service.metrics import OUTCOMES
from emily.service.settings import Settings
from emily.service.view import FRESH_S, OF_EVERY_TIER

DOCS = Path(__file__).parents[3] / "docs"
RUNBOOK = DOCS / "runbooks" / "emily-degraded.md"
PAGES = [*sorted((DOCS / "emily").glob("*.md")), RUNBOOK]
FIRST_WORDS = "emily|allostatic|global_workspace|gflownet|active_inference|cognition_inference"
NAMED = re.compile(rf"\b((?:{FIRST_WORDS})_[a-z_]+)(?:\{{([^}}]*)\}})?")
ALERT = re.compile(r"- alert: (Emily[A-Za-z]+)\n")
LABEL = re.compile(r"([a-z_]+)(?= *[,=!]| *$)")

CLAP = ReflexEvent(
    name="clap",
    action="startle",
    salience=0.9,
    modality="audio",
    t0_ns=1,
    latency_ms=12.5,
    deadline_ns=2,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loop(clock: Clock) -> Loop:
    return Loop(clock=clock)


def scraped(loop: Loop) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, by the labels' names."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(loop.view.scrape().decode())
        for sample in family.samples
    }


def test_the_metrics_are_those_of_the_moment(loop: Loop, clock: Clock) -> None:
    loop.bring_up()
    assert scraped(loop)["emily_tier_up", "instinct"] == 1
    clock.now += FRESH_S
    assert scraped(loop)["emily_tier_up", "instinct"] == 0


def test_the_metrics_tell_the_checks_of_the_api_and_of_the_tiers_that_are_up(clock: Clock) -> None:
    loop = Loop(clock=clock, watched={"flags": lambda: Check(ok=False)})
    loop.bring_up()
    full = {"memory": {"ok": True}, "disk": {"ok": False, "detail": "0 MiB free"}}
    loop.beat("cognition", checks=full, counters={"pending": 2})
    assert checks(loop) == {
        ("bus", "api"): 1,
        ("flags", "api"): 0,
        ("memory", "cognition"): 1,
        ("disk", "cognition"): 0,
    }
    assert scraped(loop)["emily_memory_pending",] == 2
    clock.now += FRESH_S
    assert checks(loop) == {("bus", "api"): 1, ("flags", "api"): 0}


def checks(loop: Loop) -> dict[tuple[str, ...], float]:
    return {key[1:]: ok for key, ok in scraped(loop).items() if key[0] == "emily_check_ok"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_metric_that_a_page_names_is_there_with_its_labels(loop: Loop, page: Path) -> None:
    loop.tier("instinct").publish(REFLEX, CLAP, name="clap")
    families = list(text_string_to_metric_families(loop.view.scrape().decode()))
    known = {family.name: set() for family in families if family.type == "histogram"}
    known |= {one.name: set(one.labels) for family in families for one in family.samples}
    named = NAMED.findall(page.read_text("utf-8"))
    assert {name for name, _ in named} <= set(known)
    wrong = [one for one in named if not set(LABEL.findall(one[1])) <= known[one[0]]]
    assert not wrong


def test_the_runbook_has_an_alert_for_every_fault() -> None:
    rules = RUNBOOK.read_text("utf-8").partition("groups:")[2].partition("```")[0]
    assert {name for name, _ in NAMED.findall(rules)} >= {
        *("emily_tier_up", "emily_tier_restarts_total", "emily_bus_connected", "emily_check_ok"),
        *("emily_memory_pending", "emily_memory_dropped_total", "emily_clock_jumps_total"),
        *("emily_messages_total", "emily_reflex_late_total", "emily_reflex_latency_seconds_bucket"),
    }
    (outcomes,) = re.findall(r'outcome=~"([a-z|]+)"', rules)
    assert set(outcomes.split("|")) <= set(OUTCOMES)
    assert rules.count("- alert: ") == rules.count("expr: ") == len(set(ALERT.findall(rules)))


def test_the_runbook_tells_every_check(tmp_path: Path) -> None:
    section = RUNBOOK.read_text("utf-8").partition("| Check |")[2].partition("\n\n")[0]
    settings = Settings.model_validate({"state": {"folder": tmp_path}})
    own = {name for tier in TIERS for name in build_tier(tier, settings).checks()}
    assert {"memory", "disk", "state", "reflexes"} <= own
    made = {"bus", "flags", *TIERS, *own, *(f"instinct.{name}" for name in OF_EVERY_TIER)}
    assert made <= set(re.findall(r"`([a-z_.]+)`", section))
