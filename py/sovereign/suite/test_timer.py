"""What runs by the calendar."""

import re

from sovereign.expectations.timer import Timer
from sovereign.suite.systemd import properties
from sovereign.suite.vantage import Vantage, require

_CALENDAR = re.compile(r"OnCalendar=([^;]*?) ;")
_NORMALIZED = re.compile(r"^\s*Normalized form: (.*)$", re.MULTILINE)


def test_timer(expectation: Timer, inside: Vantage) -> None:
    """The timer is active and has this calendar."""
    name = expectation.name
    found = properties(inside, name, "ActiveState", "TimersCalendar")
    state = found["ActiveState"]
    require(state == "active", f"{name} must be active, and is {state}")
    said = inside.output("systemd-analyze", "calendar", expectation.calendar)
    normal = _NORMALIZED.search(said)
    expected = normal[1].strip() if normal else expectation.calendar
    times = _CALENDAR.findall(found.get("TimersCalendar", ""))
    require(
        expected in times,
        f"{name} must run at {expected}, and runs at {', '.join(times) or 'no time'}",
    )
