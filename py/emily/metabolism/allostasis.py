"""Five transmitters whose levels answer drives around a setpoint that the clock predicts.

Allostasis (Sterling 2012, Physiology & Behavior 106(1)): the setpoint is not held by correcting
errors but set ahead for the time of day. What a drive adds is an opponent process.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields

from emily.metabolism import checks
from emily.metabolism.errors import DriveError, SettingError
from emily.metabolism.hormones import CORTISOL_PEAK_HOURS
from emily.metabolism.opponent import Kinetics, Opponent

LONGEST_STEP_S = 1e9


@dataclass(frozen=True, slots=True)
class Levels:
    """One level in [0, 1] per transmitter."""

    dopamine: float
    serotonin: float
    oxytocin: float
    cortisol: float
    norepinephrine: float

    def items(self) -> Iterator[tuple[str, float]]:
        """The transmitters' names with their levels."""
        return zip(NAMES, astuple(self), strict=True)


NAMES = tuple(field.name for field in fields(Levels))


@dataclass(frozen=True, slots=True)
class Transmitter:
    """A transmitter's kinetics and its setpoint: `base`, and `swing` about it over the day.

    The setpoint is highest `peak_hours` after the minimum of core body temperature.
    """

    kinetics: Kinetics
    base: float
    swing: float
    peak_hours: float

    def setpoint(self, phase_hours: float) -> float:
        """The level that the clock predicts at a circadian phase."""
        return self.base + self.swing * math.cos((phase_hours - self.peak_hours) * math.pi / 12.0)


TRANSMITTERS: Mapping[str, Transmitter] = {
    "dopamine": Transmitter(Kinetics.of(2.0), 0.4, 0.05, 8.0),
    "serotonin": Transmitter(Kinetics.of(60.0), 0.45, 0.10, 9.0),
    "oxytocin": Transmitter(Kinetics.of(30.0), 0.35, 0.03, 9.0),
    "cortisol": Transmitter(Kinetics.of(600.0), 0.35, 0.20, CORTISOL_PEAK_HOURS),
    "norepinephrine": Transmitter(Kinetics.of(3.0), 0.4, 0.15, 9.0),
}
"""Speeds, bases and swings are our choice, in the order that is known of them.

Dopamine and norepinephrine answer in seconds; cortisol reaches its peak some half an hour after
what drives it (Dickerson & Kemeny 2004, Psychological Bulletin 130(3)) and is highest near waking;
norepinephrine and serotonin neurons fire most awake and least asleep (Aston-Jones & Bloom 1981,
Journal of Neuroscience 1(8); McGinty & Harper 1976, Brain Research 101(3)).
"""


class Allostasis:
    """The transmitters as time passes."""

    def __init__(self, state: Mapping[str, Opponent] | None = None) -> None:
        self._opponents = {
            name: (state or {}).get(name) or Opponent.at_rest(transmitter.kinetics)
            for name, transmitter in TRANSMITTERS.items()
        }
        self._setpoints = Levels(**{n: t.base for n, t in TRANSMITTERS.items()})

    def advance(self, dt_s: float, drive: Mapping[str, float]) -> Levels:
        """Let `dt_s` seconds pass under a constant drive; the levels after them.

        `drive` gives transmitters a value in [-1, 1], 0 where it says nothing (DriveError). A
        step of any length up to 1e9 s is exact (TimeStepError).
        """
        dt = checks.step("dt_s", dt_s, LONGEST_STEP_S)
        drives = checked_drive(drive)
        self._opponents = {
            name: opponent.after(dt, drives.get(name, 0.0), TRANSMITTERS[name].kinetics)
            for name, opponent in self._opponents.items()
        }
        return self.levels

    def predict(self, phase_hours: float) -> Levels:
        """Set the setpoints for a circadian phase; before the first, they are at their bases."""
        phase = checks.within("phase_hours", phase_hours, 0.0, 24.0, SettingError)
        self._setpoints = Levels(**{n: t.setpoint(phase) for n, t in TRANSMITTERS.items()})
        return self._setpoints

    @property
    def levels(self) -> Levels:
        """Setpoint and deviation together, clipped to [0, 1]."""
        return Levels(
            **{
                name: min(1.0, max(0.0, setpoint + self._opponents[name].deviation))
                for name, setpoint in self._setpoints.items()
            }
        )

    @property
    def setpoints(self) -> Levels:
        """What the clock predicts for this time of day."""
        return self._setpoints

    @property
    def opponents(self) -> Mapping[str, Opponent]:
        """The processes of each transmitter."""
        return dict(self._opponents)

    def to_dict(self) -> dict[str, dict[str, float]]:
        """The state as plain numbers, without the setpoints, which follow from the pacemaker."""
        return {name: opponent.to_dict() for name, opponent in self._opponents.items()}

    @classmethod
    def from_dict(cls, state: object) -> "Allostasis":
        """What was saved by `to_dict`; StateError if it is not that."""
        held = checks.saved("allostasis", state, NAMES)
        return cls(
            {
                name: Opponent.from_dict(held[name], transmitter.kinetics)
                for name, transmitter in TRANSMITTERS.items()
            }
        )


def checked_drive(drive: Mapping[str, float]) -> dict[str, float]:
    """The drive as floats; DriveError unless it is of known transmitters and in [-1, 1]."""
    if unknown := set(drive) - set(NAMES):
        raise DriveError(f"a drive is of {', '.join(NAMES)}, not of {sorted(map(str, unknown))}")
    return {
        name: checks.within(f"the drive of {name}", value, -1.0, 1.0, DriveError)
        for name, value in drive.items()
    }
