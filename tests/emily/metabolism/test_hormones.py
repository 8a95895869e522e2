"""Cortisol, melatonin and the compute multiplier, locked to the circadian phase."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism import SettingError, compute_multiplier
from emily.metabolism.hormones import cortisol, melatonin

PHASES = [minute / 10 for minute in range(240)]
phases = st.floats(-24.0, 48.0)


def test_cortisol_is_highest_two_and_a_half_hours_after_the_temperature_minimum():
    assert max(PHASES, key=cortisol) == 2.5
    assert cortisol(2.5) == 1.0
    assert cortisol(14.5) == pytest.approx(math.exp(-2))


def test_melatonin_reaches_a_quarter_seven_hours_before_it_and_is_highest_at_night():
    assert melatonin(-7.0) == pytest.approx(0.25)
    assert melatonin(-7.1) < 0.25 < melatonin(-6.9)
    assert max(PHASES, key=melatonin) == 22.0


@given(phases)
def test_curves_repeat_every_day_and_stay_in_range(phase_hours):
    for curve in (cortisol, melatonin, compute_multiplier):
        assert 0.0 < curve(phase_hours) <= 1.0
        assert curve(phase_hours + 24.0) == pytest.approx(curve(phase_hours))


@pytest.mark.parametrize("least", [0.0, 0.25, 0.6, 1.0])
def test_the_multiplier_spans_all_from_least_to_full(least):
    day = [compute_multiplier(phase, least) for phase in PHASES]
    assert min(day) == pytest.approx(least, abs=1e-3)
    assert max(day) == pytest.approx(1.0, abs=1e-3)


def test_more_compute_by_day_than_by_night():
    day = [compute_multiplier(float(phase)) for phase in range(3, 16)]
    night = [compute_multiplier(float(phase)) for phase in range(-6, 0)]
    assert min(day) > max(night)


@pytest.mark.parametrize("least", [-0.1, 1.1, math.nan])
def test_an_impossible_least_is_refused(least):
    with pytest.raises(SettingError):
        compute_multiplier(0.0, least)
