"""The runner of a Ray cluster: a local worker's process, which has its slopes computed by the cluster.

The trainer is a program on this machine, where the drive is; it joins the cluster, the daemon does not
and imports nothing of Ray. So all that holds of a local worker holds of it: it outlives the daemon, is
known by its lock, and is replaced when it dies. Where the cluster is away, a trainer that is
started in place of another goes on alone, to the same bytes.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from scf.contracts.job import Job
from scf.drive import Drive
from scf.worker.local import LocalRunner
from scf.worker.ray.address import answers, parsed
from scf.worker.runner import RunnerError

RECIPES = frozenset({"ebdm"})
"""The recipes whose steps come in parts."""


class RayRunner(LocalRunner):
    """Runs jobs with the help of the cluster at `address`, by at most so many workers there."""

    name = "ray"

    def __init__(
        self,
        drive: Drive,
        address: str,
        *,
        workers: int,
        code: str,
        stale_seconds: float = 30.0,
        grace: float = 10.0,
        lock: Path | None = None,
    ) -> None:
        """Raises RunnerError for what is no address."""
        parsed(address)
        self._address = address
        command = (sys.executable, "-P", "-m", "scf.worker.ray")
        super().__init__(
            drive,
            code=code,
            stale_seconds=stale_seconds,
            grace=grace,
            lock=lock,
            command=(*command, "--address", address, "--workers", str(workers)),
        )

    def submit(self, job: Job) -> None:
        """Start the job's trainer unless there is one, or an end.

        Raises RunnerError when the cluster does not answer, or is of no use to the job, DriveError.
        """
        if find_spec("ray") is None:
            raise RunnerError(
                "Ray is not installed", hint="install the extra: pip install 'sovereign[ray]'"
            )
        if job.recipe not in RECIPES:
            raise RunnerError(f"the recipe {job.recipe} trains on one machine only")
        if not answers(self._address):
            raise RunnerError(f"no Ray cluster answers at {self._address}")
        super().submit(job)
