"""ULIDs: ids of 26 characters that sort by the time they were made (github.com/ulid/spec)."""

import os
import time
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PATTERN = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"


def new_ulid(ts_ns: int | None = None, random: Callable[[int], bytes] = os.urandom) -> str:
    """Return a new id: 48 bits of milliseconds since the epoch, 80 bits from `random`, big-endian.

    Raises ValueError for a time before the epoch or after the year 10889.
    """
    milliseconds = (time.time_ns() if ts_ns is None else ts_ns) // 1_000_000
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"ts_ns must lie in the 2**48 ms from 1970 on, but is {ts_ns}")
    number = milliseconds << 80 | int.from_bytes(random(10), "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
