"""A program that rents a pod for a job and looks until it is done, as the daemon does; for tests that kill it."""

import sys
import time
from pathlib import Path

from tests.scf.worker_rented import Entered

from scf.contracts.job import Job
from scf.drive import Drive
from scf.worker.runner import Phase
from scf.worker.runpod import Offer, Patience, RunPodRunner
from scf.worker.runpod_api import RunPodApi
from scf.worker.way import ByRsync, read


def main(root: str, work: str, endpoint: str, key: str, way: str) -> None:
    to = read(way)
    assert isinstance(to, ByRsync)
    runner = RunPodRunner(
        Drive.open(Path(root)),
        code="revision-1",
        api=RunPodApi(Path(key), endpoint=endpoint),
        offer=Offer("worker:1", ("NVIDIA H100 80GB HBM3",), most_dollars_an_hour=4.0),
        access=Entered(to.login, Path(to.base)),
        patience=Patience(poll=0.05),
    )
    job = Job.read(Path(work))
    runner.submit(job)
    while runner.look(job).phase is not Phase.DONE:
        time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
