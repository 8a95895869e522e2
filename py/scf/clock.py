"""The time that goes into records: SOURCE_DATE_EPOCH where it is set, so that a run can be repeated."""

import os
import time

from scf.errors import ScfError

VARIABLE = "SOURCE_DATE_EPOCH"
_LAST = 253_402_300_799
"""The last second of the year 9999: what calendars can tell."""


def now() -> int:
    """Seconds since 1970 for a record that is kept. Raises ScfError when the variable is no number."""
    fixed = os.environ.get(VARIABLE)
    if fixed is None:
        return int(time.time())
    if not (fixed.isascii() and fixed.isdigit()) or len(fixed) > 12 or int(fixed) > _LAST:
        raise ScfError(f"{VARIABLE} is {fixed[:40]!r}, not a number of seconds from 1970 to 9999")
    return int(fixed)
