"""The running alpha oscillation: its phase at a time, and the gain that it gives to a time series."""

import math
from dataclasses import dataclass

CYCLE = 2.0 * math.pi


@dataclass(frozen=True, slots=True)
class Rhythm:
    """An oscillation of `frequency` Hz whose phase is `phi0` radians at `origin_s` seconds."""

    frequency: float
    phi0: float = 0.0
    origin_s: float = 0.0

    @property
    def period_s(self) -> float:
        """Seconds per cycle."""
        return 1.0 / self.frequency

    def phase(self, t_s: float) -> float:
        """The phase in radians at `t_s`, in [0, 2 pi]; the release half cycle is [0, pi]."""
        cycles = math.fmod(self.frequency * (t_s - self.origin_s), 1.0)
        return (self.phi0 + CYCLE * cycles) % CYCLE

    def gain(self, t_s: float, floor: float, power: float) -> float:
        """floor + (1 - floor) ((1 + cos phase) / 2) ** power: in [floor, 1]."""
        opening = 0.5 * (1.0 + math.cos(self.phase(t_s)))
        return min(1.0, floor + (1.0 - floor) * math.pow(opening, power))

    def release_s(self, t_s: float) -> float:
        """The first moment, at `t_s` or after, at which a release half cycle begins."""
        return t_s + (-self.phase(t_s) % CYCLE) / CYCLE * self.period_s

    def at(self, t_s: float, frequency: float) -> "Rhythm":
        """The rhythm that goes on from the phase of `t_s` at another frequency."""
        return Rhythm(frequency, self.phase(t_s), t_s)
