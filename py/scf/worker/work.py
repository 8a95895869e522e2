"""What a worker does in its own process: one attempt at the job in a folder."""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from scf.contracts.dataset import Dataset
from scf.contracts.job import Failure, FileRef, Heartbeat, Job, Result, Usage
from scf.energy.reading import Meter, MeterError, Reading
from scf.errors import ContractError, DriveError, RefusedError
from scf.training.task import Outcome, Recipe, Task, recipe
from scf.worker.errors import EndedError, HaltedError, WorkerError
from scf.worker.folder import DATASET, HEARTBEAT, JOB, MADE, RESULT, Made, RunFolder, check
from scf.worker.lock import forbidden, locked
from scf.worker.plain import plain
from sovereign.errors import SovereignError

BEAT_SECONDS = 1.0
"""A heartbeat is written no more often."""

USAGE_SECONDS = 10.0
"""What an attempt took is written this often: a kill takes no more than this off the account."""

_GONE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.ENODEV,
    errno.ENXIO,
    errno.ESTALE,
    errno.EROFS,
)
_REASON = 4096


class Unmetered:
    """The meter of work that nobody counts."""

    def read(self) -> Reading:
        """Nothing was counted."""
        return Reading(0.0, "estimate")


Recipes = Callable[[str], Recipe]
"""The recipe of a name; raises RecipeError."""


def work(
    folder: Path,
    shards: Path,
    *,
    parent: Path | None = None,
    code: str | None = None,
    meter: Meter | None = None,
    stopped: Callable[[], bool] = lambda: False,
    lock: Path | None = None,
    recipes: Recipes = recipe,
) -> Result:
    """Do the job in `folder` with the shards in another, from where an earlier attempt ended.

    `parent` is the checkpoint that the job's `parent` names; `code` the revision that trains here, and
    only jobs that ask for it are done then; `meter` was started for this attempt;
    once `stopped()`, or once there is a file at `lock`, the next step is the last; `recipes`
    gives the recipe of a name. The result is the same, to the byte, however many attempts it took, and
    is written last.
    Raises BusyError when another worker is at it, EndedError when it was stopped, RefusedError for
    input that is not what the job names, WorkerError for a training that failed, HaltedError when the
    drive is full or gone.
    """
    run = RunFolder(folder)
    with _on_drive(folder), locked(folder):
        run.sweep()
        job = _job(run)
        result = run.result(job)
        if result is None:
            attempt = _Attempt(run, job, meter or Unmetered(), stopped, lock, recipes)
            result = attempt.make(shards, parent, code)
        for saved in folder.glob("resume.*"):
            saved.unlink()
    return result


