"""The hour of the day where the system is said to live, and how light it is there."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from emily.metabolism import checks
from emily.metabolism.circadian import BRIGHTEST_LUX
from emily.metabolism.errors import ClockError, LightError


def local_hour(when: datetime, zone: tzinfo) -> float:
    """The hour of the day, in [0, 24), that a clock in `zone` shows at `when`.

    `when` must know its own zone: the server's is not where the day is lived. ClockError if it
    does not.
    """
    if when.utcoffset() is None:
        raise ClockError(f"a time must have a time zone, and {when.isoformat()} has none")
    there = when.astimezone(zone)
    return there.hour + (there.minute + (there.second + there.microsecond / 1e6) / 60.0) / 60.0


@dataclass(frozen=True, slots=True)
class LightDark:
    """A day with one stretch of light: from `on_hour` to `off_hour`, past midnight if need be.

    `lux` is the light of that stretch; 500 is a well-lit office. Hours lie in [0, 24], and two
    equal hours mean darkness all day.
    """

    on_hour: float = 7.0
    off_hour: float = 23.0
    lux: float = 500.0

    def __post_init__(self) -> None:
        checks.within("on_hour", self.on_hour, 0.0, 24.0, ClockError)
        checks.within("off_hour", self.off_hour, 0.0, 24.0, ClockError)
        checks.within("lux", self.lux, 0.0, BRIGHTEST_LUX, LightError)

    def light(self, hour: float) -> float:
        """The light in lux at an hour of the day."""
        hour %= 24.0
        if self.on_hour <= self.off_hour:
            lit = self.on_hour <= hour < self.off_hour
        else:
            lit = hour >= self.on_hour or hour < self.off_hour
        return self.lux if lit else 0.0
