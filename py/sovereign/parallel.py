"""Work on many items with all processors."""

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, NoReturn, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

FEW = 64
"""Below this many items a second process costs more than it saves."""


def in_parallel(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> list[R]:
    """Give each processor an equal run of `items`; return what `work` makes of each, in order.

    The first run is worked on here, the others in forks, which see what is already loaded and
    pickle what they return. A few items, or a platform that cannot fork, are worked on here; so is
    the run of a fork that failed, was killed or could not be started. `work` must therefore bear
    being done twice, and what it raises is raised here.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if len(items) < FEW or processors < 2 or not hasattr(os, "fork"):
        return [work(items)]
    size = -(-len(items) // processors)
    own, *others = (items[start : start + size] for start in range(0, len(items), size))
    forks = [_fork(partial(work, run)) for run in others]
    try:
        done = [work(own)]
        for run, fork in zip(others, forks, strict=True):
            result = fork.result() if fork else _NONE
            done.append(work(run) if result is _NONE else cast("R", result))
        return done
    finally:
        for fork in filter(None, forks):
            fork.end()


_NONE = object()
"""What a fork leaves that did not finish."""


@dataclass(slots=True)
class _Fork:
    """A process of ours and the end of a pipe through which its result comes."""

    pid: int
    pipe: BinaryIO
    ended: bool = False

    def result(self) -> object:
        """Wait for the result, or for `_NONE`."""
        data = self.pipe.read()
        self._wait()
        try:
            return pickle.loads(data)  # noqa: S301 - our own fork wrote it
        except (EOFError, pickle.UnpicklingError):  # it did not come to the end
            return _NONE

    def end(self) -> None:
        """Leave no process behind: one whose result is no longer wanted is interrupted."""
        self.pipe.close()
        if not self.ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)
            self._wait()

    def _wait(self) -> None:
        self.ended = True
        with suppress(ChildProcessError):  # who ignores SIGCHLD has nothing to wait for
            os.waitpid(self.pid, 0)


def _fork(work: Callable[[], object]) -> _Fork | None:
    """Start work in a fork, or return None where there is no room for one.

    A fork whose parent is gone ends when it writes to the pipe that nobody reads.
    """
    read, write = os.pipe()
    # An interrupt waits until the fork is ready to be interrupted; otherwise it could be lost.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pid = os.fork()
        if pid == 0:
            os.close(read)
            _work_and_exit(work, write, mask)
    except OSError:
        os.close(read)
        return None
    finally:
        os.close(write)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return _Fork(pid, os.fdopen(read, "rb"))


def _work_and_exit(work: Callable[[], object], write: int, mask: Iterable[int]) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, _interrupt_once)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        with os.fdopen(write, "wb") as pipe:
            pipe.write(pickle.dumps(work()))
    finally:
        # Whatever was raised is raised again where the work is repeated.
        os._exit(0)


def _interrupt_once(_signal: int, _frame: object) -> None:
    """Raise at the first interrupt only: the keyboard's and the parent's must not disturb cleanup."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