class _Attempt:
    """One attempt, with its account."""

    def __init__(
        self,
        run: RunFolder,
        job: Job,
        meter: Meter,
        stopped: Callable[[], bool],
        lock: Path | None,
        recipes: Recipes,
    ) -> None:
        self._run = run
        self._job = job
        self._meter = meter
        self._stopped = stopped
        self._lock = lock
        self._recipes = recipes
        self._at = (0, 0)
        self._trains = False
        self._number = run.attempts() + 1
        self._spent = run.spent()
        self._begun = self._used_at = time.monotonic()
        self._beat_at = self._begun - BEAT_SECONDS

    def make(self, shards: Path, parent: Path | None, code: str | None) -> Result:
        """Train, account, and write the result, or why there is none."""
        self._account()
        try:
            with _on_drive(self._run.path):
                result = self._train(shards, parent, code)
        except EndedError as error:
            self._say("stopped", error.message)
            raise
        except DriveError as error:
            self._say("stopped", error.message)
            raise HaltedError(error.message, hint=error.hint) from error
        except (RefusedError, ContractError) as error:
            # input that is refused here may be whole on another machine; what the training refuses is not
            self._say("failure" if self._trains else "refused", error.message)
            raise
        except SovereignError as error:
            self._say("failure", error.message)
            raise
        except Exception as error:  # whatever a recipe raises is why the job failed
            lines = str(error).strip().splitlines()
            reason = ": ".join((type(error).__name__, *lines[:1]))
            self._say("failure", reason)
            raise WorkerError(f"the recipe {self._job.recipe} failed: {reason}") from error
        self._account()
        self._run.write(MADE, Made(result=result.id))
        self._run.write(RESULT, result)
        return result

    def _train(self, shards: Path, parent: Path | None, code: str | None) -> Result:
        self.beat(0, 0)
        if code not in (None, self._job.code):
            raise RefusedError(f"the job asks for the code {self._job.code}; here is {code}")
        dataset = self._dataset()
        self._check_shards(dataset, shards)
        parent = self._parent(parent)
        train = self._recipes(self._job.recipe)
        self.beat(0, 0)
        self._trains = True
        outcome = train(Task(self._job, dataset, shards, self._run.path, parent), self.beat)
        result = self._result(outcome)
        self._check_asked()
        return result

    def _check_asked(self) -> None:
        reason = forbidden(self._lock)
        if reason or self._stopped():
            told = f": {reason}" if reason else ""
            raise EndedError("stopped after step {} of {}{}".format(*self._at, told))

    def beat(self, step: int, of: int) -> None:
        """Say that `step` steps of all are done. Raises EndedError, WorkerError over the budget."""
        now, self._at = time.monotonic(), (step, of)
        self._check_asked()
        seconds = self._spent + now - self._begun
        if seconds > self._job.budget.seconds:
            raise WorkerError(
                f"over budget: {seconds:.1f} s in {self._number} attempts, and"
                f" {self._job.budget.seconds:g} s were to be spent at most"
            )
        if now - self._beat_at >= BEAT_SECONDS:
            self._beat_at = now
            sign = Heartbeat(
                job=self._job.id, attempt=self._number, step=step, of=of, at=time.time()
            )
            self._run.write(HEARTBEAT, sign)
        if now - self._used_at >= USAGE_SECONDS:
            self._account()

    def _alive(self) -> None:
        self.beat(0, 0)

    def _dataset(self) -> Dataset:
        try:
            dataset = Dataset.read(self._run.path / DATASET)
        except FileNotFoundError:
            raise RefusedError(f"{DATASET} is missing") from None
        if dataset.id != self._job.dataset:
            raise RefusedError(f"{DATASET} is {dataset.id}; the job names {self._job.dataset}")
        return dataset

    def _check_shards(self, dataset: Dataset, shards: Path) -> None:
        if not shards.is_dir():
            raise DriveError(f"{shards}: no such folder", hint="mount the drive")
        for shard in dataset.shards:
            wanted = FileRef(name=shard.name, cid=shard.cid, bytes=shard.bytes)
            check(shards / shard.name, wanted, self._alive)

    def _parent(self, parent: Path | None) -> Path | None:
        if self._job.parent is None:
            return None
        if parent is None:
            raise RefusedError(f"the parent's checkpoint {self._job.parent} was not given")
        size = parent.stat().st_size if parent.is_file() else 0
        check(parent, FileRef(name="parent", cid=self._job.parent, bytes=size), self._alive)
        return parent

    def _result(self, outcome: Outcome) -> Result:
        metrics = {name: float(value) for name, value in sorted(outcome.metrics.items())}
        try:
            return Result(job=self._job.id, metrics=metrics, files=self._run.refs(outcome.files))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise WorkerError(f"the outcome's {place or 'files'}: {first['msg']}") from None

    def _account(self) -> None:
        """Write what the attempt took so far: it counts, should it never come to its end."""
        self._used_at = time.monotonic()
        try:
            reading = self._meter.read()
        except MeterError:  # no reason to give up the work: it is not measured then
            reading = Reading(0.0, "estimate")
        usage = Usage(
            job=self._job.id,
            attempt=self._number,
            seconds=self._used_at - self._begun,
            joules=reading.joules,
            source=reading.source,
        )
        self._run.write(f"usage-{self._number}.json", usage)

    def _say(self, kind: str, reason: str) -> None:
        """Leave a note of how the attempt ended; a drive that takes none has said it itself."""
        with suppress(OSError):
            self._account()
        note = Failure(job=self._job.id, attempt=self._number, reason=plain(reason, _REASON))
        with suppress(OSError):
            self._run.write(f"{kind}-{self._number}.json", note)


def _job(run: RunFolder) -> Job:
    try:
        return Job.read(run.path / JOB)
    except FileNotFoundError:
        raise WorkerError(f"{run.path}: there is no {JOB}") from None


@contextmanager
def _on_drive(folder: Path) -> Iterator[None]:
    """Turn what a drive that is full or gone makes of a write into DriveError, and nothing else."""
    try:
        yield
    except OSError as error:
        if error.errno in _GONE or not folder.is_dir():
            reason = error.strerror or str(error)
            raise HaltedError(f"the drive of {folder.name}: {reason}") from error
        raise
