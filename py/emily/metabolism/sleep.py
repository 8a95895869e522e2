"""Sleep: pressure that builds up awake and dissolves asleep, between two circadian thresholds.

The two-process model of Borbely 1982, Human Neurobiology 1(3), in the form and with the constants
of Daan, Beersma & Borbely 1984, American Journal of Physiology 246(2), R161-R183. The thresholds
follow the pacemaker itself instead of their skewed sine.
"""

import math
from dataclasses import dataclass

from emily.metabolism import checks
from emily.metabolism.circadian import LONGEST_STEP_HOURS
from emily.metabolism.errors import SettingError, StateError

RISE_HOURS, DECAY_HOURS = 18.2, 4.2
UPPER, LOWER = 0.67, 0.17
AMPLITUDE = 0.12


@dataclass(frozen=True, slots=True)
class Rest:
    """Sleep `pressure` in [0, 1], and whether one is asleep. By default one has just got up."""

    pressure: float = 0.09
    asleep: bool = False

    def to_dict(self) -> dict[str, float | bool]:
        """The state as plain values."""
        return {"pressure": self.pressure, "asleep": self.asleep}

    @classmethod
    def from_dict(cls, state: object) -> "Rest":
        """A state that was saved by `to_dict`; StateError if it is not one."""
        held = checks.saved("sleep", state, ("pressure", "asleep"))
        asleep = held["asleep"]
        if not isinstance(asleep, bool):
            raise StateError(f"asleep of a saved state must be true or false, not {asleep!r}")
        return cls(checks.saved_number("pressure", held["pressure"], 0.0, 1.0), asleep)


class Sleep:
    """Falling asleep and waking up as time passes."""

    def __init__(self, state: Rest | None = None) -> None:
        self.state = state or Rest()

    def advance(self, dt_hours: float, circadian: float) -> Rest:
        """Let `dt_hours` pass while the pacemaker's x is `circadian`; the state after them.

        The pressure is exact, and so are the moments at which it meets a threshold. Steps up to
        ten weeks (TimeStepError); `circadian` in [-2, 2] (SettingError).
        """
        left = checks.step("dt_hours", dt_hours, LONGEST_STEP_HOURS)
        shift = AMPLITUDE * checks.within("circadian", circadian, -2.0, 2.0, SettingError)
        pressure, asleep = self.state.pressure, self.state.asleep
        while (turn := _until_turn(pressure, asleep, shift)) <= left:
            pressure, asleep = _after(pressure, asleep, turn), not asleep
            left -= turn
        self.state = Rest(_after(pressure, asleep, left), asleep)
        return self.state

    def wake(self) -> Rest:
        """Be woken, by an alarm say; sleep comes again when the pressure meets its threshold."""
        self.state = Rest(self.state.pressure, asleep=False)
        return self.state


def _after(pressure: float, asleep: bool, hours: float) -> float:
    if asleep:
        return pressure * math.exp(-hours / DECAY_HOURS)
    return pressure - (1.0 - pressure) * math.expm1(-hours / RISE_HOURS)


def _until_turn(pressure: float, asleep: bool, shift: float) -> float:
    """Hours until the pressure meets the threshold that ends this state; 0 if it is past it."""
    if asleep:
        lower = LOWER + shift
        return DECAY_HOURS * math.log(max(1.0, pressure / lower)) if lower > 0.0 else math.inf
    upper = UPPER + shift
    return RISE_HOURS * math.log(max(1.0, (1.0 - pressure) / (1.0 - upper)))
