"""Workers on rented machines: a pod of RunPod's for a job, given back when the job is over.

A pod that is lost, silent or brings a result that is damaged is replaced once, by one that begins
anew; when that is lost too, or refuses the job, another runner may take it. What all pods of a job cost
is kept beside the job, and the job ends when it is over its budget.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from scf.contracts.dataset import Dataset
from scf.contracts.job import Heartbeat, Job
from scf.drive import Drive, guarded
from scf.places import runs_folder
from scf.worker.access import Access
from scf.worker.carrier import Carrier, Carriers
from scf.worker.errors import RunnerGivesUpError
from scf.worker.folder import DATASET, HEARTBEAT, RunFolder
from scf.worker.news import News
from scf.worker.rental import RENTAL, Rental
from scf.worker.runner import Phase, RunnerError, State
from scf.worker.runpod_api import PREFIX, Pod, RunPodApi, RunPodError, UnclearError, one_pod
from scf.worker.runs import Runs
from scf.worker.transport import on_its_way


@dataclass(frozen=True, slots=True)
class Offer:
    """What is rented: an image of this project's worker, on the first of these GPUs to be had, at this price at most."""

    image: str
    gpus: tuple[str, ...]
    most_dollars_an_hour: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds."""

    start: float = 1200.0
    """For a pod to be there, and its worker to begin."""
    stale: float = 120.0
    """For another heartbeat."""
    poll: float = 5.0
    """Between two questions to RunPod, and two to a worker."""


@dataclass(slots=True)
class _Watch:
    """What this process saw of a pod."""

    beat: Heartbeat | None = None
    since: float = field(default_factory=time.monotonic)
    """When the heartbeat changed, more of the result came, or anything while neither was to be expected."""
    coming: int = 0
    phase: Phase = Phase.WAITING


class RunPodRunner:
    """Runs jobs on rented machines; `carrier` carries files to and from them, by default beside us."""

    name = "runpod"
    elsewhere = True

    def __init__(
        self,
        drive: Drive,
        *,
        code: str,
        api: RunPodApi,
        offer: Offer,
        access: Access,
        patience: Patience = Patience(),
        carrier: Carrier | None = None,
    ) -> None:
        self._drive = drive
        self._code = code
        self._api = api
        self._offer = offer
        self.access = access
        self._patience = patience
        self._carrier = carrier or Carriers(drive, access.way, poll=patience.poll)
        self._runs = Runs(drive)
        self._watches: dict[str, _Watch] = {}
        self._looked: dict[str, tuple[float, State]] = {}

    def submit(self, job: Job) -> None:
        """Rent a pod for the job unless there is one, or an end. Raises RunnerError, DriveError."""
        if job.code != self._code:
            raise RunnerError(f"the job asks for the code {job.code}; here is {self._code}")
        if job.budget.dollars <= 0:
            raise RunnerError("the job may not cost anything: budget.dollars is 0")
        if job.parent is not None:
            self._runs.checkpoint(job.parent)
        with guarded(self._drive.root):
            self._rental(self._runs.of(job), job).check()
        self.sweep()
        run = self._runs.prepare(job)
        with guarded(self._drive.root):
            if self._runs.over(run, job) is None:
                rental = self._rental(run, job)
                if rental.closed:
                    self._keep(run, rental.model_copy(update={"closed": False}))
                self._rent(run, job)

    def look(self, job: Job) -> State:
        """How far the job is; a pod that is lost is replaced, once.

        Nobody is asked more often than is patient: in between it is as it was. Raises
        RunnerGivesUpError, RunnerError, DriveError.
        """
        run = self._runs.of(job)
        with guarded(self._drive.root):
            if not self._runs.has(run):
                return State(Phase.ABSENT)
            if (over := self._runs.over(run, job)) is not None:
                self._close(run, job)
                return over
            rental = self._rental(run, job)
            rental.check()
            if rental.closed:
                return State(Phase.ABSENT, reason="no pod could be rented")
            looked, state = self._looked.get(job.id, (float("-inf"), State(Phase.WAITING)))
            if time.monotonic() - looked < self._patience.poll:
                return state
            pods = self._api.pods(name_of(job))
            for extra in pods[1:]:
                self._api.delete(extra.id)
            state = self._look_at(run, job, rental, pods[0] if pods else None)
            self._looked[job.id] = time.monotonic(), state
            return state

    def fetch(self, job: Job) -> Path:
        """The folder of a job that is done. Raises RefusedError, RunnerError, DriveError."""
        folder = self._runs.fetch(job)
        with guarded(self._drive.root):
            self._close(RunFolder(folder), job)
        return folder

    def cancel(self, job: Job) -> None:
        """Give the job's pod back; `submit` begins anew. Raises RunnerError, DriveError."""
        self._carrier.end(job)
        run = self._runs.of(job)
        with guarded(self._drive.root):
            if self._runs.has(run):
                try:
                    self._runs.cancel(run)
                finally:  # though a drive that is full takes no note
                    self._close(run, job)

    def _look_at(self, run: RunFolder, job: Job, rental: Rental, pod: Pod | None) -> State:
        if pod is None:
            if rental.open:
                return self._again(run, job, "the pod is gone")
            return self._rent_another(run, job, "there is no pod")
        now = time.time()
        rental = self._keep(run, rental.having(pod, now))
        if (dollars := rental.dollars(now)) > job.budget.dollars:
            spent = f"{dollars:.4f} dollars in {len(rental.pods)} pods"
            return self._fail(run, job, f"over budget: {spent}, of {job.budget.dollars:g}")
        watch = self._watches.setdefault(pod.id, _Watch())
        if pod.coming:
            if _silent(watch) > self._patience.start:
                return self._again(run, job, f"the pod is still {pod.status.lower()}")
            return State(Phase.WAITING, reason=f"the pod is {pod.status.lower()}")
        if pod.status != "RUNNING":
            return self._again(run, job, f"the pod is {pod.status.lower() or 'in no known state'}")
        try:
            news = self._carrier.news(job, run, pod)
        except RunnerError as error:
            news = News(job=job.id, pod=pod.id, trouble=error.message)
        if news.beat is not None and news.beat != watch.beat:
            watch.beat, watch.since, watch.phase = news.beat, time.monotonic(), Phase.RUNNING
            self._drive.write(run.path / HEARTBEAT, news.beat.canonical())
        # a result may take longer to come than a heartbeat is waited for
        if (coming := on_its_way(run.path)) != watch.coming:
            watch.coming, watch.since = coming, time.monotonic()
        if (over := self._runs.over(run, job)) is not None:  # the result is here
            self._close(run, job)
            return over
        return self._judge(run, job, news, watch)

    def _judge(self, run: RunFolder, job: Job, news: News, watch: _Watch) -> State:
        if news.wrong:
            return self._again(run, job, news.wrong)
        if news.failure is not None:
            return self._fail(run, job, news.failure.reason)
        if news.refusal is not None:
            self._give_up(run, job, f"the rented machine refused it: {news.refusal.reason}")
        if not (news.ready or news.trouble):
            watch.since = time.monotonic()
            return State(Phase.WAITING, reason="the data is on its way")
        begun = news.ready if news.trouble else news.beat is not None
        if _silent(watch) > (self._patience.stale if begun else self._patience.start):
            reason = news.trouble or f"the worker was silent for {_silent(watch):.0f} s"
            return self._again(run, job, reason)
        return State(watch.phase, watch.beat, news.trouble)

    def _rent(self, run: RunFolder, job: Job) -> State:
        """Rent the job's pod, or find it. Raises RunPodError."""
        size = sum(shard.bytes for shard in Dataset.read(run.path / DATASET).shards)
        name = name_of(job)
        disk, env = 20 + 2 * -(-size // 10**9), self.access.environment(name)
        wanted = one_pod(self._offer.image, gigabytes=disk, ports=self.access.ports, env=env)
        try:
            pod = self._api.create(name, wanted, self._offer.gpus)
        except UnclearError:  # should there be one after all, it is given back when it shows
            self._keep(run, self._rental(run, job).model_copy(update={"closed": True}))
            raise
        self._keep(run, self._rental(run, job).having(pod, time.time()))
        if pod.dollars_an_hour > self._offer.most_dollars_an_hour:
            self._close(run, job)
            raise RunPodError(
                f"a pod costs {pod.dollars_an_hour:g} dollars an hour;"
                f" {self._offer.most_dollars_an_hour:g} are the most"
            )
        return State(Phase.WAITING)

    def _again(self, run: RunFolder, job: Job, reason: str) -> State:
        """Replace the job's pod, once."""
        self._give_back(job)
        rental = self._keep(run, self._rental(run, job).ended(time.time(), lost=1))
        if rental.lost > 1:
            self._give_up(run, job, f"{reason}; it is the second pod that was lost")
        return self._rent_another(run, job, reason)

    def _rent_another(self, run: RunFolder, job: Job, reason: str) -> State:
        try:
            return self._rent(run, job)
        except RunPodError as error:
            self._give_up(run, job, f"{reason}, and no other: {error.message}")

    def _give_up(self, run: RunFolder, job: Job, reason: str) -> NoReturn:
        """Leave the job to another runner, for good. Raises RunnerGivesUpError."""
        self._give_back(job)
        self.access.forget(name_of(job))
        rental = self._rental(run, job).ended(time.time(), closed=True)
        self._keep(run, rental.model_copy(update={"given_up": reason}))
        raise RunnerGivesUpError(reason)

    def _fail(self, run: RunFolder, job: Job, reason: str) -> State:
        state = self._runs.fail(run, job, reason)
        self._close(run, job)
        return state

    def _give_back(self, job: Job) -> None:
        """Delete all pods of the job. Raises RunPodError."""
        self._carrier.end(job)
        self._looked.pop(job.id, None)
        for pod in self._api.pods(name_of(job)):
            self._api.delete(pod.id)
            self._watches.pop(pod.id, None)

    def _close(self, run: RunFolder, job: Job) -> None:
        """See to it that nothing of the job costs any more. Raises RunPodError."""
        rental = run.read(Rental, RENTAL)
        if rental is not None and not rental.closed:
            self._give_back(job)
            self.access.forget(name_of(job))
            self._keep(run, rental.ended(time.time(), closed=True))

    def sweep(self) -> None:
        """Give back what was rented for jobs of this drive that are over. Raises RunPodError, DriveError."""
        with guarded(self._drive.root):
            ours = {name_of_id(path.name): path for path in runs_folder(self._drive).glob("b*/")}
            for pod in self._api.pods():
                if pod.name in ours:
                    rental = RunFolder(ours[pod.name]).read(Rental, RENTAL)
                    if rental is not None and rental.closed:
                        self._api.delete(pod.id)

    def _rental(self, run: RunFolder, job: Job) -> Rental:
        return run.read(Rental, RENTAL) or Rental(job=job.id)

    def _keep(self, run: RunFolder, rental: Rental) -> Rental:
        if run.read(Rental, RENTAL) != rental:
            self._drive.write(run.path / RENTAL, rental.canonical())
        return rental


def name_of(job: Job) -> str:
    """The name of the job's pod."""
    return name_of_id(job.id)


def name_of_id(job: str) -> str:
    """The name of the pod of the job with this id: its last 120 bits tell it from all others."""
    return f"{PREFIX}{job[-24:]}"


def _silent(watch: _Watch) -> float:
    """For how many seconds nothing new was heard."""
    return time.monotonic() - watch.since
