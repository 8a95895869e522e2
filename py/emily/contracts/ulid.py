"""ULIDs: ids of 26 characters that sort by the time they were made (github.com/ulid/spec)."""

import os
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PATTERN = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"


def new_ulid(ts_ns: int | None = None) -> str:
    """Return a new id: 48 bits of milliseconds since the epoch, 80 random bits."""
    milliseconds = (time.time_ns() if ts_ns is None else ts_ns) // 1_000_000
    number = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10))
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
