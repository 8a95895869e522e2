"""Secrets: one line of a file that nobody but its owner and group can reach."""

import os
import stat
from pathlib import Path

from pydantic import SecretStr


class SecretError(ValueError):
    """A file whose secret is not taken, and why. The secret is no part of it."""


def read_secret(path: Path) -> SecretStr:
    """Return the one line of a file that only its owner and group may read. SecretError: why not."""
    try:
        with path.open(encoding="ascii") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds more than ASCII"
        msg = f"{path}: the secret cannot be read: {reason}"
        raise SecretError(msg) from None
    if mode & stat.S_IRWXO:
        msg = f"{path}: others can reach the secret; expected mode 0640 or less"
        raise SecretError(msg)
    line = text.removesuffix("\n")
    if not line or not line.isprintable():
        msg = f"{path}: expected one line of printable characters"
        raise SecretError(msg)
    return SecretStr(line)
