"""The pacemaker: its free-running period, entrainment to light, phase, and steps of any length."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism import (
    Circadian,
    LightDark,
    LightError,
    Pacemaker,
    StateError,
    TimeStepError,
)

STEP_HOURS = 0.1


def temperature_minima(days, light, start_hour=8.0, state=None):
    """The hours at which core body temperature was lowest, from midnight of the first day."""
    circadian, hours, found = Circadian(state), start_hour, []
    before = circadian.state.phase_hours
    while hours < start_hour + 24 * days:
        circadian.advance(STEP_HOURS, light.light(hours + STEP_HOURS / 2))
        hours += STEP_HOURS
        after = circadian.state.phase_hours
        if after < before - 12:  # past 24 circadian hours
            found.append(hours - STEP_HOURS * after / (after + 24 - before))
        before = after
    return found


def mean_period(minima):
    return (minima[-1] - minima[0]) / (len(minima) - 1)


def test_in_darkness_a_day_lasts_24_2_hours():
    minima = temperature_minima(50, LightDark(lux=0.0))[5:]
    assert mean_period(minima) == pytest.approx(24.20, abs=0.02)


def test_sixteen_hours_of_light_entrain_it_to_24_hours():
    minima = temperature_minima(30, LightDark())[-5:]
    assert mean_period(minima) == pytest.approx(24.0, abs=0.05)
    assert all(4.0 <= minimum % 24 <= 7.0 for minimum in minima)


def test_the_specified_schedule_has_its_minimum_at_six_twelve():
    minima = temperature_minima(50, LightDark(8.0, 24.0, 1000.0))
    assert minima[-1] % 24 == pytest.approx(6.2, abs=0.05)


@pytest.mark.parametrize("lux", [150.0, 10_000.0])
def test_dim_and_bright_days_entrain_too(lux):
    minima = temperature_minima(40, LightDark(lux=lux))[-5:]
    assert mean_period(minima) == pytest.approx(24.0, abs=0.05)


def test_a_shifted_day_is_followed_within_two_weeks():
    home, away = LightDark(7.0, 23.0, 1000.0), LightDark(15.0, 7.0, 1000.0)
    at_home = temperature_minima(20, home)[-1] % 24
    abroad = temperature_minima(34, away)[-1] % 24
    assert (abroad - at_home) % 24 == pytest.approx(8.0, abs=0.3)


@pytest.mark.parametrize(
    ("from_minimum_hours", "advances"), [(-4.0, False), (3.0, True)], ids=["evening", "morning"]
)
def test_bright_light_before_the_minimum_delays_and_after_it_advances(from_minimum_hours, advances):
    dark, lit = Circadian(), Circadian()
    wait = (from_minimum_hours - dark.state.phase_hours) % 24
    for circadian, lux in ((dark, 0.0), (lit, 10_000.0)):
        circadian.advance(wait, 0.0)
        circadian.advance(2.0, lux)
        circadian.advance(72.0, 0.0)
    shift = (lit.state.phase_hours - dark.state.phase_hours + 12) % 24 - 12
    assert (shift > 0.25) if advances else (shift < -0.25)


def test_the_phase_is_zero_at_the_temperature_minimum_and_runs_forward():
    circadian = Circadian()
    previous, lowest = circadian.advance(0.0, 0.0), []
    for _ in range(240):
        state = circadian.advance(STEP_HOURS, 0.0)
        passed = (state.phase_hours - previous.phase_hours) % 24
        assert 0.05 < passed < 0.2
        lowest.append((state.x, state.phase_hours))
        previous = state
    lag_hours = -min(lowest)[1] % 24
    assert lag_hours == pytest.approx(0.8, abs=0.15)  # x is lowest 0.8 h before temperature is


@pytest.mark.parametrize("lux", [0.0, 500.0, 10_000.0])
def test_the_length_of_the_steps_does_not_matter(lux):
    long, short = Circadian(), Circadian()
    long.advance(6.0, lux)
    for _ in range(6 * 3600 // 10):
        short.advance(10 / 3600, lux)
    for name in ("x", "xc", "n"):
        assert getattr(long.state, name) == pytest.approx(getattr(short.state, name), abs=1e-5)


@given(st.floats(0.0, 24 * 21), st.floats(0.0, 200_000.0))
def test_weeks_in_any_light_stay_on_the_cycle(dt_hours, lux):
    state = Circadian().advance(dt_hours, lux)
    assert abs(state.x) < 1.6
    assert abs(state.xc) < 1.6
    assert 0.0 <= state.n <= 1.0
    assert 0.0 <= state.phase_hours < 24.0


def published(x, xc, n, lux):
    """The right-hand sides as Forger, Jewett & Kronauer 1999 print them, per hour."""
    alpha = 0.05 * (lux / 9500) ** 0.5
    b = 33.75 * alpha * (1 - n) * (1 - 0.4 * x) * (1 - 0.4 * xc)
    stiff = 0.23 * (xc - 4 * xc**3 / 3) - x * ((24 / (0.99669 * 24.2)) ** 2 + 0.55 * b)
    return math.pi / 12 * (xc + b), math.pi / 12 * stiff, 60 * (alpha * (1 - n) - 0.0075 * n)


@pytest.mark.parametrize("lux", [0.0, 1000.0])
def test_it_solves_the_published_equations(lux):
    """Against small Heun steps."""
    circadian, h = Circadian(), 0.001
    y = (circadian.state.x, circadian.state.xc, circadian.state.n)
    for _ in range(4000):
        k = published(*y, lux)
        ahead = published(*(v + h * d for v, d in zip(y, k, strict=True)), lux)
        y = tuple(v + h / 2 * (d + e) for v, d, e in zip(y, k, ahead, strict=True))
    end = circadian.advance(4.0, lux)
    assert (end.x, end.xc, end.n) == pytest.approx(y, abs=1e-5)


def test_no_time_changes_nothing():
    assert Circadian().advance(0.0, 1000.0) == Pacemaker()


def test_it_goes_on_from_a_saved_state():
    whole, first = Circadian(), Circadian()
    first.advance(5.0, 500.0)
    second = Circadian(Pacemaker.from_dict(json.loads(json.dumps(first.state.to_dict()))))
    whole.advance(5.0, 500.0)
    assert second.advance(7.0, 0.0) == whole.advance(7.0, 0.0)


@pytest.mark.parametrize("dt", [-1e-9, -1.0, math.nan, math.inf, 24 * 71, "1", None])
def test_impossible_steps_are_refused_and_change_nothing(dt):
    circadian = Circadian()
    with pytest.raises(TimeStepError, match="dt_hours must be a number in"):
        circadian.advance(dt, 0.0)
    assert circadian.state == Pacemaker()


@pytest.mark.parametrize("lux", [-1.0, math.nan, math.inf, 200_001.0, "bright"])
def test_impossible_lights_are_refused(lux):
    with pytest.raises(LightError, match="light_lux must be a number in"):
        Circadian().advance(1.0, lux)


@pytest.mark.parametrize(
    "state",
    [
        {},
        None,
        [1, 2, 3],
        {"x": 0.0, "xc": 0.0},
        {"x": 0.0, "xc": 0.0, "n": 0.0, "y": 0.0},
        {"x": math.nan, "xc": 0.0, "n": 0.0},
        {"x": 3.0, "xc": 0.0, "n": 0.0},
        {"x": 0.0, "xc": 0.0, "n": -0.1},
        {"x": "0", "xc": 0.0, "n": 0.0},
    ],
)
def test_what_was_not_saved_is_refused(state):
    with pytest.raises(StateError):
        Pacemaker.from_dict(state)
