"""What cognition perceives, decides and imagines, and what the body does to that."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.emily.service.in_process import World, cognition_tier, entering, neuro, reflex

from emily.contracts.messages import CircadianState
from emily.contracts.topics import BROADCAST, CIRCADIAN, NEURO, REFLEX, SAMPLED, WILL
from emily.metabolism.daylight import LightDark
from emily.service.tiers.cognition import ATTENTION_S, IMAGINE_S, CognitionTier
from emily.service.tiers.metabolism import MetabolismTier


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def cognition(world: World, tmp_path: Path) -> Iterator[CognitionTier]:
    tier = cognition_tier(tmp_path)
    world.start(tier)
    yield tier
    tier.close()


def circadian(*, asleep: bool) -> CircadianState:
    return CircadianState(
        local_time="03:00",
        phase_hours=21.0,
        cortisol=0.2,
        melatonin=0.9,
        pressure=0.3,
        asleep=asleep,
        multiplier=0.25,
    )


def test_a_will_is_published_every_step_and_at_once_when_something_enters(
    world: World, cognition: CognitionTier
) -> None:
    wills = world.heard(WILL)
    for number in (1, 2, 3):
        world.step(cognition, 1.0)
        assert len(wills) == number
    world.say(BROADCAST, entering("alarm"))
    assert [will.action for will in wills] == ["wait", "wait", "wait", "alert"]


def test_what_entered_is_perceived_for_a_while(world: World, cognition: CognitionTier) -> None:
    wills = world.heard(WILL)
    world.say(BROADCAST, entering("alarm"))
    world.step(cognition, ATTENTION_S)
    world.step(cognition, 0.1)
    assert [will.beliefs["danger"] > 0.5 for will in wills] == [True, True, False]


@pytest.mark.parametrize(
    ("precision", "least", "most"), [(0, 0.04, 0.04), (1, 0.3, 0.5), (8, 0.9, 1)]
)
def test_the_precision_of_planning_is_the_transmitters(
    world: World, cognition: CognitionTier, precision: float, least: float, most: float
) -> None:
    wills = world.heard(WILL)
    world.say(NEURO, neuro(precision=precision))
    world.step(cognition)
    assert least - 1e-9 <= wills[0].policies[0].q <= most + 1e-9


def test_asleep_it_rests_and_awake_it_does_not(world: World, cognition: CognitionTier) -> None:
    wills = world.heard(WILL)
    for asleep in (False, True, False):
        world.say(CIRCADIAN, circadian(asleep=asleep))
        world.step(cognition)
    assert [will.action for will in wills] == ["wait", "rest", "wait"]


@pytest.mark.parametrize(("allowed", "drawn"), [(7, 7), (100, 100), (0, 1)])
def test_the_transmitters_say_how_many_hypotheses_are_made(
    world: World, cognition: CognitionTier, allowed: int, drawn: int
) -> None:
    del cognition
    sampled = world.heard(SAMPLED)
    world.say(NEURO, neuro(hypotheses=allowed))
    world.say(BROADCAST, entering("clap"))
    assert [len(one.hypotheses) for one in sampled] == [drawn]


def test_the_clock_and_stress_say_how_much_is_imagined(
    world: World, cognition: CognitionTier
) -> None:
    del cognition
    sampled = world.heard(SAMPLED)

    def imagined(hour: int, *, alarms: int = 0) -> int:
        now = datetime(2026, 3, 4, hour, tzinfo=UTC)
        body = MetabolismTier(LightDark(), ZoneInfo("UTC"), now=lambda: now)
        world.start(body)
        for _ in range(alarms):
            world.say(REFLEX, reflex("alarm"), name="alarm")
            world.step(body, 1.9)
        world.step(body, IMAGINE_S)
        world.say(BROADCAST, entering("clap"))
        return len(sampled[-1].hypotheses)

    day, stressed, night = imagined(12), imagined(12, alarms=60), imagined(3)
    assert day > 80
    assert night < stressed < day - 2
    assert night < day / 3


def test_it_imagines_no_oftener_than_every_two_seconds(
    world: World, cognition: CognitionTier
) -> None:
    sampled = world.heard(SAMPLED)
    for pause_s in (0.0, 0.1, IMAGINE_S):
        world.clock.advance(pause_s)
        world.say(BROADCAST, entering("clap"))
    assert len(sampled) == cognition.counters()["imagined"] == 2
