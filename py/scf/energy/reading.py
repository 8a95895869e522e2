"""What every meter gives, and how it says that it cannot."""

from dataclasses import dataclass
from typing import Literal, Protocol

from scf.errors import ScfError

Source = Literal["rapl", "nvml", "estimate"]


class MeterError(ScfError):
    """A counter that cannot be read or believed: what it would give is no measurement."""

    code = "SCF070"


class AbsentError(MeterError):
    """There is no such device in this machine, so it takes no energy either."""

    code = "SCF071"


@dataclass(frozen=True, slots=True)
class Reading:
    """Energy since the meter was started, in joules, and how it is known."""

    joules: float
    source: Source


class Meter(Protocol):
    """Starts when it is made."""

    def read(self) -> Reading:
        """The energy since then.

        To be read at least once a minute: counters wrap around. Raises MeterError.
        """


class Moving:
    """Knows a counter that stands still while time passes: a virtual machine's often does.

    `patience` is in seconds.
    """

    def __init__(self, patience: float = 1.0) -> None:
        self._patience = patience
        self._moved: set[str] = set()

    def saw(self, counter: str, grown: int) -> None:
        """Note by how much a counter grew."""
        if grown > 0:
            self._moved.add(counter)

    def check(self, counters: list[str], seconds: float) -> None:
        """Raise MeterError when one of these never moved in all of `seconds`."""
        if seconds > self._patience:
            for counter in counters:
                if counter not in self._moved:
                    raise MeterError(f"{counter} stands still: it measures nothing")
