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
    """A job as its runner sees it.

    It has failed when its worker said why, when workers die at it again and again without getting any
    further, or when it asks for code that is no longer here.
    """

    phase: Phase
    heartbeat: Heartbeat | None = None
    reason: str = ""


class Runner(Protocol):
    """Every method may be called again at any time, also by a process that never called another."""

    name: str
    elsewhere: bool
    """Whether its workers are on machines that are not this one."""

    def submit(self, job: Job) -> None:
        """See to it that the job is being done.

        Raises RunnerError when this runner cannot, or has given the job up.
        """

    def look(self, job: Job) -> State:
        """How far the job is; a worker that fell silent or died is replaced, not without end.

        Raises RunnerGivesUpError when this runner will not do the job any more, for a reason that is
        not the job's, and nothing is held for it here: another runner may take it. Raises RunnerError
        when it cannot be asked now.
        """

    def fetch(self, job: Job) -> Path:
        """The folder of a job that is done, on the drive, each file checked against the result."""

    def cancel(self, job: Job) -> None:
        """Have the job's worker end, if there is one; what it saved stays.

        It does not wait for the end, which `look` sees to: the job is ABSENT then, and not before.
        """

    def sweep(self) -> None:
        """Give back what is held for jobs that are over. Raises RunnerError."""
