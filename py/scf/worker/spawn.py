"""The one place that starts a program which outlives this one: what adopts it is its lock.

`sovereign.run.start` ties a program to the thread that started it; a worker goes on when the daemon
is killed.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from scf.worker.runner import RunnerError

UNKNOWN = 255
"""The exit code of a program that ended unseen."""


def spawn(argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str]) -> int:
    """Start a program in a session of its own, what it says going to the end of `log`; its id.

    `argv[0]` is an absolute path; `env` is added to this process's environment. Raises RunnerError
    when it cannot be started, OSError when the log cannot be written.
    """
    words = [os.fspath(word) for word in argv]
    with log.open("ab") as sink:
        try:
            return os.posix_spawn(
                words[0],
                words,
                {**os.environ, **env},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, sink.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, sink.fileno(), 2),
                ],
                setsid=True,
            )
        except OSError as error:
            raise RunnerError(f"{words[0]} cannot be started: {error.strerror}") from error


def exit_code(process: int) -> int | None:
    """How a program that `spawn` started here has ended, None while it runs; a signal is negative."""
    try:
        ended, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:  # somebody else has asked before
        return UNKNOWN
    return os.waitstatus_to_exitcode(status) if ended else None
