"""The whole metabolism: nights, days, restarts, jumps of the clock, and what they do to the tiers."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emily.metabolism import (
    Allostasis,
    Body,
    ClockError,
    DriveError,
    LightDark,
    SettingError,
    StateError,
    TimeStepError,
)

MINUTE_S = 60.0


def days(body, start_hour, count, dt_s=300.0):
    """(hours since midnight of the first day, state) at every step of `count` days."""
    steps = round(count * 86400 / dt_s)
    for step in range(1, steps + 1):
        hours = start_hour + step * dt_s / 3600
        yield hours, body.advance(dt_s, hours % 24, {})


@pytest.mark.parametrize("light", [LightDark(), LightDark(8.0, 24.0)], ids=["7-23", "8-24"])
def test_one_sleeps_seven_to_nine_hours_once_a_day_at_night(light):
    course = list(days(Body.entrained(12.0, light), 12.0, 5))
    asleep = [state.asleep for _, state in course]
    assert 7.0 <= 24 * sum(asleep) / len(asleep) <= 9.0
    onsets = [
        hours % 24
        for (hours, state), before in zip(course[1:], asleep[:-1], strict=True)
        if state.asleep and not before
    ]
    assert len(onsets) == 5
    assert all(onset > 22.0 or onset < 3.0 for onset in onsets)


@pytest.mark.parametrize("light", [LightDark(), LightDark(8.0, 24.0)], ids=["7-23", "8-24"])
def test_the_temperature_minimum_comes_between_four_and_seven_and_before_waking(light):
    course = list(days(Body.entrained(0.0, light), 0.0, 1))
    minimum = min(course, key=lambda told: told[1].phase_hours)
    assert 4.0 <= minimum[0] <= 7.0
    assert minimum[1].asleep
    woken = next(hours for hours, state in course if hours > 4.0 and not state.asleep)
    assert 1.0 < woken - minimum[0] < 4.0


def test_a_new_body_is_one_that_has_just_got_up():
    new, lived = Body().state, Body.entrained(8.45).state
    assert not lived.asleep
    assert new.phase_hours == pytest.approx(lived.phase_hours, abs=0.1)
    assert new.pressure == pytest.approx(lived.pressure, abs=0.01)
    before = Body.entrained(8.25).state
    assert before.asleep


def test_closed_eyes_see_no_light():
    body = Body.entrained(7.5)
    assert body.state.asleep
    assert body.advance(MINUTE_S, 7.52, {}).light_lux == 0.0
    body.wake()
    assert body.advance(MINUTE_S, 7.53, {}).light_lux == 500.0


def test_an_alarm_at_night_wakes_and_sleep_comes_back():
    body = Body.entrained(2.0)
    assert body.state.asleep
    body.wake()
    assert not body.advance(MINUTE_S, 2.02, {}).asleep
    assert any(state.asleep for _, state in days(body, 2.02, 1))


def test_a_night_raises_the_threshold_and_takes_compute_and_gain_away():
    day, night = (Body.entrained(hour).state for hour in (11.0, 2.5))
    awake, asleep = day.modulation(precision=4.0), night.modulation(precision=4.0)
    assert asleep.ignition_threshold > awake.ignition_threshold + 0.1
    assert asleep.hypotheses < 0.4 * awake.hypotheses
    assert asleep.salience_gain < 0.7 * awake.salience_gain
    assert asleep.planning_precision < awake.planning_precision
    assert night.melatonin > 0.8
    assert day.melatonin < 0.3


def test_a_drive_is_felt_in_the_levels_and_in_what_they_modulate():
    rested, alarmed = (Body.entrained(11.0) for _ in range(2))
    calm = rested.advance(5.0, 11.0, {}).modulation()
    roused = alarmed.advance(5.0, 11.0, {"norepinephrine": 0.4}).modulation()
    assert roused.salience_gain > 1.3 * calm.salience_gain
    assert replace(roused, salience_gain=calm.salience_gain) == calm


@pytest.mark.parametrize("dt_s", [1.0, 17 * MINUTE_S])
def test_the_length_of_the_steps_does_not_matter(dt_s):
    """A day that is lived second by second, or a night that a demo plays in half a minute."""
    one, many = Body.entrained(9.0), Body.entrained(9.0)
    span_s = 20 * 17 * MINUTE_S if dt_s > 1 else 3600.0
    hour = 9.0 + span_s / 3600
    one.advance(span_s, hour, {"dopamine": 0.2})
    for step in range(1, round(span_s / dt_s) + 1):
        many.advance(dt_s, 9.0 + step * dt_s / 3600, {"dopamine": 0.2})
    for (name, a), (_, b) in zip(one.state.levels.items(), many.state.levels.items(), strict=True):
        assert a == pytest.approx(b, abs=1e-3), name
    assert one.state.phase_hours == pytest.approx(many.state.phase_hours, abs=0.01)
    assert one.state.pressure == pytest.approx(many.state.pressure, abs=0.01)


def test_a_night_in_half_a_minute_leaves_the_transmitters_their_seconds():
    fast, slow = Body.entrained(23.0), Body.entrained(23.0)
    for second in range(1, 31):
        fast.advance(1.0, (23.0 + second / 3) % 24, {"dopamine": 0.3}, speed=1200.0)
    slow.advance(10 * 3600.0, 9.0, {})
    assert fast.state.phase_hours == pytest.approx(slow.state.phase_hours, abs=0.02)
    assert fast.state.pressure == pytest.approx(slow.state.pressure, abs=0.02)
    alone = Allostasis()
    alone.advance(30.0, {"dopamine": 0.3})
    felt = fast.state.levels.dopamine - fast.state.setpoints.dopamine
    assert felt == pytest.approx(alone.opponents["dopamine"].deviation)


@pytest.mark.parametrize("speed", [-1.0, math.nan, 2e6])
def test_impossible_speeds_are_refused(speed):
    with pytest.raises(SettingError):
        Body().advance(1.0, 8.0, {}, speed=speed)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 1e9), st.floats(0.0, 24.0))
def test_a_jump_of_the_clock_forward_leaves_a_body_that_makes_sense(dt_s, hour):
    body = Body()
    body.advance(30.0, 8.5, {"dopamine": 1.0, "cortisol": -0.5})
    state = body.advance(dt_s, hour, {})
    assert all(0.0 <= level <= 1.0 for _, level in state.levels.items())
    assert 0.0 <= state.phase_hours < 24.0
    assert 0.0 <= state.pressure <= 1.0
    assert 0.25 <= state.multiplier <= 1.0
    assert Body.from_dict(body.to_dict()).state.phase_hours == state.phase_hours


@pytest.mark.parametrize("years", [0.2, 1.0, 30.0])
def test_after_a_long_time_off_it_lives_by_the_hour_of_the_day(years):
    body = Body()
    body.advance(years * 365 * 86400, 14.0, {})
    lived = Body.entrained(14.0).state
    assert body.state.phase_hours == pytest.approx(lived.phase_hours, abs=0.2)
    assert body.state.asleep is lived.asleep is False


def test_it_goes_on_from_a_saved_state():
    whole, first = Body(), Body()
    for body in (whole, first):
        body.advance(1000.0, 9.0, {"serotonin": 0.4})
    again = Body.from_dict(json.loads(json.dumps(first.to_dict())))
    assert again.advance(5000.0, 10.4, {}) == whole.advance(5000.0, 10.4, {})


@pytest.mark.parametrize(
    ("dt_s", "hour", "drive", "error"),
    [
        (-1e-9, 8.0, {}, TimeStepError),
        (-3600.0, 8.0, {}, TimeStepError),
        (math.nan, 8.0, {}, TimeStepError),
        (math.inf, 8.0, {}, TimeStepError),
        (1.0, 24.5, {}, ClockError),
        (1.0, math.nan, {}, ClockError),
        (1.0, 8.0, {"dopamine": 2.0}, DriveError),
        (1.0, 8.0, {"caffeine": 1.0}, DriveError),
    ],
)
def test_what_is_impossible_is_refused_and_changes_nothing(dt_s, hour, drive, error):
    body = Body()
    with pytest.raises(error):
        body.advance(dt_s, hour, drive)
    assert body.to_dict() == Body().to_dict()


@pytest.mark.parametrize("state", [None, {}, "body", {"circadian": {}, "sleep": {}}])
def test_what_was_not_saved_is_refused(state):
    with pytest.raises(StateError):
        Body.from_dict(state)


@pytest.mark.parametrize("part", ["circadian", "sleep", "allostasis"])
def test_a_saved_state_with_a_broken_part_is_refused(part):
    with pytest.raises(StateError):
        Body.from_dict({**Body().to_dict(), part: {}})
