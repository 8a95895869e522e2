"""A runner: where a job is done, on this machine or on another; asked again, it does nothing twice."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from scf.contracts.job import Heartbeat, Job
from scf.errors import ScfError


class RunnerError(ScfError):
    """A runner that cannot take a job, or cannot say how it is; another one may."""

    code = "SCF030"


class Phase(StrEnum):
    """How far a job is."""

    ABSENT = "absent"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class State:
    """A job as its runner sees it. A worker that fell silent twice, or that said why, has failed."""

    phase: Phase
    heartbeat: Heartbeat | None = None
    reason: str = ""


class Runner(Protocol):
    """Every method may be called again at any time, also by a process that never called another."""

    name: str

    def submit(self, job: Job) -> None:
        """See to it that the job is being done. Raises RunnerError when this runner cannot."""

    def look(self, job: Job) -> State:
        """How far the job is; a worker that fell silent is replaced, once."""

    def fetch(self, job: Job) -> Path:
        """The folder of a job that is done, on the drive, each file checked against the result."""

    def cancel(self, job: Job) -> None:
        """End the job's worker, if there is one; what it saved stays."""

    def sweep(self) -> None:
        """Give back what is held for jobs that are over. Raises RunnerError."""
