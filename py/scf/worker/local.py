"""Workers on this machine: processes of their own, which outlive the daemon and are adopted by the next.

A worker that died is replaced when it got further than the one before it; two in a row that died at
the same step, as this process saw, are the end of the job. What died together with the daemon may have
been the machine's fault, or a person's: of these more are allowed, and counted beside the job.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from scf.contracts.job import Heartbeat, Job
from scf.drive import Drive, guarded
from scf.errors import DriveError
from scf.worker.folder import LOG, RunFolder
from scf.worker.lock import forbidden, holder
from scf.worker.plain import end_of, plain
from scf.worker.runner import Phase, RunnerError, State
from scf.worker.runs import Runs
from scf.worker.spawn import exit_code, spawn
from scf.worker.tries import TRIES, Tries
from sovereign.errors import Exit

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LAST_WORDS = 300
_UNKILLABLE = 5.0


@dataclass(slots=True)
class _Watch:
    """What this process saw of a job's workers."""

    started: int | None = None
    """The id of the worker that this process started and that has not ended."""
    code: int | None = None
    """How the one before it ended."""
    seen: bool = False
    """Whether this process started the last attempt, or saw it alive."""
    beat: Heartbeat | None = None
    since: float = field(default_factory=time.monotonic)
    """When the heartbeat changed, or a worker was started; by a clock that nobody sets."""
    died_at: int | None = None
    """The step at which the last worker died."""
    end_by: float | None = None
    """When the worker, which is being ended, is ended by force; by the same clock."""
    cancelled: bool = False

    def running(self) -> int | None:
        """The id of the worker that this process started, while it runs."""
        if self.started is not None and (code := exit_code(self.started)) is not None:
            self.started, self.code = None, code
        return self.started


