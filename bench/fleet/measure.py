"""Run a program as a whole and tell how long it took and how much memory it held."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile


@dataclass(frozen=True)
class Run:
    """Wall and processor seconds, the memory of its largest process in bytes, what it printed."""

    wall: float
    cpu: float
    memory: int
    out: str


def sovereign(*words: str | Path) -> Run:
    """Run the fleet tool."""
    return program([sys.executable, "-m", "sovereign", *words])


def program(argv: Sequence[str | Path]) -> Run:
    """Run a program; any exit code but 0 ends the benchmark."""
    with TemporaryFile("w+") as out:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(word) for word in argv], stdout=out, stderr=subprocess.DEVNULL
        )
        # wait4 tells what this child and its own children used, and of nobody else.
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, argv))} exited with {child.returncode}")
        out.seek(0)
        return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, out.read())


def median(times: int, run: Callable[[], Run]) -> Run:
    """The run whose wall time is the median of several."""
    return sorted((run() for _ in range(times)), key=lambda done: done.wall)[times // 2]
