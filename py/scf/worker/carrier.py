"""What goes between here and rented machines goes by a process beside the daemon, which never waits.

The kernel ends it with the daemon; the next one goes on from what is at either end.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scf.contracts.job import Job
from scf.drive import Drive
from scf.errors import DriveError
from scf.worker.folder import LOG, RunFolder
from scf.worker.news import NEWS, News
from scf.worker.runner import RunnerError
from scf.worker.runpod_api import Pod
from scf.worker.way import Way, written
from sovereign.errors import Exit, ProgramError
from sovereign.run import Process, start

_GRACE = 0.5


class Carrier(Protocol):
    """Carries what the workers of jobs need and make, and what they say."""

    def news(self, job: Job, run: RunFolder, pod: Pod) -> News:
        """What is known of the job's worker in this pod; begins to carry, or goes on, and never waits.

        Raises RunnerError, DriveError.
        """

    def end(self, job: Job) -> None:
        """Carry nothing more for the job: at once, and though a file is on its way."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """A process that carries, to which pod and how."""

    pod: str
    way: Way
    process: Process


class Carriers:
    """A process for each job; `way` gives the way to a pod, None while there is none.

    A worker is heard every `poll` seconds.
    """

    def __init__(
        self,
        drive: Drive,
        way: Callable[[Pod], Way | None],
        *,
        poll: float = 5.0,
        command: Sequence[str | Path] = (sys.executable, "-P", "-m", "scf.worker.carry"),
    ) -> None:
        self._drive = drive
        self._way = way
        self._poll = poll
        self._command = tuple(command)
        self._errands: dict[str, _Errand] = {}

    def news(self, job: Job, run: RunFolder, pod: Pod) -> News:
        """What is known of the job's worker in this pod. Raises RunnerError, DriveError, OSError."""
        errand = self._errands.get(job.id)
        if errand is not None and errand.pod != pod.id:
            self.end(job)
            errand = None
        way = self._way(pod) or (errand.way if errand is not None else None)
        if way is None:
            return News(job=job.id, pod=pod.id, trouble="the pod has no address yet")
        code = errand.process.poll() if errand is not None else None
        news = _last(job, run, pod)
        if news.over:
            return news
        if errand is not None and errand.way == way:
            if code in (None, Exit.DONE):
                return news
            del self._errands[job.id]
            if code == Exit.INTERRUPTED:
                raise DriveError(
                    "the drive may be full or gone: no file is carried to or from the pod"
                )
            if not news.trouble:  # it died without a word
                news = news.model_copy(update={"trouble": f"what carries the files ended: {code}"})
                run.write(NEWS, news)
        self.end(job)
        self._errands[job.id] = _Errand(pod.id, way, self._start(run, pod, way))
        return news

    def end(self, job: Job) -> None:
        """End the job's process."""
        if (errand := self._errands.pop(job.id, None)) is not None:
            errand.process.stop(_GRACE)

    def _start(self, run: RunFolder, pod: Pod, way: Way) -> Process:
        words: list[str | Path] = ["--drive", self._drive.root.absolute()]
        words += ["--run", run.path.absolute(), "--pod", pod.id]
        words += ["--way", written(way), "--poll", f"{self._poll}", "--for", f"{os.getpid()}"]
        try:
            return start((*self._command, *words), log=run.path / LOG)
        except ProgramError as error:
            raise RunnerError(error.message) from error


def _last(job: Job, run: RunFolder, pod: Pod) -> News:
    """The last news of the worker in this pod, whichever process brought them."""
    news = run.read(News, NEWS)
    if news is None or (news.job, news.pod) != (job.id, pod.id):
        return News(job=job.id, pod=pod.id)
    return news
