"""Ask the daemon that runs for a generation, and follow it to its end: what it answers is in its journal."""

import time
from collections.abc import Callable
from threading import Event

from scf.daemon.control import Command, Order, give
from scf.daemon.gears import Gear
from scf.daemon.journal import Intent, Journal, Stage
from scf.daemon.loop import Did
from scf.daemon.request import answer_to, waits
from scf.daemon.serve import is_running
from scf.daemon.state import Mode
from scf.drive import Drive
from scf.errors import ScfError
from scf.places import run_folder
from scf.settings import Home, Train, refuse_when_locked
from scf.worker.folder import RunFolder
from scf.worker.runner import Phase, State

_LOOK_S = 0.1
_ALIVE_S = 1.0
"""Whether the daemon runs is asked this often: asking takes its lock for a moment."""

Seen = Callable[[Did, State | None], None]


class AskError(ScfError):
    """The daemon that runs does not train what it was asked for, or not now."""

    code = "SCF085"


class Follower:
    """Asks a running daemon, and tells `seen` how far it is; once `stop` is set, nobody waits any more."""

    def __init__(self, home: Home, stop: Event, seen: Seen) -> None:
        self._home = home
        self._stop = stop
        self._seen = seen
        self._journal = Journal(home.journal)
        self._drive = Drive(home.settings().drive)
        self._alive_at = time.monotonic()

    def train(self, train: Train) -> Intent:
        """The intent that came of it, complete or failed. Raises AskError, ContractError, JournalError."""
        try:
            before = self._mode()
            if before.paused:
                raise AskError("the daemon is paused", hint="scf control resume")
            order = give(self._home.control, Command.TRAIN, train=train, after=before.seq)
            return self._done(self._answered(order, before.ignored))
        finally:
            self._journal.close()

    def _answered(self, order: Order, ignored: int) -> str:
        """The id of the job that was planned for an order."""
        while True:
            # in this order: what was answered meanwhile is seen
            mode, waiting = self._mode(), waits(order, self._journal)
            answer = answer_to(order, self._journal)
            if answer is not None and answer.job is not None:
                return answer.job
            if answer is not None:
                raise AskError(answer.reason)
            if mode.seq >= order.seq and not waiting:
                raise AskError("another order took its place", hint="call it again")
            if mode.seq < order.seq and mode.ignored > ignored:
                raise AskError("the daemon ignored it", hint="its log says why; call it again")
            self._seen(Did.IDLE, None)
            self._wait()

    def _done(self, job: str) -> Intent:
        while True:
            intent = self._journal.find(job)
            if intent is None:
                raise AskError(f"the journal lost the job {job}", hint="call it again")
            if intent.stage in {Stage.COMPLETE, Stage.FAILED}:
                return intent
            beat = RunFolder(run_folder(self._drive, job)).heartbeat(intent.job)
            self._seen(Did.WAITING, State(Phase.RUNNING, beat))
            self._wait()

    def _mode(self) -> Mode:
        return Mode.of(self._journal, Gear.STANDARD)

    def _wait(self) -> None:
        if self._stop.wait(_LOOK_S):
            raise AskError("nobody waits for it any more; the daemon goes on with it")
        refuse_when_locked(self._home)
        if self._mode().paused:
            raise AskError("the daemon is paused; it goes on after scf control resume")
        if time.monotonic() - self._alive_at > _ALIVE_S:
            self._alive_at = time.monotonic()
            if not is_running(self._home):
                raise AskError("the daemon ended before the training did", hint="call it again")
