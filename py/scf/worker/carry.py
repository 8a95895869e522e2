"""The program that a carrier starts: it carries one job's files to a pod, and what comes of them back."""

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from scf.contracts.job import Job
from scf.drive import Drive, guarded
from scf.errors import DriveError
from scf.worker.far import FarWorker, follow
from scf.worker.folder import JOB, RunFolder
from scf.worker.news import NEWS, News
from scf.worker.runs import Runs
from scf.worker.way import Way, read
from sovereign.errors import Exit, SovereignError


def carry(drive: Drive, run: RunFolder, pod: str, way: Way, poll: float) -> None:
    """Follow the job's worker in a pod to its end, with the news beside the job. Raises ScfError."""
    with guarded(drive.root):
        drive.check()
        job = Job.read(run.path / JOB)
        try:
            transport = way.open()
        except SovereignError as error:
            run.write(NEWS, News(job=job.id, pod=pod, trouble=error.message))
            raise
        last = None
        for news in follow(FarWorker(job, run, Runs(drive), transport), pod, drive):
            if news != last:
                run.write(NEWS, news)
                last = news
            if news.trouble or news.ready:
                time.sleep(poll)


def main() -> int:
    """Carry; the exit code is 130 when the drive is full or gone."""
    words = argparse.ArgumentParser(prog="scf.worker.carry", description=__doc__)
    words.add_argument("--drive", required=True, type=Path, help="the folder of the partitions")
    words.add_argument("--run", required=True, type=Path, help="the job's folder there")
    words.add_argument("--pod", required=True, help="its id")
    words.add_argument("--way", required=True, help="how the pod is reached, as JSON")
    words.add_argument("--poll", required=True, type=float, help="seconds between two looks")
    words.add_argument("--for", required=True, type=int, dest="daemon", help="who started it")
    given = words.parse_args()
    if os.getppid() != given.daemon:  # it died before the kernel knew that we end with it
        return Exit.DONE
    # so that what it started ends with it, and nothing is left in the folder for temporary files
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.DONE))
    drive = Drive(given.drive)
    try:
        carry(drive, RunFolder(given.run), given.pod, read(given.way), given.poll)
    except SovereignError as error:
        with suppress(OSError):  # the log may be on a drive that is full
            os.write(2, f"{error.message}\n".encode())
        return Exit.INTERRUPTED if isinstance(error, DriveError) else Exit.FAILED
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
