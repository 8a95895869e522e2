"""What runs by the calendar."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Timer(Expectation):
    """A timer that is active; `calendar` is OnCalendar as systemd.time(7) normalises it or names it."""

    type: Literal["timer"] = "timer"
    name: str
    calendar: str

    @property
    def subject(self) -> str:
        """Return the timer's name."""
        return self.name
