"""How often the daemon looks: four gears, on a grid of the monotonic clock, so that nothing drifts."""

import time
from collections.abc import Callable
from enum import StrEnum


class Gear(StrEnum):
    """How fast the daemon turns."""

    STANDARD = "STANDARD"
    ACCELERATED = "ACCELERATED"
    HYPER = "HYPER"
    SINGULARITY = "SINGULARITY"

    @property
    def period_s(self) -> float:
        """Seconds from one pulse to the next."""
        return _PERIODS_S[self]


_PERIODS_S = {
    Gear.STANDARD: 5.0,
    Gear.ACCELERATED: 1.0,
    Gear.HYPER: 0.1,
    Gear.SINGULARITY: 0.05,
}


class Beat:
    """Moments that lie whole periods apart; one that was missed is left out, not made up for."""

    def __init__(self, gear: Gear, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.gear = gear
        self._next = clock() + gear.period_s

    def shift(self, gear: Gear) -> None:
        """Go on in another gear, from now."""
        if gear is not self.gear:
            self.gear = gear
            self._next = self._clock() + gear.period_s

    def wait_s(self) -> float:
        """Seconds until the next moment, which this call takes."""
        now, period = self._clock(), self.gear.period_s
        if now > self._next:
            self._next += (now - self._next) // period * period
            self._next += period if self._next < now else 0
        wait = max(0.0, self._next - now)
        self._next += period
        return wait
