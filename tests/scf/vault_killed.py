"""Ingests that are killed: each in a process of its own, at a moment counted in calls of functions."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.scf.vault_world import SMALL, ingest

from scf.drive import Drive
from scf.vault import Vault
from scf.vault.sources import source_of


class Count:
    """Counts calls, of Python's functions and of C's, and kills this process at one of them."""

    def __init__(self, last: int | None) -> None:
        self.calls = 0
        self._last = last

    def __call__(self, _frame: FrameType, event: str, _arg: object) -> None:
        self.calls += event in ("call", "c_call", "c_return")
        if self.calls == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def run(root: Path, source: Path, last: int | None) -> int:
    """Ingest, and return how many calls that took."""
    count = Count(last)
    sys.setprofile(count)
    try:
        vault = Vault.open(Drive.open(root))
        ingest(vault, source_of(source), cut=SMALL)
        vault.dataset()
        vault.close()
    finally:
        sys.setprofile(None)
    return count.calls


def main(source: Path, drives: Path, moments: int) -> None:
    """Kill an ingest at each of so many moments, spread over all its calls; print their number."""
    run(Drive.make(drives / "first").root, source, None)  # what is made once only is made here
    total = run(Drive.make(drives / "counted").root, source, None)
    for moment in range(moments):
        root = Drive.make(drives / str(moment)).root
        child = os.fork()
        if child == 0:
            run(root, source, 1 + total * moment // moments)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"the ingest at {moment} was not killed")
    print(total)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
