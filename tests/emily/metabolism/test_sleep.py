"""Two-process sleep: exact pressure, thresholds that follow the pacemaker, nights of seven to nine hours."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism import Rest, SettingError, Sleep, StateError, TimeStepError


def test_pressure_builds_up_awake_and_dissolves_asleep():
    awake = Sleep(Rest(0.2, asleep=False)).advance(5.0, 0.0)
    asleep = Sleep(Rest(0.6, asleep=True)).advance(4.2, 0.0)
    assert awake == Rest(pytest.approx(1 - 0.8 * math.exp(-5 / 18.2)), asleep=False)
    assert asleep == Rest(pytest.approx(0.6 / math.e), asleep=True)


@pytest.mark.parametrize("circadian", [-1.0, 0.0, 1.0])
def test_one_falls_asleep_at_the_upper_threshold_and_wakes_at_the_lower(circadian):
    upper, lower = 0.67 + 0.12 * circadian, 0.17 + 0.12 * circadian
    until = 18.2 * math.log((1 - lower) / (1 - upper))
    sleep = Sleep(Rest(lower, asleep=False))
    assert not sleep.advance(until - 0.001, circadian).asleep
    assert sleep.advance(0.002, circadian).asleep
    assert sleep.state.pressure == pytest.approx(upper, abs=1e-3)
    assert sleep.advance(4.2 * math.log(upper / lower) - 0.002, circadian).asleep
    assert not sleep.advance(0.002, circadian).asleep
    assert sleep.state.pressure == pytest.approx(lower, abs=1e-3)


@given(
    st.floats(0.0, 1.0),
    st.booleans(),
    st.floats(0.0, 24 * 70),
    st.integers(1, 20),
    st.floats(-1.2, 1.2),
)
def test_the_length_of_the_steps_does_not_matter(pressure, asleep, hours, parts, circadian):
    long, short = (Sleep(Rest(pressure, asleep)) for _ in range(2))
    long.advance(hours, circadian)
    for _ in range(parts):
        short.advance(hours / parts, circadian)
    if long.state.asleep == short.state.asleep:  # else the end is on a threshold
        assert long.state.pressure == pytest.approx(short.state.pressure, abs=1e-9)
    else:
        assert abs(long.state.pressure - short.state.pressure) < 1e-6


@given(st.floats(0.0, 1.0), st.booleans(), st.floats(0.0, 24 * 70), st.floats(-2.0, 2.0))
def test_pressure_is_a_share(pressure, asleep, hours, circadian):
    assert 0.0 <= Sleep(Rest(pressure, asleep)).advance(hours, circadian).pressure <= 1.0


def test_one_who_was_up_for_too_long_sleeps_at_once():
    assert Sleep(Rest(0.95, asleep=False)).advance(0.001, 0.0).asleep


def test_an_alarm_wakes_and_sleep_comes_again_at_its_threshold():
    sleep = Sleep(Rest(0.5, asleep=True))
    assert sleep.wake() == Rest(0.5, asleep=False)
    assert not sleep.advance(1.0, 0.0).asleep
    assert sleep.advance(10.0, 0.0).asleep


def test_no_time_changes_nothing():
    assert Sleep().advance(0.0, 0.0) == Rest()


def test_it_goes_on_from_a_saved_state():
    sleep = Sleep()
    sleep.advance(20.0, 0.1)
    assert Rest.from_dict(json.loads(json.dumps(sleep.state.to_dict()))) == sleep.state


@pytest.mark.parametrize("dt", [-1e-9, math.nan, math.inf, 24 * 71])
def test_impossible_steps_are_refused(dt):
    with pytest.raises(TimeStepError):
        Sleep().advance(dt, 0.0)


@pytest.mark.parametrize("circadian", [math.nan, 2.1, -2.1])
def test_a_pacemaker_off_its_cycle_is_refused(circadian):
    with pytest.raises(SettingError):
        Sleep().advance(1.0, circadian)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"pressure": 0.5},
        {"pressure": 1.5, "asleep": False},
        {"pressure": math.nan, "asleep": False},
        {"pressure": 0.5, "asleep": 1},
        {"pressure": True, "asleep": True},
        "asleep",
    ],
)
def test_what_was_not_saved_is_refused(state):
    with pytest.raises(StateError):
        Rest.from_dict(state)
