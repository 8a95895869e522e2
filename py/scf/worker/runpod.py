"""Workers on rented machines: a pod of RunPod's for a job, given back when the job is over.

A pod that is lost, silent or brings a result that is damaged is replaced once, by one that begins
anew; when that is lost too, or refuses the job, another runner may take it. What all pods of a job cost
is kept beside the job, and the job ends when it is over its budget.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from scf.contracts.dataset import Dataset
from scf.contracts.job import Heartbeat, Job
from scf.drive import Drive, Partition, guarded
from scf.errors import ContractError, RefusedError
from scf.worker.errors import RunnerGivesUpError, TransportError
from scf.worker.far import FarWorker, Heard
from scf.worker.folder import DATASET, HEARTBEAT, JOB, RunFolder
from scf.worker.pod_keys import PORT, PodKeys
from scf.worker.rental import RENTAL, Rental
from scf.worker.rsync import RsyncTransport
from scf.worker.runner import Phase, RunnerError, State
from scf.worker.runpod_api import Pod, RunPodApi, RunPodError, UnclearError, one_gpu
from scf.worker.runs import Runs
from scf.worker.transport import Transport

BASE = "/srv/scf"
"""The folder of the image that takes `shards`, `parent` and `run`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is rented: an image of this project's worker, on one GPU of these kinds, at this price."""

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
    """Between two questions to a worker."""


@dataclass(slots=True)
class _Watch:
    """What this process saw of a pod."""

    sent: set[str] = field(default_factory=set)
    beat: Heartbeat | None = None
    since: float = field(default_factory=time.monotonic)
    looked: float = float("-inf")
    state: State = field(default=State(Phase.WAITING))


class RunPodRunner:
    """Runs jobs on rented machines.

    `connect` gives the way to a pod, None while it has no address; the default is rsync over ssh.
    """

    name = "runpod"

    def __init__(
        self,
        drive: Drive,
        *,
        code: str,
        api: RunPodApi,
        offer: Offer,
        keys: PodKeys,
        patience: Patience = Patience(),
        connect: Callable[[Pod], Transport | None] | None = None,
    ) -> None:
        self._drive = drive
        self._code = code
        self._api = api
        self._offer = offer
        self._keys = keys
        self._patience = patience
        self._connect = connect or self._by_rsync
        self._runs = Runs(drive)
        self._watches: dict[str, _Watch] = {}

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

        Raises RunnerGivesUpError, RunnerError, DriveError.
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
            pods = self._api.pods(name_of(job))
            for extra in pods[1:]:
                self._api.delete(extra.id)
            return self._look_at(run, job, rental, pods[0] if pods else None)

    def fetch(self, job: Job) -> Path:
        """The folder of a job that is done. Raises RefusedError, RunnerError, DriveError."""
        folder = self._runs.fetch(job)
        with guarded(self._drive.root):
            self._close(RunFolder(folder), job)
        return folder

    def cancel(self, job: Job) -> None:
        """Give the job's pod back; `submit` begins anew. Raises RunnerError, DriveError."""
        run = self._runs.of(job)
        with guarded(self._drive.root):
            if self._runs.has(run):
                self._runs.cancel(run)
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
        if pod.status != "RUNNING":
            return self._again(run, job, f"the pod is {pod.status.lower() or 'in no known state'}")
        watch = self._watches.setdefault(pod.id, _Watch())
        if time.monotonic() - watch.looked < self._patience.poll:
            return watch.state
        state = self._ask(run, job, pod, watch)
        watch.looked, watch.state = time.monotonic(), state
        return state

    def _ask(self, run: RunFolder, job: Job, pod: Pod, watch: _Watch) -> State:
        """Ask the worker in the pod how it is, and fetch what it made."""
        try:
            transport = self._connect(pod)
            if transport is None:
                raise TransportError("the pod has no address yet")
            worker = FarWorker(job, run, self._runs, transport)
            if not worker.send(watch.sent):
                watch.since = time.monotonic()
                return State(Phase.WAITING, reason="the data is on its way")
            heard = worker.hear()
            if heard.result is not None:
                worker.take(heard.result, self._drive)
        except TransportError as error:
            patience = self._patience.stale if JOB in watch.sent else self._patience.start
            if time.monotonic() - watch.since > patience:
                return self._again(run, job, error.message)
            return State(watch.state.phase, watch.beat, error.message)
        except (RefusedError, ContractError) as error:
            return self._again(run, job, error.message)
        return self._judge(run, job, heard, watch)

    def _judge(self, run: RunFolder, job: Job, heard: Heard, watch: _Watch) -> State:
        if heard.beat is not None and heard.beat != watch.beat:
            watch.beat, watch.since = heard.beat, time.monotonic()
            self._drive.write(run.path / HEARTBEAT, heard.beat.canonical())
        if heard.result is not None:
            self._close(run, job)
            return State(Phase.DONE, watch.beat)
        if heard.failure is not None:
            return self._fail(run, job, heard.failure.reason)
        if heard.refusal is not None:
            self._give_up(run, job, f"the rented machine refused it: {heard.refusal.reason}")
        silent = time.monotonic() - watch.since
        if silent > (self._patience.stale if watch.beat else self._patience.start):
            return self._again(run, job, f"the worker was silent for {silent:.0f} s")
        return State(Phase.RUNNING if watch.beat else Phase.WAITING, watch.beat)

    def _rent(self, run: RunFolder, job: Job) -> State:
        """Rent the job's pod, or find it. Raises RunPodError."""
        size = sum(shard.bytes for shard in Dataset.read(run.path / DATASET).shards)
        name = name_of(job)
        disk, env = 20 + 2 * -(-size // 10**9), self._keys.environment(name)
        wanted = one_gpu(self._offer.image, self._offer.gpus, gigabytes=disk, port=PORT, env=env)
        try:
            pod = self._api.create(name, wanted)
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
        self._keys.forget(name_of(job))
        rental = self._rental(run, job).ended(time.time(), closed=True)
        self._keep(run, rental.model_copy(update={"given_up": reason}))
        raise RunnerGivesUpError(reason)

    def _fail(self, run: RunFolder, job: Job, reason: str) -> State:
        state = self._runs.fail(run, job, reason)
        self._close(run, job)
        return state

    def _give_back(self, job: Job) -> None:
        """Delete all pods of the job. Raises RunPodError."""
        for pod in self._api.pods(name_of(job)):
            self._api.delete(pod.id)
            self._watches.pop(pod.id, None)

    def _close(self, run: RunFolder, job: Job) -> None:
        """See to it that nothing of the job costs any more. Raises RunPodError."""
        rental = run.read(Rental, RENTAL)
        if rental is not None and not rental.closed:
            self._give_back(job)
            self._keys.forget(name_of(job))
            self._keep(run, rental.ended(time.time(), closed=True))

    def sweep(self) -> None:
        """Give back what was rented for jobs of this drive that are over. Raises RunPodError."""
        runs = self._drive.root / Partition.MODEL_ZOO / "runs"
        ours = {name_of_id(path.name): path for path in runs.glob("b*")}
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

    def _by_rsync(self, pod: Pod) -> Transport | None:
        port = (pod.ports or {}).get(str(PORT))
        if not pod.address or port is None:
            return None
        return RsyncTransport(self._keys.login(pod.name, pod.address, port), BASE)


def name_of(job: Job) -> str:
    """The name of the job's pod."""
    return name_of_id(job.id)


def name_of_id(job: str) -> str:
    """The name of the pod of the job with this id: its last 120 bits tell it from all others."""
    return f"scf-{job[-24:]}"
