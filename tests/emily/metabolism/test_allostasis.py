"""Five transmitters: drives move them from setpoints that the clock predicts, and they come back."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism import (
    NAMES,
    TRANSMITTERS,
    Allostasis,
    DriveError,
    Levels,
    SettingError,
    StateError,
    TimeStepError,
)

drives = st.dictionaries(st.sampled_from(NAMES), st.floats(-1.0, 1.0))


def test_there_are_five():
    assert NAMES == ("dopamine", "serotonin", "oxytocin", "cortisol", "norepinephrine")
    assert set(TRANSMITTERS) == set(NAMES)


def test_undriven_levels_are_at_their_bases_until_the_clock_is_known():
    levels = Allostasis().advance(1.0, {})
    assert dict(levels.items()) == {name: t.base for name, t in TRANSMITTERS.items()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("drive", [0.5, -0.3])
def test_a_drive_moves_its_transmitter_and_no_other(name, drive):
    before, after = Allostasis().levels, Allostasis().advance(5.0, {name: drive})
    for other, level in after.items():
        moved = level - getattr(before, other)
        assert (moved * drive > 0) if other == name else moved == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_setpoint_is_highest_at_the_predicted_hour(name):
    allostasis, transmitter = Allostasis(), TRANSMITTERS[name]
    by_phase = {h / 2: getattr(allostasis.predict(h / 2), name) for h in range(48)}
    assert max(by_phase, key=by_phase.__getitem__) == transmitter.peak_hours
    assert max(by_phase.values()) == pytest.approx(transmitter.base + transmitter.swing)
    assert min(by_phase.values()) == pytest.approx(transmitter.base - transmitter.swing)


def test_a_level_is_setpoint_and_deviation_together():
    allostasis = Allostasis()
    allostasis.predict(2.5)
    levels = allostasis.advance(60.0, {"cortisol": 0.4})
    deviation = allostasis.opponents["cortisol"].deviation
    assert levels.cortisol == pytest.approx(allostasis.setpoints.cortisol + deviation)
    assert deviation > 0.01


@given(st.lists(st.tuples(drives, st.floats(0.0, 1e6), st.floats(0.0, 24.0)), max_size=10))
def test_levels_are_shares(course):
    allostasis = Allostasis()
    for drive, dt_s, phase_hours in course:
        allostasis.predict(phase_hours)
        assert all(0.0 <= level <= 1.0 for _, level in allostasis.advance(dt_s, drive).items())


@given(drives, st.floats(0.0, 3600.0))
def test_the_length_of_the_steps_does_not_matter(drive, span):
    one, many = Allostasis(), Allostasis()
    one.advance(span, drive)
    for _ in range(50):
        many.advance(span / 50, drive)
    for (_, a), (_, b) in zip(one.levels.items(), many.levels.items(), strict=True):
        assert abs(a - b) < 1e-9


@given(drives, st.floats(0.0, 1e5))
def test_levels_return_to_their_setpoints(drive, span):
    allostasis = Allostasis()
    allostasis.advance(span, drive)
    levels = allostasis.advance(10 * TRANSMITTERS["cortisol"].kinetics.opponent_s, {})
    for name, level in levels.items():
        assert level == pytest.approx(TRANSMITTERS[name].base, abs=1e-3)


def test_dopamine_answers_in_seconds_and_cortisol_in_half_an_hour():
    driven = {"dopamine": 0.5, "cortisol": 0.5}

    def rise(dt_s):
        allostasis = Allostasis()
        allostasis.advance(dt_s, driven)
        return {name: allostasis.opponents[name].deviation for name in driven}

    assert rise(4.0)["dopamine"] > 0.35
    assert rise(4.0)["cortisol"] < 0.01
    assert rise(1800.0)["cortisol"] > 0.35


def test_a_second_use_moves_less_than_the_first():
    allostasis, rises = Allostasis(), []
    for _ in range(3):
        allostasis.advance(40.0, {"dopamine": 0.5})
        rises.append(allostasis.levels.dopamine)
        allostasis.advance(120.0, {})
    assert rises == sorted(rises, reverse=True)
    assert rises[0] - rises[2] > 0.03


def test_it_goes_on_from_a_saved_state():
    whole = Allostasis()
    whole.advance(100.0, {"dopamine": 0.5, "cortisol": -0.2})
    again = Allostasis.from_dict(json.loads(json.dumps(whole.to_dict())))
    assert again.advance(7.0, {"oxytocin": 0.1}) == whole.advance(7.0, {"oxytocin": 0.1})


def test_a_year_off_is_a_step_like_any_other():
    allostasis = Allostasis()
    allostasis.advance(60.0, {"norepinephrine": 1.0})
    rested = allostasis.advance(365 * 86400.0, {})
    assert rested == Levels(**{name: t.base for name, t in TRANSMITTERS.items()})


@pytest.mark.parametrize("dt", [-1e-9, -60.0, math.nan, math.inf, 2e9, "1"])
def test_impossible_steps_are_refused_and_change_nothing(dt):
    allostasis = Allostasis()
    with pytest.raises(TimeStepError):
        allostasis.advance(dt, {"dopamine": 1.0})
    assert allostasis.to_dict() == Allostasis().to_dict()


@pytest.mark.parametrize(
    ("drive", "said"),
    [
        ({"adrenaline": 0.5}, "not of .'adrenaline'."),
        ({"dopamine": math.nan}, "the drive of dopamine must be a number in"),
        ({"dopamine": 1.1}, "not 1.1"),
        ({"cortisol": -math.inf}, "not -inf"),
        ({"cortisol": "high"}, "not 'high'"),
    ],
)
def test_impossible_drives_are_refused_and_change_nothing(drive, said):
    allostasis = Allostasis()
    with pytest.raises(DriveError, match=said):
        allostasis.advance(1.0, {"serotonin": 0.5, **drive})
    assert allostasis.to_dict() == Allostasis().to_dict()


@pytest.mark.parametrize("phase_hours", [math.nan, -1.0, 25.0])
def test_impossible_phases_are_refused(phase_hours):
    with pytest.raises(SettingError):
        Allostasis().predict(phase_hours)


def saved(**changed):
    return {**Allostasis().to_dict(), **changed}


@pytest.mark.parametrize(
    "state",
    [
        {},
        None,
        {"dopamine": {"a": 0.0, "b": 0.0, "strength": 0.3}},
        saved(adrenaline={}),
        saved(dopamine=None),
        saved(dopamine={"a": 0.0, "b": 0.0}),
        saved(dopamine={"a": math.nan, "b": 0.0, "strength": 0.3}),
        saved(dopamine={"a": 0.0, "b": 2.0, "strength": 0.3}),
        saved(dopamine={"a": 0.0, "b": 0.0, "strength": 0.1}),
    ],
)
def test_what_was_not_saved_is_refused(state):
    with pytest.raises(StateError):
        Allostasis.from_dict(state)
