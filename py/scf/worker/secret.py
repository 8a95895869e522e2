"""Keys in files that nobody else can read: never in arguments, messages or what is kept."""

import stat
from pathlib import Path

from scf.worker.runner import RunnerError

_MOST = 64 << 10


def read_secret(path: Path) -> str:
    """The text of a file that only its owner may read. Raises RunnerError, never with the text."""
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            text = file.read(_MOST).decode("utf-8").strip()
    except OSError as error:
        raise RunnerError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunnerError(f"{path}: not text") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RunnerError(f"{path}: others may read it", hint=f"chmod 600 {path}")
    if not text:
        raise RunnerError(f"{path}: empty")
    return text
