"""The one place that runs a program: never through a shell, never with a secret in its arguments."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sovereign.errors import ProgramError


@dataclass(frozen=True, slots=True)
class Completed:
    """What a finished program left: its exit code and both streams as text."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 600,
    check: bool = True,
) -> Completed:
    """Run a program to its end.

    `env` is added to this process's environment; `timeout` is in seconds. Secrets go by `stdin`.
    Raises ProgramError when the program is missing, when it takes longer than `timeout`, and, with
    `check`, when it exits with anything but 0.
    """
    words = tuple(str(word) for word in argv)
    try:
        done = subprocess.run(
            words,
            input=stdin,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ProgramError(f"{words[0]} is not installed or not on PATH") from error
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{words[0]} did not finish within {timeout:g} s") from error
    completed = Completed(words, done.returncode, done.stdout, done.stderr)
    if check and completed.code != 0:
        last = completed.err.strip().splitlines()[-1:] or ["no message"]
        raise ProgramError(f"{words[0]} exited with {completed.code}: {last[0]}")
    return completed
