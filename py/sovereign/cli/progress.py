"""The stages of long work, on stderr: a spinner on a terminal, a line for each elsewhere."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from sovereign.cli.output import console, talk

if TYPE_CHECKING:
    from rich.status import Status

    from sovereign.rehearse.job import Event


class Progress:
    """Shows what is being done, and how long what is done took."""

    def __init__(self, color: str) -> None:
        self._console = console(color, err=True)
        self._status: Status | None = None

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def tell(self, event: "Event") -> None:
        """Show that a stage began, or that it ended after so many seconds."""
        if event.seconds is not None:
            text = f"{event.stage}: {event.seconds:.1f} s"
            if self._status is None:
                talk(text)
            else:
                self._console.print(text, style="dim")
        elif self._status is not None:
            self._status.update(event.stage)
        else:
            talk(f"{event.stage} …")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end the work as Ctrl-C does, so that it is cleaned up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
