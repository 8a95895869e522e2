"""What levels, clock and sleep do to gain, threshold and compute: direction, range, rest."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism import TRANSMITTERS, Levels, Modulation, SettingError, modulation
from emily.metabolism.modulation import (
    hypothesis_budget,
    ignition_threshold,
    planning_precision,
    salience_gain,
    social_gain,
)

BASE = Levels(**{name: transmitter.base for name, transmitter in TRANSMITTERS.items()})
levels = st.builds(Levels, *[st.floats(0.0, 1.0)] * 5)
shares = st.floats(0.0, 1.0)


def told(*, multiplier=1.0, asleep=False, **changed):
    return modulation(
        replace(BASE, **changed), BASE, multiplier=multiplier, asleep=asleep, precision=4.0
    )


def test_at_rest_by_day_nothing_is_changed():
    assert told() == Modulation(
        salience_gain=1.0,
        social_gain=1.0,
        ignition_threshold=0.7,
        hypotheses=100,
        planning_precision=4.0,
    )


@pytest.mark.parametrize(
    ("cause", "effect", "sign"),
    [
        ({"norepinephrine": 0.9}, "salience_gain", +1),
        ({"norepinephrine": 0.1}, "salience_gain", -1),
        ({"oxytocin": 0.9}, "social_gain", +1),
        ({"serotonin": 0.9}, "ignition_threshold", +1),
        ({"serotonin": 0.1}, "ignition_threshold", -1),
        ({"asleep": True}, "ignition_threshold", +1),
        ({"cortisol": 0.9}, "hypotheses", -1),
        ({"multiplier": 0.3}, "hypotheses", -1),
        ({"dopamine": 0.9}, "planning_precision", +1),
        ({"dopamine": 0.1}, "planning_precision", -1),
    ],
)
def test_each_cause_moves_its_effect_and_nothing_else(cause, effect, sign):
    rest, moved = told(), told(**cause)
    assert (getattr(moved, effect) - getattr(rest, effect)) * sign > 0
    assert replace(moved, **{effect: getattr(rest, effect)}) == rest


@pytest.mark.parametrize(
    ("function", "level", "expected"),
    [
        (salience_gain, 0.9, math.e),
        (salience_gain, 0.4, 1.0),
        (social_gain, 0.85, math.e),
        (lambda level: ignition_threshold(level, asleep=False), 0.95, 0.8),
        (lambda level: ignition_threshold(level, asleep=True), 0.45, 0.9),
        (lambda level: ignition_threshold(level, asleep=True), 0.95, 0.95),
        (lambda level: planning_precision(2.0, level), 0.9, 2.0 * math.e),
    ],
)
def test_figures(function, level, expected):
    assert function(level) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("full", "multiplier", "stress", "hypotheses"),
    [
        (100, 1.0, 0.0, 100),
        (100, 0.25, 0.0, 25),
        (100, 1.0, 0.5, 75),
        (100, 1.0, 1.0, 50),
        (100, 1.0, -0.5, 100),
        (100, 0.0, 1.0, 1),
        (1, 0.1, 0.0, 1),
    ],
)
def test_hypotheses(full, multiplier, stress, hypotheses):
    assert hypothesis_budget(full, multiplier, stress) == hypotheses


@given(levels, levels, shares, st.booleans())
def test_all_stays_in_range(level, setpoint, multiplier, asleep):
    effect = modulation(level, setpoint, multiplier=multiplier, asleep=asleep)
    assert 0.4 < effect.salience_gain < 3.5
    assert 0.4 < effect.social_gain < 3.7
    assert 0.4 <= effect.ignition_threshold <= 0.95
    assert 1 <= effect.hypotheses <= 100
    assert 0.4 < effect.planning_precision < 3.5


@given(shares, shares)
def test_the_predicted_cortisol_of_a_morning_is_no_stress(level, multiplier):
    morning = replace(BASE, cortisol=level)
    effect = modulation(morning, morning, multiplier=multiplier, asleep=False)
    assert effect.hypotheses == max(1, round(100 * multiplier))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: salience_gain(math.nan),
        lambda: social_gain(1.1),
        lambda: ignition_threshold(-0.1, asleep=False),
        lambda: planning_precision(math.inf, 0.5),
        lambda: planning_precision(1.0, math.nan),
        lambda: hypothesis_budget(0, 1.0, 0.0),
        lambda: hypothesis_budget(10, 1.1, 0.0),
        lambda: hypothesis_budget(10, 1.0, math.nan),
    ],
)
def test_what_is_out_of_range_is_refused(ask):
    with pytest.raises(SettingError):
        ask()
