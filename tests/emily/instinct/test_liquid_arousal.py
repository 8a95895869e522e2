"""Arousal rises with salient events, falls in silence, and is liquid in between."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emily.instinct.liquid import Arousal, Ltc, ShapeError, TimeSpanError
from emily.instinct.liquid.arousal import WEIGHTS

ROOT = Path(__file__).parents[3]

saliences = st.floats(0, 1)
gaps_s = st.floats(0, 1e5)


def felt(*events: tuple[float, float]) -> list[float]:
    arousal = Arousal()
    return [arousal.feel(salience, dt_s) for salience, dt_s in events]


@given(st.lists(st.tuples(saliences, gaps_s), max_size=20))
def test_the_level_stays_from_zero_to_one(events: list[tuple[float, float]]) -> None:
    assert all(0 <= level <= 1 for level in felt(*events))


@given(saliences, gaps_s)
def test_no_event_calms(salience: float, dt_s: float) -> None:
    for before in [(0.0, 0.0), (1.0, 0.0)]:
        assert felt(before, (salience, dt_s))[-1] >= felt(before, (0, dt_s))[-1]


@example(a=0.0, b=1e-9, dt_s=1e5)
@given(saliences, saliences, gaps_s)
def test_the_more_salient_the_event_the_more_it_rouses(a: float, b: float, dt_s: float) -> None:
    low, high = sorted((a, b))
    assert felt((low, dt_s))[-1] <= felt((high, dt_s))[-1]


@given(saliences, gaps_s, gaps_s)
def test_the_longer_the_silence_the_calmer(salience: float, a: float, b: float) -> None:
    short, long = sorted((a, b))
    calm = felt((0, 3600))[-1]
    after_short, after_long = (felt((salience, 0), (0, dt_s))[-1] for dt_s in (short, long))
    assert after_long <= max(after_short, calm) + 1e-3  # the solver's error


def test_an_hour_of_silence_is_calm_and_one_startling_event_is_not() -> None:
    calm, startled = felt((0, 3600), (1, 0))
    assert calm < 0.02
    assert startled > 0.45


def test_even_a_faint_event_is_felt() -> None:
    levels = [felt((salience, 0))[-1] for salience in (0, 0.1, 0.3, 0.5, 0.7, 0.85, 1)]
    assert levels == sorted(set(levels))


def test_what_comes_soon_again_rouses_more_than_what_comes_late_again() -> None:
    soon, late = (felt((0.85, 0), (0.85, gap_s))[-1] for gap_s in (0.2, 30.0))
    assert soon > late + 0.1


def test_repetition_leaves_a_tone_that_outlasts_the_burst() -> None:
    once = felt((1, 0), (0, 15))[-1]
    often = felt(*[(1, 1.0)] * 20, (0, 15))[-1]
    assert often > once + 0.05


@pytest.mark.parametrize("silence_s", [0.3, 1, 4, 10, 30, 100])
def test_asked_often_or_seldom_it_says_nearly_the_same(silence_s: float) -> None:
    seldom = felt((1, 0), (0, silence_s))[-1]
    often = felt((1, 0), *[(0, silence_s / 100)] * 100)[-1]
    assert seldom == pytest.approx(often, abs=0.02)


def test_a_salient_event_shortens_the_time_constant_of_the_burst() -> None:
    quiet, loud = (Ltc(WEIGHTS).time_constants_s([0, 0], [salience])[0] for salience in (0, 1))
    assert quiet > 1.9
    assert loud < 0.1


@pytest.mark.parametrize(
    ("salience", "dt_s", "error"),
    [
        (-0.1, 1, ShapeError),
        (1.1, 1, ShapeError),
        (np.nan, 1, ShapeError),
        (0.5, -1, TimeSpanError),
        (0.5, np.inf, TimeSpanError),
        (0.5, np.nan, TimeSpanError),
    ],
)
def test_what_cannot_be_felt_changes_nothing(
    salience: float, dt_s: float, error: type[ValueError]
) -> None:
    arousal = Arousal()
    before = arousal.feel(1, 1)
    with pytest.raises(error):
        arousal.feel(salience, dt_s)
    assert arousal.level == before


def test_the_picture_shows_what_arousal_does() -> None:
    picture = (ROOT / "docs" / "emily" / "arousal.svg").read_text("utf-8")
    points = re.findall(r"([\d.]+),([\d.]+)", picture.partition("<polyline")[2])
    shown = [((float(x) - 40) * 60 / 460, (150 - float(y)) / 136) for x, y in points]
    events = {5: 0.85, 20: 1.0, **dict.fromkeys(range(30, 36), 0.85)}
    arousal, before_s = Arousal(), -1.0
    for at_s, level in shown:
        again = at_s == before_s  # a second point at the same time is after the event
        felt = arousal.feel(
            events[round(at_s)] if again else 0, 0 if again else at_s - max(before_s, 0)
        )
        assert level == pytest.approx(felt, abs=0.01)
        before_s = at_s
    assert len(shown) == 121 + len(events)
