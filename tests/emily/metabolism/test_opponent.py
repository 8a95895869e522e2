"""Opponent processes: habituation by use, after-effects, return to base, exact steps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.metabolism.errors import SettingError
from emily.metabolism.opponent import Kinetics, Opponent

KINETICS = Kinetics.of(1.0)
FIGURES = {1: (0.917, 0.719, -0.209), 6: (0.813, 0.157, -0.687)}

drives = st.floats(-1.0, 1.0)
spans = st.floats(0.0, 3000.0)


def exposure(state, on_s, off_s, kinetics, parts=400):
    """(peak, plateau, after-effect) of one exposure to a full drive, and the state after the rest."""
    course = []
    for drive, span in ((1.0, on_s), (0.0, off_s)):
        for _ in range(parts):
            state = state.after(span / parts, drive, kinetics)
            course.append(state.deviation)
    return (max(course), course[parts - 1], min(course)), state


def exposures(count, on_s=25.0, off_s=90.0, kinetics=KINETICS):
    state, figures = Opponent.at_rest(kinetics), []
    for _ in range(count):
        told, state = exposure(state, on_s, off_s, kinetics)
        figures.append(told)
    return figures


@pytest.mark.parametrize("which", FIGURES)
def test_first_and_sixth_exposure(which):
    assert exposures(6)[which - 1] == pytest.approx(FIGURES[which], abs=0.012)


@pytest.mark.parametrize(("which", "strength"), [(1, 1 / 3), (6, 1.0)])
def test_the_figures_of_a_strength_that_holds_during_an_exposure(which, strength):
    fixed = Kinetics(1.0, 13.65, 1e9, 1e9, rest=strength, most=strength)
    figures, _ = exposure(Opponent.at_rest(fixed), 26.3, 136.5, fixed)
    assert figures == pytest.approx(FIGURES[which], abs=0.003)


def test_peak_and_plateau_fall_and_the_after_effect_deepens_with_use():
    peaks, plateaus, after_effects = (list(figures) for figures in zip(*exposures(6), strict=True))
    assert peaks == sorted(peaks, reverse=True)
    assert plateaus == sorted(plateaus, reverse=True)
    assert after_effects == sorted(after_effects, reverse=True)
    assert len({*peaks}) == len({*plateaus}) == len({*after_effects}) == 6


def test_strength_grows_with_use_and_is_forgotten_at_rest():
    fresh = Opponent.at_rest(KINETICS)
    used = fresh.after(60.0, 1.0, KINETICS)
    assert fresh.strength < used.after(100.0, 0.0, KINETICS).strength < used.strength
    assert used.after(20 * KINETICS.forgetting_s, 0.0, KINETICS).strength == pytest.approx(
        KINETICS.rest, abs=1e-6
    )


@given(drives, spans)
def test_it_returns_to_base_within_ten_time_constants(drive, on_s):
    used = Opponent.at_rest(KINETICS).after(on_s, drive, KINETICS)
    assert abs(used.after(10 * KINETICS.opponent_s, 0.0, KINETICS).deviation) < 1e-3


@given(drives, drives, st.floats(0.0, 300.0))
def test_the_length_of_the_steps_does_not_matter(before, drive, span):
    start = Opponent.at_rest(KINETICS).after(50.0, before, KINETICS)
    one = start.after(span, drive, KINETICS)
    many = start
    for _ in range(100):
        many = many.after(span / 100, drive, KINETICS)
    for name in ("a", "b", "strength"):
        assert getattr(one, name) == pytest.approx(getattr(many, name), abs=1e-9)


@pytest.mark.parametrize("parts", [100, 1000])
def test_ten_seconds_in_tenths_and_hundredths(parts):
    one = Opponent.at_rest(KINETICS).after(10.0, 0.7, KINETICS)
    many = Opponent.at_rest(KINETICS)
    for _ in range(parts):
        many = many.after(10.0 / parts, 0.7, KINETICS)
    assert abs(one.deviation - many.deviation) < 1e-12


@given(drives, drives)
def test_it_solves_its_equations(before, drive):
    """Against a fourth-order Runge-Kutta solution of the equations as they stand."""
    k = KINETICS
    start = Opponent.at_rest(k).after(30.0, before, k)

    def slope(a, b, s):
        grown = abs(drive) / k.use_s - (s - k.rest) / k.forgetting_s
        return ((drive - a) / k.primary_s, (s * a - b) / k.opponent_s, grown)

    y, h = (start.a, start.b, start.strength), 0.02
    for _ in range(1000):
        k1 = slope(*y)
        k2 = slope(*(v + h / 2 * d for v, d in zip(y, k1, strict=True)))
        k3 = slope(*(v + h / 2 * d for v, d in zip(y, k2, strict=True)))
        k4 = slope(*(v + h * d for v, d in zip(y, k3, strict=True)))
        y = tuple(
            v + h / 6 * (p + 2 * q + 2 * r + s)
            for v, p, q, r, s in zip(y, k1, k2, k3, k4, strict=True)
        )
    end = start.after(20.0, drive, k)
    assert (end.a, end.b, end.strength) == pytest.approx(y, abs=1e-7)


@given(st.lists(st.tuples(drives, spans), max_size=20))
def test_processes_stay_within_bounds_and_strength_between_rest_and_most(course):
    state = Opponent.at_rest(KINETICS)
    for drive, span in course:
        state = state.after(span, drive, KINETICS)
        assert abs(state.a) <= 1.0 + 1e-12
        assert abs(state.b) <= 1.0 + 1e-12
        assert KINETICS.rest <= state.strength <= KINETICS.most
        assert Opponent.from_dict(state.to_dict(), KINETICS) == state


def test_no_drive_however_long_ends_below_the_setpoint():
    worn = Opponent.at_rest(KINETICS).after(1e9, 1.0, KINETICS)
    assert worn.strength == KINETICS.most
    assert worn.deviation == pytest.approx(0.0, abs=1e-9)


@given(drives, spans)
def test_the_opposite_drive_has_the_opposite_effect(drive, span):
    rest = Opponent.at_rest(KINETICS)
    up, down = rest.after(span, drive, KINETICS), rest.after(span, -drive, KINETICS)
    assert up.deviation == pytest.approx(-down.deviation, abs=1e-12)
    assert up.strength == down.strength


def test_the_shape_does_not_depend_on_the_speed():
    slow = Opponent.at_rest(Kinetics.of(600.0)).after(600 * 15.0, 0.8, Kinetics.of(600.0))
    fast = Opponent.at_rest(KINETICS).after(15.0, 0.8, KINETICS)
    assert slow.deviation == pytest.approx(fast.deviation)


@pytest.mark.parametrize(
    "changed",
    [
        {"primary_s": 0.0},
        {"opponent_s": -1.0},
        {"use_s": math.nan},
        {"forgetting_s": math.inf},
        {"rest": 1.1},
        {"most": 0.1},
        {"most": 1.1},
    ],
)
def test_impossible_kinetics_are_refused(changed):
    values = {"primary_s": 1, "opponent_s": 12, "use_s": 175, "forgetting_s": 7e3, "rest": 0.24}
    with pytest.raises(SettingError):
        Kinetics(**({**values, "most": 1.0} | changed))
