"""The loop: pulse, orient, decide, act, and nothing of it while the emergency lock exists."""

import logging
from collections.abc import Sequence
from enum import StrEnum

from scf.contracts.job import Job
from scf.daemon.control import ControlFile, Ignored
from scf.daemon.finish import Finish
from scf.daemon.gears import Gear
from scf.daemon.journal import Intent, Journal, Stage
from scf.daemon.orient import (
    Known,
    OrientError,
    failures_in_a_row,
    fossils_due,
    next_job,
    that_count,
)
from scf.daemon.request import Request, answered, asked
from scf.daemon.state import Mode
from scf.drive import Drive
from scf.release.errors import HaltedError
from scf.settings import Home, Settings, Train
from scf.vault import Vault
from scf.worker.errors import RunnerGivesUpError
from scf.worker.measure import Verifier
from scf.worker.runner import Phase, Runner, RunnerError, State

LOG = logging.getLogger("scf")
_MOST_FAILURES = 3
"""After so many failed trainings in a row the daemon waits for a person: `scf train` goes on."""


class Did(StrEnum):
    """What a cycle came to."""

    LOCKED = "locked"
    PAUSED = "paused"
    STOPPED = "stopped"
    IDLE = "idle"
    PLANNED = "planned"
    SENT = "sent"
    WAITING = "waiting"
    FINISHED = "finished"
    FAILED = "failed"


