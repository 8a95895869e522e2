"""The one place that a rehearsal lives in: namespaces that die with their parent, files in one folder.

Whatever ends this process ends the first process of the new PID namespace, and with it the kernel
ends every other one there; the mount and network namespaces go with the last of them. What then is
left is the run folder, which the next run removes: nobody holds its lock any more.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sovereign.rehearse import cgroup
from sovereign.run import Process, start

_UNSHARE = (
    "unshare",
    *("--mount", "--net", "--ipc", "--uts", "--pid", "--fork"),
    *("--kill-child=KILL", "--mount-proc", "--propagation=private"),
)


@contextmanager
def run_folder(cache: Path) -> Iterator[Path]:
    """Make a folder for one run, and remove it at the end, with those of runs that were killed."""
    runs = cache / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        # no other run may see the folder before it is locked
        with _locked(runs, fcntl.LOCK_EX):
            for left in runs.iterdir():
                _remove_if_left(left)
            folder = runs / f"{os.getpid()}-{os.urandom(4).hex()}"
            folder.mkdir(mode=0o700)
            held.enter_context(_locked(folder, fcntl.LOCK_EX))
            held.callback(_remove, folder)
        yield folder


def isolated(module: str, words: Sequence[str], *, log: Path) -> Process:
    """Start a Python module as the first process of new namespaces; what it prints is for `lines`.

    What it keeps for a moment, it keeps beside its log.
    """
    python = (sys.executable, "-P", "-m", module)
    told = {"TMPDIR": str(log.parent)}
    return start((*_UNSHARE, "--", *python, *words), log=log, listen=True, env=told)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Hold the lock of a folder, and not of a file in it, which could be anything."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _remove_if_left(entry: Path) -> None:
    if entry.is_symlink() or not entry.is_dir():
        with suppress(OSError):
            entry.unlink()
        return
    with (
        suppress(BlockingIOError, FileNotFoundError),
        _locked(entry, fcntl.LOCK_EX | fcntl.LOCK_NB),
    ):
        _remove(entry)


def _remove(folder: Path) -> None:
    cgroup.remove(folder.name)
    shutil.rmtree(folder, ignore_errors=True)
