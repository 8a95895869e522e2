"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from scf.cli.options import say
from scf.daemon.loop import Did
from scf.worker.runner import State

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_EVERY_S = 5.0


class Progress:
    """Shows how far a stage is."""

    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._told_s = 0.0

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bars

            columns = (
                TextColumn("{task.description:<28}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeElapsedColumn(),
            )
            self._bars = Bars(*columns, console=Console(stderr=True))
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def stage(self, name: str) -> None:
        """Begin a stage; the one before it is done."""
        if self._bars is not None:
            self.step(1, 1)
        self._stage, self._told_s = name, time.monotonic()
        if self._bars is not None:
            self._task = self._bars.add_task(name, total=1)
        else:
            say(f"{name} …")

    def step(self, done: int, of: int) -> None:
        """Show how far the stage is."""
        if self._bars is not None:
            if self._task is not None:
                self._bars.update(self._task, completed=done, total=max(of, 1))
        elif time.monotonic() - self._told_s > _EVERY_S:
            self._told_s = time.monotonic()
            say(f"{self._stage} {100 * done // max(of, 1)} %")

    def training(self, did: Did, seen: State | None) -> None:
        """Show what a cycle of the daemon came to, and how far the worker is."""
        if did is Did.PLANNED or (did is Did.WAITING and not self._stage):
            self.stage("train")
        if did is Did.WAITING and seen is not None and seen.heartbeat is not None:
            self.step(seen.heartbeat.step, seen.heartbeat.of)
