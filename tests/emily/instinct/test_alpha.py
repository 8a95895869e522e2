"""Alpha phase coding: a set of signals fires strongest first, within the release half cycle."""

import itertools
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.instinct.alpha import (
    AlphaError,
    AlphaOscillatoryAttention,
    Firing,
    SettingError,
    SignalError,
)

anything = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=30)
frequencies = st.floats(7.0, 13.0)
gains = st.floats(0.1, 10.0)


@given(st.lists(st.floats(min_value=0, max_value=100, allow_nan=False), max_size=10))
def test_alpha_attention_preserves_temporal_order(signals):
    """The founding text's property, 001 section 2.4."""
    attention = AlphaOscillatoryAttention(frequency=8.0)
    gated = attention.gate(signals)
    for i in range(len(gated) - 1):
        assert abs(gated[i]) >= abs(gated[i + 1]), f"Temporal order violated at position {i}"


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=10))
def test_alpha_attention_preserves_temporal_order_signed(signals):
    """The founding text's property, 004 priority 3."""
    attention = AlphaOscillatoryAttention(frequency=8.0)
    gated = attention.gate(signals)
    assert all(gated[i] >= gated[i + 1] for i in range(len(gated) - 1))


@given(anything)
def test_what_comes_out_is_a_permutation_of_what_goes_in(signals):
    gated = AlphaOscillatoryAttention().gate(signals)
    assert sorted(gated) == sorted(signals)
    assert [signals[index] for index in gated.order] == list(gated)
    assert sorted(gated.order) == list(range(len(signals)))


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]), max_size=20))
def test_ties_keep_their_order_of_arrival_and_fire_together(signals):
    firings = AlphaOscillatoryAttention().fire(signals)
    for earlier, later in itertools.pairwise(firings):
        if abs(earlier.value) == abs(later.value):
            assert earlier.index < later.index
            assert earlier.phase == later.phase
        else:
            assert earlier.phase < later.phase


@given(anything)
def test_gating_twice_is_gating_once(signals):
    attention = AlphaOscillatoryAttention()
    once = attention.gate(signals)
    assert list(attention.gate(once)) == list(once)


@given(anything, frequencies, gains)
def test_firing_times_rise_within_half_a_cycle(signals, frequency, gain):
    attention = AlphaOscillatoryAttention(frequency)
    attention.alpha_power_gain = gain
    firings = attention.fire(signals)
    times = [firing.t_ms for firing in firings]
    assert times == sorted(times)
    assert all(0.0 <= t <= 500.0 / frequency for t in times)
    assert all(
        firing.t_ms == pytest.approx(1000 * firing.phase / (2 * math.pi * frequency))
        for firing in firings
    )


@given(anything, gains)
def test_the_stronger_never_fires_later(signals, gain):
    attention = AlphaOscillatoryAttention()
    attention.alpha_power_gain = gain
    at = {firing.index: firing.t_ms for firing in attention.fire(signals)}
    for i, a in enumerate(signals):
        for j, b in enumerate(signals):
            if abs(a) > abs(b):
                assert at[i] <= at[j]


@given(anything.filter(any))
def test_the_strongest_fires_at_once(signals):
    first = AlphaOscillatoryAttention().fire(signals)[0]
    assert first.t_ms == 0.0
    assert abs(first.value) == max(map(abs, signals))


@given(st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=10))
def test_an_item_fires_when_inhibition_has_fallen_to_its_strength(signals):
    for firing in AlphaOscillatoryAttention().fire(signals):
        inhibition = (1 + math.cos(firing.phase)) / 2
        assert inhibition == pytest.approx(firing.value / max(signals))


@given(anything, st.floats(30.0, 100.0), frequencies)
def test_a_capacity_lets_the_first_fire_and_no_more(signals, gamma, frequency):
    limited = AlphaOscillatoryAttention(frequency, gamma_frequency=gamma)
    assert limited.capacity == math.floor(gamma / frequency)
    all_of_them = AlphaOscillatoryAttention(frequency).fire(signals)
    assert limited.fire(signals) == all_of_them[: limited.capacity]


