"""Attention by the alpha rhythm: what fires first when all is there at once, what passes as time goes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter

from emily.instinct.alpha import checks
from emily.instinct.alpha.errors import SettingError
from emily.instinct.alpha.firing import Firing, Gated, coherence, firings
from emily.instinct.alpha.rhythm import Rhythm

LOWEST_HZ, HIGHEST_HZ = 7.0, 13.0
LEAST_GAIN, MOST_GAIN = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the oscillator stands, and what its gate did.

    `coherence` is of the last gating: 1 if all items fired together, None before the first. The
    latencies are compute times in ms, 0 before the first gating.
    """

    frequency_hz: float
    period_ms: float
    phi0: float
    origin_s: float
    alpha_power_gain: float
    floor: float
    capacity: int | None
    gated: int
    coherence: float | None
    latency_ms: float
    mean_latency_ms: float
    worst_latency_ms: float


class AlphaOscillatoryAttention:
    """Gates signals by the phase of an alpha oscillation.

    `frequency` is in Hz, 7 to 13. With a `gamma_frequency` (Hz, 13 to 200) only
    floor(gamma / alpha) items fire in a cycle, one per gamma cycle (Lisman & Idiart 1995, Science
    267); without, all do. `floor` in [0, 1] is the gain that a time series keeps at the trough.

    The coding of a set is that of Jensen, Gips, Bergmann & Bonnefond 2014 (Trends in
    Neurosciences 37(7)). Settings out of range raise SettingError, signals that are no finite
    real numbers SignalError, times TimeError: all ValueErrors.
    """

    def __init__(
        self, frequency: float = 8.0, *, gamma_frequency: float | None = None, floor: float = 0.0
    ) -> None:
        self._rhythm = Rhythm(_alpha(frequency))
        self._gamma = (
            None
            if gamma_frequency is None
            else checks.setting("gamma_frequency", gamma_frequency, HIGHEST_HZ, 200.0)
        )
        self._floor = checks.setting("floor", floor, 0.0, 1.0)
        self._power = 1.0
        self._last: tuple[Firing, ...] = ()
        self._gated = 0
        self._latency_ms = self._total_ms = self._worst_ms = 0.0

    @property
    def frequency(self) -> float:
        """The frequency in Hz."""
        return self._rhythm.frequency

    @property
    def capacity(self) -> int | None:
        """How many items fire in a cycle; None for all."""
        return None if self._gamma is None else math.floor(self._gamma / self.frequency)

    @property
    def alpha_power_gain(self) -> float:
        """How strong the oscillation is, 1 at rest; what is set is clamped to [0.1, 10].

        More power keeps inhibition up for longer: all but the strongest fire later, and a time
        series passes for a shorter part of the cycle. The order never changes.
        """
        return self._power

    @alpha_power_gain.setter
    def alpha_power_gain(self, gain: float) -> None:
        if math.isnan(gain):
            raise SettingError("alpha_power_gain must be a number, not nan")
        self._power = min(MOST_GAIN, max(LEAST_GAIN, float(gain)))

    def fire(self, signals: Iterable[float]) -> tuple[Firing, ...]:
        """Which of a simultaneous set of signals fire in one cycle, first to fire first."""
        return firings(checks.signals(signals), self.frequency, self._power, self.capacity)

    def gate(self, signals: Iterable[float]) -> Gated:
        """The values of a simultaneous set in firing order, with the time it took to compute."""
        start = perf_counter()
        self._last = self.fire(signals)
        self._latency_ms = 1000.0 * (perf_counter() - start)
        self._gated += 1
        self._total_ms += self._latency_ms
        self._worst_ms = max(self._worst_ms, self._latency_ms)
        return Gated(self._last, self._latency_ms)

    def gain(self, t_s: float) -> float:
        """The factor, in [floor, 1], by which a sample of a time series at `t_s` passes."""
        return self._rhythm.gain(checks.seconds(t_s), self._floor, self._power)

    def phase(self, t_s: float) -> float:
        """The phase in radians at `t_s`: 0 where a release begins, pi where nothing passes."""
        return self._rhythm.phase(checks.seconds(t_s))

    def release_s(self, t_s: float) -> float:
        """When the set that is there at `t_s` begins to fire: where the next release begins."""
        return self._rhythm.release_s(checks.seconds(t_s))

    def phase_reset(self, onset_s: float = 0.0) -> None:
        """Begin a cycle at the onset of a stimulus, so that its strongest item fires at once."""
        self._rhythm = Rhythm(self.frequency, 0.0, checks.seconds(onset_s))

    def recalibrate_phase(self, reference_frequency: float, t_s: float | None = None) -> None:
        """Follow a reference (Hz, 7 to 13) from `t_s` on, without a jump of the phase there.

        By default from where the phase was last set.
        """
        since = self._rhythm.origin_s if t_s is None else checks.seconds(t_s)
        self._rhythm = self._rhythm.at(since, _alpha(reference_frequency))

    def diagnostics(self) -> Diagnostics:
        """How the oscillator stands, and what its gate did."""
        return Diagnostics(
            frequency_hz=self.frequency,
            period_ms=1000.0 * self._rhythm.period_s,
            phi0=self._rhythm.phi0,
            origin_s=self._rhythm.origin_s,
            alpha_power_gain=self._power,
            floor=self._floor,
            capacity=self.capacity,
            gated=self._gated,
            coherence=coherence(self._last),
            latency_ms=self._latency_ms,
            mean_latency_ms=self._total_ms / max(1, self._gated),
            worst_latency_ms=self._worst_ms,
        )


def _alpha(frequency: float) -> float:
    return checks.setting("an alpha frequency", frequency, LOWEST_HZ, HIGHEST_HZ)
