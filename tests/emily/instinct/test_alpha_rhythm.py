"""The running oscillation: the gain of a time series, phase reset, recalibration, diagnostics."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.instinct.alpha import AlphaOscillatoryAttention, SettingError, TimeError

frequencies = st.floats(7.0, 13.0)
floors = st.floats(0.0, 1.0)
times = st.floats(-1e4, 1e4)


@given(frequencies, floors, times, st.floats(0.1, 10.0), st.floats(-1e6, 1e6))
def test_the_gain_lies_between_floor_and_one(frequency, floor, t_s, power, sample):
    attention = AlphaOscillatoryAttention(frequency, floor=floor)
    attention.alpha_power_gain = power
    assert floor <= attention.gain(t_s) <= 1.0
    assert abs(attention.gain(t_s) * sample) <= abs(sample)


@given(frequencies, floors, times)
def test_the_gain_repeats_with_the_period(frequency, floor, t_s):
    attention = AlphaOscillatoryAttention(frequency, floor=floor)
    assert attention.gain(t_s + 1 / frequency) == pytest.approx(attention.gain(t_s), abs=1e-8)


@given(frequencies, floors, st.lists(st.floats(0.0, 1.0), min_size=2, max_size=10))
def test_equal_inputs_inside_a_release_half_cycle_come_out_ever_weaker(frequency, floor, parts):
    attention = AlphaOscillatoryAttention(frequency, floor=floor)
    out = [attention.gain(part * 0.5 / frequency) for part in sorted(parts)]
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(out))


@given(frequencies, floors, times, st.floats(0.0, 2 * math.pi))
def test_the_gain_is_a_raised_cosine(frequency, floor, onset_s, phi):
    attention = AlphaOscillatoryAttention(frequency, floor=floor)
    attention.phase_reset(onset_s)
    t_s = onset_s + phi / (2 * math.pi * frequency)
    expected = floor + (1 - floor) * (1 + math.cos(phi)) / 2
    assert attention.gain(t_s) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("t_s", "gain"), [(0, 1.0), (1 / 32, 0.6), (1 / 16, 0.2), (1 / 8, 1.0)])
def test_gains_of_a_cycle_at_8_hz_with_a_floor(t_s, gain):
    assert AlphaOscillatoryAttention(floor=0.2).gain(t_s) == pytest.approx(gain)


def test_more_power_opens_the_gate_for_a_shorter_part_of_the_cycle():
    attention = AlphaOscillatoryAttention()
    at = [cycle / 800 for cycle in range(100)]
    openings = []
    for power in (0.1, 1.0, 10.0):
        attention.alpha_power_gain = power
        openings.append(sum(attention.gain(t_s) > 0.5 for t_s in at))
    assert openings[0] > openings[1] > openings[2]


@given(frequencies, times)
def test_a_phase_reset_releases_the_strongest_at_the_onset(frequency, onset_s):
    attention = AlphaOscillatoryAttention(frequency)
    attention.phase_reset(onset_s)
    assert attention.gain(onset_s) == 1.0
    assert attention.release_s(onset_s) == onset_s


@given(frequencies, times)
def test_without_a_reset_a_set_waits_a_cycle_at_most(frequency, t_s):
    attention = AlphaOscillatoryAttention(frequency)
    release_s = attention.release_s(t_s)
    assert t_s <= release_s <= t_s + 1 / frequency
    assert attention.gain(release_s) == pytest.approx(1.0, abs=1e-8)


@given(frequencies, frequencies, times)
def test_recalibration_changes_the_frequency_without_a_jump(frequency, reference, t_s):
    attention = AlphaOscillatoryAttention(frequency)
    before = attention.gain(t_s)
    attention.recalibrate_phase(reference_frequency=reference, t_s=t_s)
    assert attention.frequency == reference
    assert attention.gain(t_s) == pytest.approx(before, abs=1e-9)
    assert attention.gain(t_s + 1 / reference) == pytest.approx(before, abs=1e-8)


def test_recalibration_keeps_the_last_onset_by_default():
    attention = AlphaOscillatoryAttention(8.0)
    attention.phase_reset(2.0)
    attention.recalibrate_phase(reference_frequency=10.0)
    assert attention.gain(2.0) == 1.0
    assert attention.gain(2.05) == pytest.approx(0.0)


def test_a_recalibration_moves_the_capacity():
    attention = AlphaOscillatoryAttention(8.0, gamma_frequency=40.0)
    attention.recalibrate_phase(reference_frequency=10.0)
    assert attention.capacity == 4


@pytest.mark.parametrize("reference", [6.0, 14.0, math.nan, -8.0])
def test_a_reference_that_is_not_alpha_is_refused(reference):
    attention = AlphaOscillatoryAttention()
    with pytest.raises(SettingError):
        attention.recalibrate_phase(reference_frequency=reference)
    assert attention.frequency == 8.0


@pytest.mark.parametrize("t_s", [math.nan, math.inf, 1e13, "now"])
@pytest.mark.parametrize("ask", ["gain", "phase", "release_s", "phase_reset"])
def test_times_that_are_none_are_refused(ask, t_s):
    with pytest.raises(TimeError):
        getattr(AlphaOscillatoryAttention(), ask)(t_s)


def test_diagnostics_before_and_after_gating():
    attention = AlphaOscillatoryAttention(10.0, gamma_frequency=40.0, floor=0.1)
    idle = attention.diagnostics()
    assert (idle.gated, idle.coherence, idle.latency_ms) == (0, None, 0.0)
    gated = attention.gate([1.0, 1.0])
    attention.phase_reset(3.0)
    told = attention.diagnostics()
    assert (told.frequency_hz, told.period_ms, told.capacity, told.floor) == (10.0, 100.0, 4, 0.1)
    assert (told.phi0, told.origin_s, told.gated) == (0.0, 3.0, 1)
    assert told.latency_ms == told.mean_latency_ms == told.worst_latency_ms == gated.latency_ms > 0


@pytest.mark.parametrize(
    ("signals", "coherence"), [([1.0, -1.0], 1.0), ([1.0, 0.0], 0.0), ([1.0, 0.5, 0.0], 1 / 3)]
)
def test_coherence_is_one_for_all_at_once_and_less_the_more_they_spread(signals, coherence):
    attention = AlphaOscillatoryAttention()
    attention.gate(signals)
    assert attention.diagnostics().coherence == pytest.approx(coherence, abs=1e-12)


def test_latency_is_compute_time_and_no_wait_for_a_phase(monkeypatch):
    clock = iter([1.0, 1.002, 2.0, 2.001])
    monkeypatch.setattr("emily.instinct.alpha.attention.perf_counter", lambda: next(clock))
    attention = AlphaOscillatoryAttention()
    gated = [attention.gate([0.0, 1.0]) for _ in range(2)]
    assert [g.phases[-1] for g in gated] == [math.pi, math.pi]  # 62.5 ms of phase
    assert [g.latency_ms for g in gated] == pytest.approx([2.0, 1.0])
    told = attention.diagnostics()
    assert (told.latency_ms, told.mean_latency_ms) == pytest.approx((1.0, 1.5))
    assert told.worst_latency_ms == pytest.approx(2.0)
