"""What others say, as a line that does no harm in a log or at a terminal."""

import os
from pathlib import Path


def plain(text: str, most: int = 1000) -> str:
    """The first `most` characters that can be printed."""
    return "".join(each for each in text if each.isprintable())[:most]


def end_of(log: Path) -> str:
    """The last 4 KiB of a log. Raises OSError."""
    with log.open("rb") as file:
        file.seek(-min(log.stat().st_size, 4096), os.SEEK_END)
        return file.read().decode("utf-8", "replace")
