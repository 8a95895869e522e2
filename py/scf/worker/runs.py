"""The runs on a drive: where a job's folder is, what it is made of, and what it came to."""

from pathlib import Path

from emily.files import sync_folder
from scf.contracts.dataset import Dataset
from scf.contracts.job import Failure, Job, Result
from scf.drive import Drive, Partition, guarded
from scf.errors import ContractError, RefusedError
from scf.places import dataset_file, run_folder, runs_folder
from scf.worker.folder import CANCELLED, DATASET, JOB, RESULT, RunFolder
from scf.worker.runner import Phase, RunnerError, State


class Runs:
    """The folders `model_zoo/runs/<job id>`, or the one called `below` in each."""

    def __init__(self, drive: Drive, below: str = "") -> None:
        self._drive = drive
        self._below = below
        self._checked: dict[str, tuple[int, int]] = {}
        self.shards = drive.root / Partition.FOSSIL_VAULT / "shards"

    def of(self, job: Job) -> RunFolder:
        """The job's folder, which may not be there."""
        return RunFolder(run_folder(self._drive, job.id) / self._below)

    def has(self, run: RunFolder) -> bool:
        """Whether the job was submitted. Raises DriveError when the drive is gone."""
        if (run.path / JOB).exists():
            return True
        self._drive.check()
        return False

    def prepare(self, job: Job) -> RunFolder:
        """The job's folder, made when it is missing, no longer cancelled.

        Raises RunnerError when the vault has not the job's dataset, RefusedError, DriveError.
        """
        run_folder(self._drive, job.id, make=True)
        run = self.of(job)
        with guarded(self._drive.root):
            run.path.mkdir(exist_ok=True)
            if not (run.path / DATASET).exists():
                self._drive.write(run.path / DATASET, self._dataset(job).canonical())
            if not (run.path / JOB).exists():  # last: with it, the folder is whole
                self._drive.write(run.path / JOB, job.canonical())
            (run.path / CANCELLED).unlink(missing_ok=True)
        return run

    def cancel(self, run: RunFolder) -> None:
        """Keep that the job is not to be done. Raises DriveError."""
        with guarded(self._drive.root):
            (run.path / CANCELLED).touch()  # no torn file, which a worker that starts would remove
            sync_folder(run.path)

    def over(self, run: RunFolder, job: Job) -> State | None:
        """The end that the job came to, if it did. Raises DriveError, OSError."""
        beat = run.heartbeat(job)
        try:
            if self._is_done(run, job):
                return State(Phase.DONE, beat)
        except (RefusedError, ContractError) as error:
            return State(Phase.FAILED, beat, error.message)
        if (failure := run.failure()) is not None:
            return State(Phase.FAILED, beat, failure.reason)
        if (run.path / CANCELLED).exists():
            return State(Phase.ABSENT, beat, "it was cancelled")
        return None

    def fail(self, run: RunFolder, job: Job, reason: str) -> State:
        """Keep why the job failed, where its worker could not. Raises DriveError."""
        attempt = max(1, run.attempts())
        note = Failure(job=job.id, attempt=attempt, reason=reason)
        self._drive.write(run.path / f"failure-{attempt}.json", note.canonical())
        return State(Phase.FAILED, run.heartbeat(job), reason)

    def fetch(self, job: Job) -> Path:
        """The folder of a job that is done, read whole. Raises RefusedError, RunnerError, DriveError."""
        run = self.of(job)
        with guarded(self._drive.root):
            if run.result(job) is None:
                raise RunnerError(f"the job {job.id} is not done")
        return run.path

    def checkpoint(self, cid: str) -> Path:
        """The checkpoint with this CID among all results. Raises RunnerError, OSError."""
        for folder in sorted(runs_folder(self._drive).iterdir()):
            result = RunFolder(folder).read(Result, RESULT) if folder.is_dir() else None
            if result is not None and result.checkpoint.cid == cid:
                return folder / result.checkpoint.name
        raise RunnerError(f"no run on the drive has the checkpoint {cid}")

    def _dataset(self, job: Job) -> Dataset:
        listed = dataset_file(self._drive, job.dataset)
        try:
            dataset = Dataset.read(listed)
        except FileNotFoundError:
            self._drive.check()
            raise RunnerError(f"the vault has no dataset {job.dataset}") from None
        if dataset.id != job.dataset:
            raise RefusedError(f"{listed.name} is {dataset.id}")
        return dataset

    def _is_done(self, run: RunFolder, job: Job) -> bool:
        """Whether there is a result; its files are read whole once, and after each change of it."""
        try:
            stat = (run.path / RESULT).stat()
        except FileNotFoundError:
            return False
        seen = (stat.st_ino, stat.st_mtime_ns)
        if self._checked.get(job.id) != seen:
            run.result(job)
            self._checked[job.id] = seen
        return True
