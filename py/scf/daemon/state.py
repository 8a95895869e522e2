"""How the daemon was last told to be: kept in the journal, so that a restart changes nothing."""

from dataclasses import dataclass, replace

from scf.daemon.control import Command, Order
from scf.daemon.gears import Gear
from scf.daemon.journal import LOST, Journal, JournalError


@dataclass(frozen=True, slots=True)
class Mode:
    """The gear, whether it rests, the number of the last order obeyed, and how many were ignored."""

    gear: Gear
    paused: bool = False
    stopped: bool = False
    seq: int = 0
    ignored: int = 0

    @classmethod
    def of(cls, journal: Journal, gear: Gear) -> "Mode":
        """The mode that a journal holds; `gear` where no order chose one. Raises JournalError."""
        try:
            return cls(
                gear=Gear(journal.mark("gear", gear)),
                paused=journal.mark("paused") == "yes",
                seq=int(journal.mark("seq", "0")),
                ignored=int(journal.mark("ignored", "0")),
            )
        except ValueError as error:
            raise JournalError(f"the journal's marks: {error}", hint=LOST) from None

    def obeying(self, order: Order, journal: Journal) -> "Mode":
        """The mode after an order, on the disk with its number: it is obeyed once, whatever happens."""
        mode = replace(self, seq=order.seq)
        match order.command:
            case Command.SHIFT_GEAR if order.gear is not None:
                mode = replace(mode, gear=order.gear)
                journal.set_marks(seq=str(order.seq), gear=order.gear)
            case Command.PAUSE | Command.RESUME:
                mode = replace(mode, paused=order.command is Command.PAUSE)
                journal.set_marks(seq=str(order.seq), paused="yes" if mode.paused else "no")
            case Command.TRAIN:
                journal.set_marks(seq=str(order.seq), asked=order.canonical().decode())
            case _:
                mode = replace(mode, stopped=True)
                journal.set_marks(seq=str(order.seq))
        return mode

    def ignoring(self, journal: Journal) -> "Mode":
        """The mode with one more order that was not obeyed."""
        journal.set_marks(ignored=str(self.ignored + 1))
        return replace(self, ignored=self.ignored + 1)
