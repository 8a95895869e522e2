"""The whole metabolism: light sets the clock, the clock gates sleep and sets what levels start from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from emily.metabolism import checks
from emily.metabolism.allostasis import LONGEST_STEP_S, Allostasis, Levels, checked_drive
from emily.metabolism.circadian import Circadian, Pacemaker
from emily.metabolism.daylight import LightDark
from emily.metabolism.errors import ClockError, SettingError
from emily.metabolism.hormones import compute_multiplier, melatonin
from emily.metabolism.modulation import Modulation, modulation
from emily.metabolism.sleep import Rest, Sleep

SUBSTEP_HOURS = 0.1
FASTEST = 1e6
REMEMBERED_HOURS = 24.0 * 28
ENTRAINED_AFTER_HOURS = 24.0 * 21
WAKING_HOUR = 8.42


@dataclass(frozen=True, slots=True)
class BodyState:
    """What the body tells the tiers.

    `phase_hours` are circadian hours since the minimum of core body temperature; `multiplier` is
    the share of compute that the phase allows; `light_lux` is what the eye was given last.
    """

    levels: Levels
    setpoints: Levels
    phase_hours: float
    melatonin: float
    multiplier: float
    pressure: float
    asleep: bool
    light_lux: float

    def modulation(self, *, hypotheses: int = 100, precision: float = 1.0) -> Modulation:
        """What the state does to gain, threshold and compute."""
        return modulation(
            self.levels,
            self.setpoints,
            multiplier=self.multiplier,
            asleep=self.asleep,
            hypotheses=hypotheses,
            precision=precision,
        )


class Body:
    """Pacemaker, sleep and transmitters under one clock and one light.

    Closed eyes see no light. The parts may be given as they were saved; by default it is the
    morning, 08:25, of an entrained body that has just got up.
    """

    def __init__(
        self,
        light: LightDark | None = None,
        *,
        circadian: Circadian | None = None,
        sleep: Sleep | None = None,
        allostasis: Allostasis | None = None,
    ) -> None:
        self.light = light or LightDark()
        self._circadian = circadian or Circadian()
        self._sleep = sleep or Sleep()
        self._allostasis = allostasis or Allostasis()
        self._light_lux = 0.0
        self._allostasis.predict(self._circadian.state.phase_hours)

    @classmethod
    def entrained(cls, local_hour: float, light: LightDark | None = None) -> "Body":
        """A body that has lived in this light for three weeks, at an hour of the day."""
        body = cls(light)
        hour = checks.within("local_hour", local_hour, 0.0, 24.0, ClockError)
        since_waking = (hour - WAKING_HOUR) % 24.0
        body.advance(3600.0 * (ENTRAINED_AFTER_HOURS + since_waking), hour, {})
        return body

    def advance(
        self, dt_s: float, local_hour: float, drive: Mapping[str, float], *, speed: float = 1.0
    ) -> BodyState:
        """Let `dt_s` seconds pass that end at `local_hour`, under a constant drive.

        With a `speed` other than 1, in [0, 1e6], the day goes by that much faster while the
        transmitters keep to the seconds of what drives them. Of a step longer than four weeks
        only the last four are lived: by then the body has forgotten. Negative steps are refused
        (TimeStepError), hours outside [0, 24] too (ClockError); `drive` is as in
        `Allostasis.advance`.
        """
        dt = checks.step("dt_s", dt_s, LONGEST_STEP_S)
        end = checks.within("local_hour", local_hour, 0.0, 24.0, ClockError)
        faster = checks.within("speed", speed, 0.0, FASTEST, SettingError)
        drives = checked_drive(drive)
        hours = min(dt * faster / 3600.0, REMEMBERED_HOURS)
        substeps = max(1, math.ceil(hours / SUBSTEP_HOURS))
        for passed in range(substeps):
            middle = end - hours * (substeps - passed - 0.5) / substeps
            self._live(hours / substeps, self.light.light(middle))
        self._allostasis.predict(self._circadian.state.phase_hours)
        self._allostasis.advance(dt, drives)
        return self.state

    def wake(self) -> None:
        """Be woken, by an alarm say."""
        self._sleep.wake()

    @property
    def state(self) -> BodyState:
        """How things stand."""
        phase = self._circadian.state.phase_hours
        return BodyState(
            levels=self._allostasis.levels,
            setpoints=self._allostasis.setpoints,
            phase_hours=phase,
            melatonin=melatonin(phase),
            multiplier=compute_multiplier(phase),
            pressure=self._sleep.state.pressure,
            asleep=self._sleep.state.asleep,
            light_lux=self._light_lux,
        )

    def to_dict(self) -> dict[str, object]:
        """The state as plain values, fit for JSON."""
        return {
            "circadian": self._circadian.state.to_dict(),
            "sleep": self._sleep.state.to_dict(),
            "allostasis": self._allostasis.to_dict(),
        }

    @classmethod
    def from_dict(cls, state: object, light: LightDark | None = None) -> "Body":
        """A body that goes on where `to_dict` was called; StateError if it is no such state."""
        held = checks.saved("a body", state, ("circadian", "sleep", "allostasis"))
        return cls(
            light,
            circadian=Circadian(Pacemaker.from_dict(held["circadian"])),
            sleep=Sleep(Rest.from_dict(held["sleep"])),
            allostasis=Allostasis.from_dict(held["allostasis"]),
        )

    def _live(self, hours: float, light_lux: float) -> None:
        self._light_lux = 0.0 if self._sleep.state.asleep else light_lux
        pacemaker = self._circadian.advance(hours, self._light_lux)
        self._sleep.advance(hours, pacemaker.x)