class Daemon:
    """One daemon, on one home and one drive.

    `verifier` sees to it that the figures of a job that is done are borne out; `finish` is what is done
    with it then.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        *,
        drive: Drive,
        vault: Vault,
        runners: Sequence[Runner],
        verifier: Verifier,
        finish: Finish,
        code: str,
    ) -> None:
        self._home = home
        self._settings = settings
        self._drive = drive
        self._vault = vault
        self._runners = {runner.name: runner for runner in runners}
        self._verifier = verifier
        self._finish = finish
        self._code = code
        self._control = ControlFile(home.control)
        self.journal = Journal(home.journal)
        self.mode = Mode.of(self.journal, Gear(settings.gear))
        self.seen: State | None = None
        self._pulse = -1
        self._recovered = False
        self._request = asked(self.journal)
        self.held_up = ""
        """Why the worker waits for a person; what runs elsewhere waits for its runner's patience."""
        self._ending: list[tuple[Runner, Job]] | None = None
        """While locked: the runners whose workers have not ended yet."""
        self.trouble = ""
        """Why the worker waits, when it does for a reason."""

    def ask(self, train: Train | None = None) -> None:
        """Let the next generation be trained on what there is, however little is new.

        One that is under way is that, and what the settings say is what is trained, unless told otherwise.
        """
        self._request = Request(train or self._settings.train)

    def cycle(self) -> Did:
        """Do the next thing that is due, at most one. Raises ScfError: all that was done is kept."""
        if self._locked():
            self._halt()
            return Did.LOCKED
        self._ending = None
        self.held_up = ""
        self._obey()
        if self.mode.stopped:
            return Did.STOPPED
        if self.mode.paused:
            return Did.PAUSED
        self._drive.check()
        if not self._recovered:
            try:
                self._finish.recover(self._locked)
            except HaltedError:
                return Did.LOCKED
            self._recovered = True
        intent = self.journal.open_intent()
        if intent is None:
            return self._orient()
        if self._request is not None and self._request.is_met_by(intent.job):
            self._answer(intent.job)
        if intent.stage is Stage.PLANNED:
            return self._decide(intent)
        return self._act(intent)

    @property
    def registry_problem(self) -> str:
        """Why a registry that follows could not be told, when it last could not."""
        return self._finish.problem

    def sweep(self) -> None:
        """Let each runner give back what it holds for jobs that are over, and the registry catch up."""
        self._finish.sweep()
        for runner in self._runners.values():
            try:
                runner.sweep()
            except RunnerError as error:
                LOG.warning("%s could not be swept: %s", runner.name, error.message)

    def _locked(self) -> bool:
        return self._home.locked

    def _halt(self) -> None:
        """Stop the worker too, once, and see it to its end; what it saved is what it goes on from."""
        if self._ending is not None:
            self._ending = [each for each in self._ending if not self._has_ended(*each)]
            return
        LOG.warning("%s exists: nothing is done until it is removed", self._home.lock)
        if (intent := self.journal.open_intent()) is None:
            self._ending = []
            return
        ending: list[tuple[Runner, Job]] = []
        for runner in (*self._runners.values(), self._verifier.runner):
            # one that is only planned may have been submitted to any of them
            known = runner.name == intent.runner or runner is self._verifier.runner
            if intent.stage is Stage.PLANNED or known:
                ending.append((runner, intent.job))
                try:
                    runner.cancel(intent.job)
                except RunnerError as error:
                    self._tell_why(f"{runner.name} does not end the job: {error.message}")
        self._ending = (
            ending  # at last: what a drive's trouble kept from being asked is asked again
        )

    def _has_ended(self, runner: Runner, job: Job) -> bool:
        try:
            return runner.look(job).phase in {Phase.ABSENT, Phase.DONE, Phase.FAILED}
        except RunnerGivesUpError:
            return True
        except RunnerError as error:
            self._tell_why(f"{runner.name} does not end the job: {error.message}")
            return False

    def _obey(self) -> None:
        order = self._control.look(self.mode.seq)
        if order is None:
            return
        if isinstance(order, Ignored):
            self.mode = self.mode.ignoring(self.journal)
            LOG.warning("an order was ignored: %s", order.reason)
            return
        self.mode = self.mode.obeying(order, self.journal)
        if order.train is not None:
            self._request = Request(order.train, order.id)
        LOG.info("order %d: %s %s", order.seq, order.command, order.gear or "")

    def _answer(self, job: Job | None = None, reason: str = "") -> None:
        """Say what became of what was asked for, which is no longer asked for then."""
        if self._request is not None:
            self.journal.set_marks(**answered(self._request, job, reason))
            self._request = None

    def _orient(self) -> Did:
        pulse, request = self._vault.pulse(), self._request
        if pulse == self._pulse and request is None:
            return Did.IDLE
        self._pulse = pulse
        train = request.train if request is not None else self._settings.train
        intents = that_count(self.journal.intents(), train.model, self._code)
        newest = self._finish.newest(train.model)
        trained = self._finish.fossils_of(newest) if newest is not None else 0
        due = self._vault.count() >= fossils_due(intents, train.minimum, trained)
        waits = failures_in_a_row(intents) >= _MOST_FAILURES
        if pulse == 0:
            self._answer(reason="the vault is empty")
            return Did.IDLE
        if request is None and (waits or not due):
            return Did.IDLE
        dataset = self._vault.dataset()
        best = self._finish.best(train.model)
        known = Known(
            intents,
            best,
            self._finish.job_of(best) if best is not None else None,
            self._finish.in_use(train.teacher) if train.teacher is not None else None,
            newest,
        )
        try:
            job = next_job(train, dataset, known, self._code)
        except OrientError as error:
            if request is None or request.order is None:
                raise
            self._answer(reason=error.message)  # who asked is told; the daemon goes on
            return Did.IDLE
        marks = answered(request, job) if request is not None else {}
        self.journal.plan(job, dataset.records, **marks)
        self._request = None
        LOG.info("generation %d is due: job %s", job.generation, job.id)
        return Did.PLANNED

    def _decide(self, intent: Intent) -> Did:
        reasons = []
        for runner in self._runners.values():
            if self._locked():
                return Did.LOCKED
            self._finish.begin(intent.job)
            try:
                if runner.elsewhere and (why := self._verifier.refusal(intent.job.recipe)):
                    raise RunnerError(why)
                runner.submit(intent.job)
            except RunnerError as error:
                LOG.warning("%s does not take the job: %s", runner.name, error.message)
                reasons.append(f"{runner.name}: {error.message}")
                continue
            self.journal.enter(intent.job, Stage.SENT, runner=runner.name)
            LOG.info("job %s was sent to %s", intent.job.id, runner.name)
            return Did.SENT
        return self._fail(intent, "; ".join(reasons) or "there is no runner")

    def _act(self, intent: Intent) -> Did:
        runner = self._runners.get(intent.runner)
        if runner is None:  # the settings no longer name it
            self.journal.enter(intent.job, Stage.PLANNED)
            return Did.PLANNED
        try:
            self.seen = state = runner.look(intent.job)
        except RunnerGivesUpError as error:
            LOG.warning("%s gives the job up: %s", runner.name, error.message)
            self.journal.enter(intent.job, Stage.PLANNED)
            return Did.PLANNED
        except RunnerError as error:  # it cannot be asked now: the job goes on without us
            self._tell_why(error.message)
            return Did.WAITING
        match state.phase:
            case Phase.DONE:
                return self._take_in(intent, runner)
            case Phase.FAILED:
                return self._fail(intent, state.reason)
            case Phase.ABSENT:  # it was cancelled, by the lock for instance
                if self._locked():
                    return Did.LOCKED
                self.journal.enter(intent.job, Stage.PLANNED)
                return Did.PLANNED
            case _:
                self._tell_why(state.reason)
                self.held_up = "" if runner.elsewhere else state.reason
                return Did.WAITING

    def _take_in(self, intent: Intent, runner: Runner) -> Did:
        """Finish what is done, once its figures are borne out."""
        if self._locked():
            return Did.LOCKED
        try:
            self.seen = state = self._verifier.look(intent.job)
        except RunnerError as error:
            self._tell_why(error.message)
            return Did.WAITING
        if state.phase is Phase.FAILED:
            return self._fail(intent, state.reason)
        self._tell_why(state.reason)
        if state.phase is not Phase.DONE:
            self.held_up = state.reason
            return Did.WAITING
        folder, who = runner.fetch(intent.job), self._verifier.who(intent.job)
        if not self._finish.finish(intent.job, folder, self._locked, who):
            return Did.LOCKED
        self.journal.enter(intent.job, Stage.COMPLETE)
        LOG.info("generation %d is complete", intent.job.generation)
        return Did.FINISHED

    def _tell_why(self, reason: str) -> None:
        if reason and reason != self.trouble:
            LOG.warning("the worker waits: %s", reason)
        self.trouble = reason

    def _fail(self, intent: Intent, reason: str) -> Did:
        self.journal.enter(intent.job, Stage.FAILED, reason=reason)
        self._pulse = -1  # look again: with other code, the same fossils are due
        LOG.error("generation %d failed: %s", intent.job.generation, reason)
        return Did.FAILED
