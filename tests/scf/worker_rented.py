"""Rented machines that are folders: what the runner of RunPod's is tested with."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from tests.scf.worker_runpod import Account
from tests.scf.worker_toy import COMMAND

from scf.contracts.job import FileRef, Job
from scf.drive import Drive
from scf.worker.errors import RunnerGivesUpError, TransportError
from scf.worker.far import FarWorker, follow
from scf.worker.folder import RunFolder
from scf.worker.local import LocalRunner
from scf.worker.news import News
from scf.worker.pod_keys import PORT
from scf.worker.rsync import Login
from scf.worker.runner import Phase, State
from scf.worker.runpod import Patience, RunPodRunner
from scf.worker.runpod_api import Pod
from scf.worker.runs import Runs
from scf.worker.transport import SMALL, Transport, receive
from scf.worker.way import ByRsync

CHECKPOINT = "checkpoint.safetensors"
AT_ONCE = Patience(poll=0.0)
OFTEN = Patience(poll=0.05)
Rents = Callable[..., RunPodRunner]


@dataclass
class Folders:
    """The disks of pods, as folders by their ids: the other end of a transport."""

    root: Path
    away: bool = False
    pushed: list[str] = field(default_factory=list)

    def to(self, pod: Pod) -> Transport | None:
        return self.at(pod.id) if pod.place(PORT) else None

    def at(self, pod: str) -> "Disk":
        return Disk(self, self.root / pod)

    def train(self, pod: str = "pod0001") -> None:
        """What the worker in a pod does once its job has come."""
        disk = self.root / pod
        argv = [*COMMAND, "--job", disk / "run", "--shards", disk / "shards"]
        if (parent := disk / "parent" / CHECKPOINT).exists():
            argv += ["--parent", parent]
        subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, timeout=60)

    def say(self, name: str, text: object, pod: str = "pod0001") -> None:
        (self.root / pod / "run" / name).write_text(json.dumps(text))


@dataclass
class Disk:
    """The disk of one pod."""

    all: Folders
    root: Path

    def push(self, files: Sequence[tuple[Path, FileRef]], to: str) -> None:
        for path, file in files:
            self.put(file.name, to, path.read_bytes())

    def put(self, name: str, to: str, data: bytes) -> None:
        self._there()
        (self.root / to).mkdir(parents=True, exist_ok=True)
        (self.root / to / name).write_bytes(data)
        self.all.pushed.append(name)

    def pull(self, files: Sequence[FileRef], at: str, into: Path) -> None:
        self._there()

        def bring(file: FileRef, coming: Path) -> None:
            if (self.root / at / file.name).exists():
                shutil.copyfile(self.root / at / file.name, coming)

        receive(files, into, bring)

    def peek(self, name: str, at: str) -> bytes | None:
        self._there()
        path = self.root / at / name
        return path.read_bytes()[:SMALL] if path.exists() else None

    def _there(self) -> None:
        if self.all.away:
            raise TransportError("no route to host")


@dataclass
class Inline:
    """A carrier in this process, which does one thing a look."""

    on: Drive
    disks: Folders
    going: dict[str, Iterator[News]] = field(default_factory=dict)

    def news(self, job: Job, run: RunFolder, pod: Pod) -> News:
        transport = self.disks.to(pod)
        if transport is None:
            return News(job=job.id, pod=pod.id, trouble="the pod has no address yet")
        if job.id not in self.going:
            worker = FarWorker(job, run, Runs(self.on), transport)
            self.going[job.id] = follow(worker, pod.id, self.on)
        return next(self.going[job.id])

    def end(self, job: Job) -> None:
        self.going.pop(job.id, None)


@dataclass(frozen=True)
class Entered:
    """Pods that are all one machine, which this login enters."""

    login: Login
    base: Path
    ports: ClassVar[tuple[int, ...]] = ()

    def environment(self, name: str) -> dict[str, str]:
        return {"NAME": name}

    def way(self, pod: Pod) -> ByRsync | None:
        return ByRsync(self.login, str(self.base)) if pod.place(PORT) else None

    def forget(self, name: str) -> None:
        """Nothing is kept."""


def until(
    true: Callable[[], object],
    meanwhile: Callable[[], object] = lambda: None,
    *,
    seconds: float = 30,
) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        meanwhile()
        time.sleep(0.02)


def folder(on: Drive, work: Job) -> Path:
    return on.root / "model_zoo" / "runs" / work.id


def sent(one: RunPodRunner, work: Job, account: Account) -> None:
    """Let a pod come up, and everything be sent to it."""
    account.run(2222)
    for _ in range(9):
        if one.look(work).reason == "":
            return
    raise AssertionError(one.look(work))


def given_up(on: Drive, account: Account, rents: Rents, work: Job, reason: str) -> None:
    """The runner will not do the job any more, costs nothing, and holds nothing against the job."""
    with pytest.raises(RunnerGivesUpError, match=reason) as caught:
        rents().look(work)
    assert caught.value.code == "SCF038"
    assert account.pods == {}
    asked, rented = len(account.asked), len(account.created)
    for ask in (rents().look, rents().submit):  # nor does another process
        with pytest.raises(RunnerGivesUpError, match=reason):
            ask(work)
    rents().cancel(work)
    with pytest.raises(RunnerGivesUpError, match=reason):
        rents().submit(work)
    assert len(account.asked) == asked, "nobody is asked for that"
    assert len(account.created) == rented
    assert list(folder(on, work).glob("failure-*")) == []


def by_this_machine(on: Drive, work: Job) -> State:
    local = LocalRunner(on, code="revision-1", command=COMMAND)
    local.submit(work)
    deadline = time.monotonic() + 30
    while (state := local.look(work)).phase not in (Phase.DONE, Phase.FAILED):
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
    return state
