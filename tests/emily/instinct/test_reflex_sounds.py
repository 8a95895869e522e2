"""Made sounds: what they are called is what they are, no two are alike, and ratios are right."""

import numpy as np
import pytest

from emily.instinct.reflex import SignalError, sounds

SECOND = sounds.RATE_HZ


def spectrum(sound: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.rfft(sound)) ** 2


@pytest.mark.parametrize("name", sounds.EVENTS)
def test_the_same_seed_makes_the_same_sound_and_the_next_is_another(name: str) -> None:
    make = sounds.EVENTS[name]
    rng = np.random.default_rng(1)
    first, second = make(rng), make(rng)
    assert np.array_equal(first, make(np.random.default_rng(1)))
    assert len(first) != len(second) or not np.allclose(first, second)


@pytest.mark.parametrize(("name", "attack_ms"), [("clap", 1), ("alarm", 6), ("voice", 12)])
def test_events_begin_at_once(name: str, attack_ms: float) -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        event = sounds.EVENTS[name](rng)
        early = np.abs(event[: int(attack_ms * 16)]).max()
        assert early > 0.25 * np.abs(event).max()


@pytest.mark.parametrize(
    ("name", "shortest_ms", "longest_ms"),
    [("clap", 30, 121), ("alarm", 249, 501), ("voice", 199, 301)],
)
def test_events_last_as_long_as_told(name: str, shortest_ms: float, longest_ms: float) -> None:
    rng = np.random.default_rng(3)
    lengths = [len(sounds.EVENTS[name](rng)) / 16 for _ in range(50)]
    assert shortest_ms <= min(lengths) < max(lengths) <= longest_ms


def test_a_clap_is_broad_and_an_alarm_narrow() -> None:
    rng = np.random.default_rng(4)

    def flatness(sound: np.ndarray) -> float:
        power = spectrum(sound) + 1e-12
        return float(np.exp(np.log(power).mean()) / power.mean())

    claps = [flatness(sounds.clap(rng)) for _ in range(20)]
    alarms = [flatness(sounds.alarm(rng)) for _ in range(20)]
    assert min(claps) > 10 * max(alarms)


@pytest.mark.parametrize(("name", "slope_db"), [("white", 0.0), ("pink", -3.0)])
def test_noises_fall_as_told_and_have_power_one(name: str, slope_db: float) -> None:
    noise = sounds.NOISES[name](np.random.default_rng(5), 20 * SECOND)
    assert np.mean(noise**2) == pytest.approx(1, rel=0.02)
    power, hz = spectrum(noise), np.fft.rfftfreq(len(noise), 1 / SECOND)
    octaves = [power[(hz >= low) & (hz < 2 * low)].mean() for low in (125, 250, 500, 1000, 2000)]
    np.testing.assert_allclose(np.diff(10 * np.log10(octaves)), slope_db, atol=0.35)


@pytest.mark.parametrize("name", sounds.EVENTS)
@pytest.mark.parametrize("snr_db", [-6.0, 0.0, 12.0])
def test_mixed_events_have_their_ratio_to_the_noise(name: str, snr_db: float) -> None:
    rng = np.random.default_rng(6)
    event, noise = sounds.EVENTS[name](rng), 7 * sounds.white(rng, SECOND)
    added = sounds.mix(event, noise, snr_db) - noise
    span = sounds.active(added)
    ratio = np.mean(added[span] ** 2) / np.mean(noise**2)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=1e-9)
    energy = np.sum(added[span] ** 2) / np.sum(added**2)
    assert energy >= 0.945
    assert span.stop - span.start >= 320


def test_a_drift_swings_between_its_bounds() -> None:
    gains = sounds.drift(np.random.default_rng(7), 10 * SECOND, range_db=12, period_s=5)
    assert 20 * np.log10([gains.min(), gains.max()]) == pytest.approx([-6, 6], abs=1e-3)


def test_samples_that_do_not_fit_are_clipped() -> None:
    assert sounds.pcm(np.array([0.5, 9.0, -9.0]), 10_000).tolist() == [5000, 32767, -32768]


def test_silence_has_no_ratio() -> None:
    noise = np.ones(100)
    with pytest.raises(SignalError, match="event is silent"):
        sounds.mix(np.zeros(10), noise, 0)
    with pytest.raises(SignalError, match="noise is silent"):
        sounds.mix(np.ones(10), np.zeros(100), 0)
    with pytest.raises(SignalError, match="event has 101 samples"):
        sounds.mix(np.ones(101), noise, 0)
