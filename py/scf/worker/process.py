"""The worker's process, `scf worker`: a request to end is heeded at the next step."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from scf.contracts.job import Result
from scf.energy.reading import Meter
from scf.training.task import recipe
from scf.worker.errors import HaltedError
from scf.worker.work import Recipes, work
from sovereign.errors import Exit


def serve(
    folder: Path,
    shards: Path,
    *,
    parent: Path | None = None,
    code: str | None = None,
    meter: Meter | None = None,
    lock: Path | None = None,
    recipes: Recipes = recipe,
) -> Result:
    """Do the job in `folder`, as `work` does; SIGTERM and SIGINT end it with EndedError, exit code 130, as
    the emergency lock at `lock` does.

    A drive that is full or gone ends the process with that code too, though its log may be there.
    """
    with _asked_to_end() as asked:
        try:
            return work(
                folder,
                shards,
                parent=parent,
                code=code,
                meter=meter,
                stopped=asked.is_set,
                lock=lock,
                recipes=recipes,
            )
        except HaltedError as error:
            try:
                print(error.message, file=sys.stderr, flush=True)
            except OSError:  # nobody can be told, and Python would fail over it once more
                os._exit(Exit.INTERRUPTED)
            raise SystemExit(Exit.INTERRUPTED) from error


@contextmanager
def _asked_to_end() -> Iterator[Event]:
    asked = Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
