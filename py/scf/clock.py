"""The time that goes into records: SOURCE_DATE_EPOCH where it is set, so that a run can be repeated."""

import os
import time

from scf.errors import ScfError

VARIABLE = "SOURCE_DATE_EPOCH"


def now() -> int:
    """Seconds since 1970 for a record that is kept. Raises ScfError when the variable is no number."""
    fixed = os.environ.get(VARIABLE)
    if fixed is None:
        return int(time.time())
    if not (fixed.isascii() and fixed.isdigit()):
        raise ScfError(f"{VARIABLE} is {fixed!r}, not a number of seconds since 1970")
    return int(fixed)
