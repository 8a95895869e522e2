"""The one place that runs a program: never through a shell, never with a secret in its arguments."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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


class Process:
    """A program that goes on until it is stopped; the kernel kills it when this thread dies."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self.pid = child.pid

    def lines(self) -> Iterator[str]:
        """Read what it says, a line at a time, until it ends. Only where it was started with `listen`."""
        if self._child.stdout is not None:
            yield from self._child.stdout

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._child.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code when it has ended. Raises ProgramError after `timeout` seconds."""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise ProgramError(f"a program did not end within {timeout:g} s") from error

    def stop(self, grace: float = 5) -> int:
        """Ask it to end, kill it after `grace` seconds (0: at once), return its exit code."""
        if self._child.poll() is None and grace:
            self._child.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(grace)
        if self._child.poll() is None:
            self._child.kill()
        code = self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()
        return code


def start(
    argv: Sequence[str | Path],
    *,
    log: Path | None = None,
    listen: bool = False,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Process:
    """Start a program in a session of its own, so that a Ctrl-C at the terminal is ours to pass on.

    What it says goes to the end of `log`, or nowhere; with `listen`, its output is read by `lines`.
    Raises ProgramError when it cannot be started.
    """
    # setpriv, and not a hook between fork and exec: such a hook may lock up beside threads
    words = ("setpriv", "--pdeathsig", "KILL", "--", *(str(word) for word in argv))
    with (log or Path(os.devnull)).open("ab") as sink:
        try:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if listen else sink,
                stderr=sink,
                env={**os.environ, **env} if env else None,
                cwd=cwd,
                text=True,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise ProgramError("setpriv is not installed or not on PATH") from error
    return Process(child)
