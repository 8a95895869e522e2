"""Made sounds at 16 kHz: what the reflexes are learnt from, and what they are tested with.

Every event is drawn: its pitch, length, decay, phases and resonances vary. Amplitudes are
relative; `mix` sets the level.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from emily.instinct.reflex.errors import SignalError

RATE_HZ = 16_000

ACTIVE_SHARE = 0.95
ACTIVE_LEAST_MS = 20

Sound = NDArray[np.float64]


def clap(rng: np.random.Generator) -> Sound:
    """Hands: a burst of noise that begins within a sample and decays exponentially.

    The cavity between the palms favours a band around 0.8 to 3 kHz (Repp 1987, JASA 81(4)).
    """
    tau_ms, centre_hz = rng.uniform(4, 15), rng.uniform(800, 3000)
    count = _samples(8 * tau_ms)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 1) / centre_hz)
    spectrum *= 0.35 + np.exp(-0.5 * (octaves / rng.uniform(0.6, 1.2)) ** 2)
    burst: Sound = np.fft.irfft(spectrum, count)
    return burst * np.exp(-_times_s(count) * 1000 / tau_ms)


def alarm(rng: np.random.Generator) -> Sound:
    """A beeper: two tones in turn, or one that sweeps, each with weaker harmonics; 250 to 500 ms."""
    count = _samples(rng.uniform(250, 500))
    times_s = _times_s(count)
    low_hz = rng.uniform(700, 1800)
    high_hz = low_hz * rng.uniform(1.2, 1.7)
    turn = times_s * 1000 / rng.uniform(60, 150) + rng.uniform(0, 1)
    if rng.random() < 0.5:
        pitch_hz = np.where(turn % 2 < 1, low_hz, high_hz)
    else:
        pitch_hz = low_hz + (high_hz - low_hz) * (1 - np.abs(turn % 2 - 1))
    phase = 2 * np.pi * (np.cumsum(pitch_hz) / RATE_HZ + rng.random())
    tone = np.sin(phase)
    for harmonic in (2, 3):
        tone += rng.uniform(0.05, 0.3) * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
    return tone * _swell(count, rng.uniform(2, 5), 20)


def voice(rng: np.random.Generator) -> Sound:
    """A called vowel: harmonics of a gliding pitch under three formants; 200 to 300 ms.

    The source falls by 12 dB an octave and the lips give 6 of them back (Fant 1960, "Acoustic
    Theory of Speech Production"); the formants are those of vowels from /i/ to /u/.
    """
    count = _samples(rng.uniform(200, 300))
    times_s = _times_s(count)
    pitch_hz = rng.uniform(100, 280) * 2 ** (rng.uniform(-1, 1) * times_s)
    pitch_hz *= 1 + 0.01 * np.sin(2 * np.pi * (rng.uniform(4, 7) * times_s + rng.random()))
    formants_hz = rng.uniform((300, 850, 2300), (800, 2000, 3000))
    widths_hz = rng.uniform((60, 80, 120), (120, 160, 240))
    turn = np.exp(2j * np.pi * np.cumsum(pitch_hz) / RATE_HZ)
    harmonic, tone = np.ones(count, np.complex128), np.zeros(count)
    for number in range(1, int(5000 / pitch_hz.max()) + 1):
        harmonic *= turn
        place_hz = number * pitch_hz.mean()
        gains = 1 / np.hypot(
            1 - (place_hz / formants_hz) ** 2, widths_hz * place_hz / formants_hz**2
        )
        gain = gains.sum() / number * np.exp(2j * np.pi * rng.random())
        tone += (gain * harmonic).real
    return tone * _swell(count, rng.uniform(3, 10), 40)


EVENTS: Mapping[str, Callable[[np.random.Generator], Sound]] = MappingProxyType(
    {"clap": clap, "alarm": alarm, "voice": voice}
)


def white(rng: np.random.Generator, count: int) -> Sound:
    """Gaussian noise of mean power 1, flat."""
    return rng.standard_normal(count)


def pink(rng: np.random.Generator, count: int) -> Sound:
    """Gaussian noise of mean power 1, falling by 3 dB an octave from 20 Hz on."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 20))
    noise: Sound = np.fft.irfft(spectrum, count)
    noise /= np.sqrt(np.mean(noise**2))
    return noise


NOISES: Mapping[str, Callable[[np.random.Generator, int], Sound]] = MappingProxyType(
    {"white": white, "pink": pink}
)


def drift(rng: np.random.Generator, count: int, *, range_db: float, period_s: float) -> Sound:
    """Gains of shape (count,) that swing by +-`range_db` / 2 around 1, once in `period_s`."""
    swing = np.sin(2 * np.pi * (_times_s(count) / period_s + rng.random()))
    gains: Sound = 10 ** (range_db / 40 * swing)
    return gains


def active(event: Sound) -> slice:
    """The samples between the first and the last 2.5 % of an event's energy; 20 ms at the least.

    Raises SignalError when there is no energy.
    """
    energy = np.cumsum(np.square(event))
    if not energy.size or not energy[-1] > 0:
        raise SignalError("event is silent: it has no active part")
    tail = (1 - ACTIVE_SHARE) / 2
    start, stop = np.searchsorted(energy, np.array([tail, 1 - tail]) * energy[-1])
    least = _samples(ACTIVE_LEAST_MS)
    start = max(0, min(start, len(event) - least))
    return slice(int(start), int(max(stop + 1, start + least)))


def mix(event: Sound, noise: Sound, snr_db: float) -> Sound:
    """Noise of shape (n,) with an event of at most n samples added to its beginning.

    `snr_db` is the mean power of the event over its active span, over the mean power of the noise.
    Raises SignalError when the event is longer or either is silent.
    """
    if len(event) > len(noise):
        raise SignalError(f"event has {len(event)} samples, more than the noise's {len(noise)}")
    noise_power = float(np.mean(np.square(noise)))
    if not noise_power > 0:
        raise SignalError("noise is silent: no ratio to it can be set")
    span = active(event)
    event_power = float(np.sum(np.square(event[span]))) / (span.stop - span.start)
    mixed = noise.astype(np.float64)
    mixed[: len(event)] += event * np.sqrt(10 ** (snr_db / 10) * noise_power / event_power)
    return mixed


def pcm(sound: Sound, rms: float) -> NDArray[np.int16]:
    """As 16-bit samples, where a mean power of 1 becomes `rms`; what does not fit is clipped."""
    return np.clip(np.rint(sound * rms), -32768, 32767).astype(np.int16)


def _samples(duration_ms: float) -> int:
    return round(duration_ms * RATE_HZ / 1000)


def _times_s(count: int) -> Sound:
    return np.arange(count) / RATE_HZ


def _swell(count: int, attack_ms: float, release_ms: float) -> Sound:
    """An envelope that rises and falls along half a cosine."""
    times_ms = _times_s(count) * 1000
    rise = np.clip((times_ms + 1000 / RATE_HZ) / attack_ms, 0, 1)
    fall = np.clip((times_ms[-1] - times_ms) / release_ms, 0, 1)
    envelope: Sound = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
    return envelope
