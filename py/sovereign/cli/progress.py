"""The stages of long work, on stderr: a spinner on a terminal, a line for each elsewhere."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        """Show that a stage began, or that it ended after so many seconds.

        The work goes on when nobody reads this any more.
        """
        with suppress(BrokenPipeError):
            self._tell(event)

    def _tell(self, event: "Event") -> None:
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
    """Have SIGTERM and SIGHUP end the work as Ctrl-C does, once: what follows must not be cut short.

    From then on all three are ignored, for the process is about to end. A signal that it was
    started to ignore, as by nohup, stays ignored.
    """
    before = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }
    after = dict(before)

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        for other in before:
            signal.signal(other, signal.SIG_IGN)
        after.clear()
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in after.items():
            signal.signal(number, handler)