class LocalRunner:
    """Runs jobs on this machine; `code` is the revision of the code that trains here.

    While `lock` exists no worker is started, and those that are at work end. They work in the run's folder,
    or in the one called `below` in it.
    """

    name = "local"
    elsewhere = False

    def __init__(
        self,
        drive: Drive,
        *,
        code: str,
        stale_seconds: float = 30.0,
        threads: int = 1,
        grace: float = 10.0,
        command: Sequence[str | Path] = (sys.executable, "-P", "-m", "scf", "worker"),
        lock: Path | None = None,
        below: str = "",
    ) -> None:
        self._drive = drive
        self._code = code
        self._stale = stale_seconds
        self._threads = threads
        self._grace = grace
        self._command = tuple(command)
        self._lock = lock.absolute() if lock is not None else None
        self._watches: dict[str, _Watch] = {}
        self._runs = Runs(drive, below)

    def submit(self, job: Job) -> None:
        """Start the job's worker unless there is one, or an end. Raises RunnerError, DriveError."""
        if job.code != self._code:
            raise RunnerError(f"the job asks for the code {job.code}; here is {self._code}")
        run = self._runs.prepare(job)
        with guarded(self._drive.root):
            at_work = holder(run.path) is not None or self._starting(job)
            if not at_work and self._runs.over(run, job) is None and not forbidden(self._lock):
                self._begin(run, job, run.heartbeat(job))

    def look(self, job: Job) -> State:
        """How far the job is; a worker that died is replaced, while its code is here.

        Raises RunnerError, DriveError.
        """
        run = self._runs.of(job)
        with guarded(self._drive.root):
            if not self._runs.has(run):
                return State(Phase.ABSENT)
            over = self._runs.over(run, job)
            if over is not None and over.phase is not Phase.ABSENT:
                return over
            watch, beat = self._watch(job), run.heartbeat(job)
            if over is not None or watch.cancelled:
                if not self._end(run, watch, self._grace):
                    return State(Phase.WAITING, beat)
                del self._watches[job.id]
                if over is not None:
                    return over
            process = holder(run.path)
            if process is not None or self._starting(job):
                watch.seen = True
                silent = self._silent(watch, beat)
                if silent:
                    self._end(run, watch, grace=0)
                at_work = process is not None and not silent
                return State(Phase.RUNNING if at_work else Phase.WAITING, beat)
            # it may have ended between the looks
            return self._runs.over(run, job) or self._replace(run, job, run.heartbeat(job))

    def fetch(self, job: Job) -> Path:
        """The folder of a job that is done. Raises RefusedError, RunnerError, DriveError."""
        return self._runs.fetch(job)

    def sweep(self) -> None:
        """Nothing is held for jobs that are over."""

    def cancel(self, job: Job) -> None:
        """Ask the job's worker to end, which `look` sees to; `submit` lets the job go on.

        Raises RunnerError, DriveError.
        """
        run = self._runs.of(job)
        with guarded(self._drive.root):
            if self._runs.has(run):
                self._runs.cancel(run)
                (run.path / TRIES).unlink(missing_ok=True)  # even by force: it was asked to
                before = self._watch(job)
                watch = _Watch(started=before.started, end_by=before.end_by, cancelled=True)
                self._watches[job.id] = watch
                self._end(run, watch, self._grace)

    def _watch(self, job: Job) -> _Watch:
        return self._watches.setdefault(job.id, _Watch())

    def _starting(self, job: Job) -> bool:
        watch = self._watches.get(job.id)
        return watch is not None and watch.running() is not None

    def _silent(self, watch: _Watch, beat: Heartbeat | None) -> bool:
        now = time.monotonic()
        if beat != watch.beat:
            watch.beat, watch.since = beat, now
        return now - watch.since > self._stale

    def _end(self, run: RunFolder, watch: _Watch, grace: float) -> bool:
        """Whether the worker has ended; when not, it is told to, `grace` seconds after that by force.

        Never waits: asked again until it has. Raises RunnerError when it stays.
        """
        if (process := self._process(run, watch)) is None:
            return True
        now = time.monotonic()
        if watch.end_by is None:
            watch.end_by = now + grace
        late = now - watch.end_by
        if late > _UNKILLABLE:
            raise RunnerError(f"the worker {process} hangs, and the system does not end it")
        _signal(process, signal.SIGTERM if late < 0 else signal.SIGKILL)
        return False

    def _process(self, run: RunFolder, watch: _Watch) -> int | None:
        """The worker that is at it, or about to be."""
        started = watch.running()  # asked first: it gives the lock back before it has ended
        return holder(run.path) or started

    def _replace(self, run: RunFolder, job: Job, beat: Heartbeat | None) -> State:
        """Start a worker in place of one that is no more, unless two died at the same step."""
        if reason := forbidden(self._lock):
            return State(Phase.WAITING, beat, reason)
        if job.code != self._code:  # this program changed since the job was submitted
            reason = f"the code has changed: the job asks for {job.code}; here is {self._code}"
            return State(Phase.FAILED, beat, reason)
        watch = self._watch(job)
        asked, reason = self._asked_to_end(run, job)
        if asked:
            if watch.seen and time.monotonic() - watch.since < self._stale:
                return State(Phase.WAITING, beat, reason)  # no attempt upon attempt
        elif watch.seen:
            step = beat.step if beat else 0
            if watch.died_at is not None and step <= watch.died_at:
                return self._fail(
                    run, job, f"two workers in a row fell silent or died at step {step}"
                )
            watch.died_at = step
        return self._begin(run, job, beat)

    def _begin(self, run: RunFolder, job: Job, beat: Heartbeat | None) -> State:
        """Start a worker, unless too many died that no single process saw."""
        tries, attempts = run.read(Tries, TRIES), run.attempts()
        if tries is None:
            tries = Tries(job=job.id, attempts=attempts)
        else:
            asked, _ = self._asked_to_end(run, job)
            tries = tries.again(attempts, beat.step if beat else 0, asked=asked)
        if tries.too_many:
            return self._fail(run, job, tries.too_many)
        self._start(run, job)
        with suppress(DriveError):  # on a drive that is full it is not the job that fails
            self._drive.write(run.path / TRIES, tries.canonical())
        return State(Phase.WAITING, beat)

    def _asked_to_end(self, run: RunFolder, job: Job) -> tuple[bool, str]:
        """Whether the last worker ended for a reason outside the job, and which."""
        tries, stopped = run.read(Tries, TRIES), run.stopped()
        if stopped is not None and (tries is None or run.attempts() > tries.attempts):
            return True, stopped.reason
        # on a drive that is full there is no room for a note
        full = self._watch(job).code == Exit.INTERRUPTED
        return full, "the worker had to stop: the drive may be full" if full else ""

    def _fail(self, run: RunFolder, job: Job, reason: str) -> State:
        """The end of the job; whoever removes the note has it tried anew."""
        (run.path / TRIES).unlink(missing_ok=True)
        words = _last_words(run.path / LOG)
        return self._runs.fail(run, job, f"{reason}; the last words: {words}" if words else reason)

    def _start(self, run: RunFolder, job: Job) -> None:
        argv = [*self._command, "--job", run.path, "--shards", self._runs.shards]
        if job.parent is not None:
            argv += ["--parent", self._runs.checkpoint(job.parent)]
        if self._lock is not None:
            argv += ["--lock", self._lock]
        argv += self._more(run)
        threads = dict.fromkeys(_THREADS, str(self._threads))
        watch = self._watch(job)
        watch.code, watch.started = None, spawn(argv, log=run.path / LOG, env=threads)
        watch.seen, watch.beat, watch.since = True, run.heartbeat(job), time.monotonic()
        watch.end_by, watch.cancelled = None, False

    def _more(self, run: RunFolder) -> list[str | Path]:
        """What else the worker is told."""
        del run
        return []


def _signal(process: int, number: signal.Signals) -> None:
    """Send a signal; by force, to all that the worker started as well."""
    with suppress(ProcessLookupError):
        if number is signal.SIGKILL and os.getpgid(process) == process:
            os.killpg(process, number)
        else:
            os.kill(process, number)


def _last_words(log: Path) -> str:
    """The last line of a log, when there is one."""
    lines = end_of(log).strip().splitlines()
    return plain(lines[-1], _LAST_WORDS) if lines else ""