def test_five_items_fit_into_a_cycle_of_8_hz_at_40_hz_gamma():
    gated = AlphaOscillatoryAttention(8.0, gamma_frequency=40.0).gate(range(9))
    assert list(gated) == [8, 7, 6, 5, 4]


def test_phases_and_times_of_three_signals():
    firings = AlphaOscillatoryAttention().fire([0.0, 0.5, -1.0])
    assert firings == (
        Firing(2, -1.0, 0.0, 0.0),
        Firing(1, 0.5, math.pi / 2, 31.25),
        Firing(0, 0.0, math.pi, 62.5),
    )


def test_of_nothing_comes_nothing():
    gated = AlphaOscillatoryAttention().gate([])
    assert len(gated) == 0
    assert list(gated) == []
    assert gated.phases == ()


def test_silence_waits_for_the_end_of_inhibition():
    assert AlphaOscillatoryAttention().gate([0.0, 0.0]).phases == (math.pi, math.pi)


@pytest.mark.parametrize(("gain", "later"), [(2.0, True), (0.5, False)])
def test_more_alpha_power_holds_the_weaker_back_for_longer(gain, later):
    attention = AlphaOscillatoryAttention()
    before = attention.fire([1.0, 0.6, 0.2])
    attention.alpha_power_gain = gain
    after = attention.fire([1.0, 0.6, 0.2])
    assert after[0].t_ms == before[0].t_ms == 0.0
    assert all((b.t_ms > a.t_ms) is later for a, b in zip(before[1:], after[1:], strict=True))


@pytest.mark.parametrize(
    ("wanted", "kept"), [(0.0, 0.1), (0.1, 0.1), (3.0, 3.0), (10.0, 10.0), (math.inf, 10.0)]
)
def test_the_gain_is_clamped(wanted, kept):
    attention = AlphaOscillatoryAttention()
    attention.alpha_power_gain = wanted
    assert attention.alpha_power_gain == kept


def test_the_runbook_raises_the_gain_by_a_tenth():
    attention = AlphaOscillatoryAttention()
    attention.alpha_power_gain *= 1.1
    assert attention.diagnostics().alpha_power_gain == pytest.approx(1.1)


def test_gated_cannot_be_changed():
    gated = AlphaOscillatoryAttention().gate([1.0, 2.0])
    with pytest.raises(FrozenInstanceError):
        gated.latency_ms = 0.0
    with pytest.raises(TypeError):
        gated[0] = 3.0
    assert gated[0:2] == (2.0, 1.0)
    assert 1.0 in gated


def test_arrays_are_signals_too():
    assert list(AlphaOscillatoryAttention().gate(np.array([1, 3, 2], dtype=np.float32))) == [
        3,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("signals", "said"),
    [
        ([0.1, math.nan], "signal 1 must be finite, not nan"),
        ([math.inf], "signal 0 must be finite, not inf"),
        ([-math.inf], "signal 0 must be finite, not -inf"),
        ([10**400], "signal 0 must be finite, not inf"),
        (["1"], "signal 0 must be a real number, not str"),
        ("123", "signals must be real numbers, not str"),
        ([None], "signal 0 must be a real number, not NoneType"),
        ([0.1, True], "signal 1 must be a real number, not bool"),
        ([1j], "signal 0 must be a real number, not complex"),
        (np.ones((2, 2)), "signal 0 must be a real number, not ndarray"),
        (7, "signals must be real numbers, not int"),
    ],
)
def test_what_is_no_signal_is_refused_by_name(signals, said):
    attention = AlphaOscillatoryAttention()
    with pytest.raises(SignalError, match=said):
        attention.gate(signals)
    assert attention.diagnostics().gated == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"frequency": 6.9},
        {"frequency": 13.1},
        {"frequency": math.nan},
        {"frequency": "8"},
        {"gamma_frequency": 12.0},
        {"gamma_frequency": math.inf},
        {"floor": -0.1},
        {"floor": 1.1},
    ],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError):
        AlphaOscillatoryAttention(**settings)


def test_all_errors_are_value_errors():
    assert issubclass(AlphaError, ValueError)
    with pytest.raises(SettingError):
        AlphaOscillatoryAttention().alpha_power_gain = math.nan
