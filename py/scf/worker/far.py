"""A worker on another machine: what it is sent, what it says, and what it made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from scf.contracts.dataset import Dataset
from scf.contracts.job import CHECKPOINT, Failure, FileRef, Heartbeat, Job, Result, Usage
from scf.drive import Drive, Partition
from scf.errors import ContractError, RefusedError
from scf.worker.errors import TransportError
from scf.worker.folder import DATASET, HEARTBEAT, JOB, RESULT, RunFolder, check_names
from scf.worker.news import News
from scf.worker.plain import plain
from scf.worker.runner import RunnerError
from scf.worker.runs import Runs
from scf.worker.transport import Transport, to_come

RUN, SHARDS, PARENT = "run", "shards", "parent"
"""The folders on the other machine."""

_ATTEMPTS = 16
"""No more attempts of a far worker are accounted for."""
_FIGURE = re.compile(r"[A-Za-z0-9_.-]{1,64}")

Said = TypeVar("Said", Heartbeat, Result, Failure, Usage)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker left on its machine, as far as there is any."""

    beat: Heartbeat | None
    result: Result | None = None
    failure: Failure | None = None
    refusal: Failure | None = None
    """Why the machine did not begin."""


class FarWorker:
    """The worker of one job at the other end of a transport."""

    def __init__(self, job: Job, run: RunFolder, runs: Runs, transport: Transport) -> None:
        self.job = job
        self._run = run
        self._runs = runs
        self._transport = transport

    def send(self, sent: set[str]) -> bool:
        """Send one of the files that are not in `sent` yet; whether all were.

        The job's own file is the last, and starts the worker. Raises TransportError, RunnerError.
        """
        if JOB in sent:
            return True
        if not sent and self._transport.peek(JOB, RUN) == self.job.canonical():
            sent.add(JOB)
            return True
        dataset = Dataset.read(self._run.path / DATASET)
        for shard in dataset.shards:
            if shard.name not in sent:
                file = FileRef(name=shard.name, cid=shard.cid, bytes=shard.bytes)
                self._transport.push([(self._runs.shards / shard.name, file)], SHARDS)
                sent.add(shard.name)
                return False
        if self.job.parent is not None and PARENT not in sent:
            path = self._runs.checkpoint(self.job.parent)
            file = FileRef(name=CHECKPOINT, cid=self.job.parent, bytes=path.stat().st_size)
            self._transport.push([(path, file)], PARENT)
            sent.add(PARENT)
            return False
        path = self._run.path / DATASET
        file = FileRef(name=DATASET, cid=self.job.dataset, bytes=path.stat().st_size)
        self._transport.push([(path, file)], RUN)
        self._transport.put(JOB, RUN, self.job.canonical())
        sent.add(JOB)
        return True

    def hear(self) -> Heard:
        """What it says. Raises TransportError, RefusedError, ContractError."""
        beat = self._said(Heartbeat, HEARTBEAT)
        attempt = beat.attempt if beat else 1
        if attempt >= _ATTEMPTS:
            raise RefusedError(f"the worker's {HEARTBEAT} is of attempt {attempt}")
        result = self._said(Result, RESULT)
        if result is not None:
            for name in result.metrics:
                if not _FIGURE.fullmatch(name):
                    raise RefusedError(f"the worker's {RESULT}: no figure's name: {name!r}")
            return Heard(beat, result)
        failure = self._why(f"failure-{attempt}.json")
        refusal = self._why(f"refused-{attempt}.json")
        return Heard(beat, None, failure, refusal)

    def take(self, result: Result, drive: Drive) -> None:
        """Bring a result here, and last the document that says what belongs to it.

        What it says of energy is an estimate, whatever it says: nobody here saw its counters.
        Raises TransportError, RefusedError, ContractError, QuotaError, DriveError.
        """
        check_names(file.name for file in result.files)
        if (size := sum(file.bytes for file in result.files)) > drive.quota(Partition.MODEL_ZOO):
            raise RefusedError(f"a result of {size} bytes is larger than model_zoo may be")
        drive.admit(Partition.MODEL_ZOO, to_come(result.files, self._run.path))
        usages = list(self._usages())
        self._transport.pull(result.files, RUN, self._run.path)
        for usage in usages:
            drive.write(self._run.path / f"usage-{usage.attempt}.json", usage.canonical())
        drive.write(self._run.path / RESULT, result.canonical())

    def _usages(self) -> Iterator[Usage]:
        for attempt in range(1, _ATTEMPTS):
            usage = self._said(Usage, name := f"usage-{attempt}.json")
            if usage is None:
                return
            if usage.attempt != attempt:
                raise RefusedError(f"the worker's {name} is of attempt {usage.attempt}")
            yield usage.model_copy(update={"source": "estimate"})

    def _why(self, name: str) -> Failure | None:
        said = self._said(Failure, name)
        return said and said.model_copy(update={"reason": plain(said.reason)})

    def _said(self, kind: type[Said], name: str) -> Said | None:
        text = self._transport.peek(name, RUN)
        if text is None:
            return None
        said = kind.parse(text, source=f"the worker's {name}")
        if said.job != self.job.id:
            raise RefusedError(f"the worker's {name} is of another job: {said.job}")
        said.canonical()  # so that nothing is kept that cannot be written
        return said


def follow(worker: FarWorker, pod: str, drive: Drive) -> Iterator[News]:
    """Do one thing after the other for the worker in a pod until it is over: send, hear, take its result.

    Of what goes wrong there is news, except with the drive. Raises QuotaError, DriveError, OSError.
    """
    news, sent, taken = News(job=worker.job.id, pod=pod), set[str](), False
    while not (taken or news.over):
        try:
            if not worker.send(sent):
                news = News(job=news.job, pod=pod)
            else:
                heard = worker.hear()
                if heard.result is not None:
                    worker.take(heard.result, drive)
                    taken = True
                news = News(
                    job=news.job,
                    pod=pod,
                    ready=True,
                    beat=heard.beat,
                    failure=heard.failure,
                    refusal=heard.refusal,
                )
        except (TransportError, RunnerError) as error:
            news = news.model_copy(update={"ready": JOB in sent, "trouble": plain(error.message)})
        except (RefusedError, ContractError) as error:
            news = news.model_copy(update={"wrong": plain(error.message)})
        yield news
