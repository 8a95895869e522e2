"""The RunPod runner against an account that keeps state: one pod a job, given back in the end, never more
than the budget; the daemon falls back when it cannot rent."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.scf.worker_runpod import KEY, Account, serving
from tests.scf.worker_toy import COMMAND, drive, job

from scf.contracts.job import FileRef, Job, Result, Usage
from scf.drive import Drive
from scf.worker.errors import RunnerGivesUpError, TransportError
from scf.worker.local import LocalRunner
from scf.worker.pod_keys import PodKeys
from scf.worker.rsync import Login, RsyncTransport
from scf.worker.runner import Phase, RunnerError, State
from scf.worker.runpod import Offer, Patience, RunPodRunner, name_of
from scf.worker.runpod_api import Pod, RunPodApi, RunPodError
from scf.worker.transport import SMALL, Transport, receive
from sovereign.run import Process, run, start

from .conftest import SERVE, free_port, listening

CHECKPOINT = "checkpoint.safetensors"
ENTRYPOINT = Path(__file__).parents[3] / "py/scf/worker/image/entrypoint"
AT_ONCE = Patience(poll=0.0)


@pytest.fixture
def account() -> Iterator[Account]:
    with serving() as one:
        yield one


@pytest.fixture
def on(tmp_path: Path) -> Drive:
    return drive(tmp_path / "drive")


@dataclass
class Folders:
    """The disks of pods, as folders by their ids: the other end of a transport."""

    root: Path
    away: bool = False
    pushed: list[str] = field(default_factory=list)

    def to(self, pod: Pod) -> Transport | None:
        return Disk(self, self.root / pod.id) if pod.address else None

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


@pytest.fixture
def disks(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "disks")


@pytest.fixture
def keys(tmp_path: Path) -> PodKeys:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", tmp_path / "user"])
    return PodKeys(tmp_path / "keys", tmp_path / "user")


Rents = Callable[..., RunPodRunner]


@pytest.fixture
def rents(on: Drive, account: Account, disks: Folders, keys: PodKeys, tmp_path: Path) -> Rents:
    key = tmp_path / "account"
    key.write_text(KEY)
    key.chmod(0o600)

    def make(
        patience: Patience = AT_ONCE,
        connect: Callable[[Pod], Transport | None] = disks.to,
    ) -> RunPodRunner:
        api = RunPodApi(key, endpoint=account.endpoint, timeout=2.0, pause=lambda _: None)
        offer = Offer("worker:1", ("NVIDIA H100 80GB HBM3",), most_dollars_an_hour=4.0)
        return RunPodRunner(
            on,
            code="revision-1",
            api=api,
            offer=offer,
            keys=keys,
            patience=patience,
            connect=connect,
        )

    return make


@pytest.fixture
def work() -> Job:
    return job(dollars=5.0)


def folder(on: Drive, work: Job) -> Path:
    return on.root / "model_zoo" / "runs" / work.id


def sent(one: RunPodRunner, work: Job, account: Account) -> None:
    """Let a pod come up, and everything be sent to it."""
    account.give_address()
    for _ in range(9):
        if one.look(work).reason == "":
            return
    raise AssertionError(one.look(work))


def test_a_job_is_trained_in_a_pod_and_the_pod_given_back(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    one = rents()
    assert one.look(work).phase is Phase.ABSENT
    one.submit(work)
    one.submit(work)
    waiting = one.look(work)
    assert (waiting.phase, waiting.reason) == (Phase.WAITING, "the pod has no address yet")
    sent(one, work, account)
    assert disks.pushed == ["a.ndjson.zst", "dataset.json", "job.json"]
    disks.train()
    done = one.look(work)
    assert done.phase is Phase.DONE
    assert done.heartbeat is not None
    assert account.pods == {}
    asked = len(account.asked)
    assert one.look(work).phase is Phase.DONE
    assert len(account.asked) == asked, "nothing is asked once all is given back"
    assert one.fetch(work) == folder(on, work)
    result = Result.read(folder(on, work) / "result.json")
    assert result.metrics == {"loss": 20 / 7, "links": 20.0}
    assert (folder(on, work) / "usage-1.json").exists()
    assert len(account.created) == 1


def test_what_is_rented_is_what_was_offered(account: Account, rents: Rents, work: Job) -> None:
    rents().submit(work)
    (wanted,) = account.created
    env = wanted.pop("env")
    assert wanted == {
        "name": name_of(work),
        "imageName": "worker:1",
        "computeType": "GPU",
        "cloudType": "SECURE",
        "gpuTypeIds": ["NVIDIA H100 80GB HBM3"],
        "gpuCount": 1,
        "containerDiskInGb": 22,
        "volumeInGb": 0,
        "ports": ["2222/tcp"],
        "supportPublicIp": True,
        "interruptible": False,
    }
    assert env["PUBLIC_KEY"].startswith("ssh-ed25519 ")
    assert env["SCF_HOST_KEY"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


def test_a_parent_is_sent_too(account: Account, disks: Folders, rents: Rents, work: Job) -> None:
    (one := rents()).submit(work)
    sent(one, work, account)
    disks.train()
    one.look(work)
    parent = Result.read(one.fetch(work) / "result.json").checkpoint.cid
    child = work.model_copy(update={"generation": 2, "parent": parent})
    one.submit(child)
    sent(one, child, account)
    disks.train("pod0002")
    assert one.look(child).phase is Phase.DONE
    asked = len(account.asked)
    with pytest.raises(RunnerError, match="no run on the drive has the checkpoint"):
        one.submit(child.model_copy(update={"parent": work.dataset}))
    assert len(account.asked) == asked


@pytest.mark.parametrize("trouble", ["lost", "slow", "garbage"])
def test_a_crash_or_a_lost_answer_never_rents_two(
    trouble: str, account: Account, rents: Rents, work: Job
) -> None:
    account.trouble_creating.append(trouble)
    rents().submit(work)
    for _ in range(3):  # processes that never called another
        rents().submit(work)
        rents().look(work)
    assert len(account.created) == len(account.pods) == 1


def test_the_killed_process_left_no_record_of_the_pod(
    on: Drive, account: Account, rents: Rents, work: Job
) -> None:
    rents().submit(work)
    (folder(on, work) / "worker.rental.json").unlink()
    rents().look(work)
    assert len(account.created) == 1
    assert "pod0001" in (folder(on, work) / "worker.rental.json").read_text()


def test_a_second_pod_of_the_same_name_is_given_back(
    account: Account, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    account.create({**account.created[0]})
    assert len(account.pods) == 2
    one.look(work)
    assert list(account.pods) == ["pod0001"]


def test_who_cannot_be_reached_is_left_to_another_runner(
    account: Account, rents: Rents, work: Job
) -> None:
    account.trouble.extend(["500"] * 9)
    with pytest.raises(RunnerError, match="cannot be reached"):
        rents().submit(work)


def test_a_pod_that_comes_after_all_is_given_back(
    account: Account, rents: Rents, work: Job
) -> None:
    account.trouble_creating.append("lost")
    account.hides = 99
    with pytest.raises(RunPodError, match="did not say"):
        rents().submit(work)
    account.hides = 0
    assert len(account.pods) == 1
    rents().submit(job(dollars=5.0, steps=3))
    assert [pod["name"] for pod in account.pods.values()] == [name_of(job(dollars=5.0, steps=3))]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dollars": 0.0}, "may not cost anything"),
        ({"code": "other"}, "asks for the code"),
    ],
)
def test_some_jobs_are_not_for_rent(
    change: dict[str, object], reason: str, account: Account, rents: Rents
) -> None:
    other = job(dollars=float(str(change.get("dollars", 5.0))))
    other = other.model_copy(update={name: change[name] for name in change if name == "code"})
    with pytest.raises(RunnerError, match=reason):
        rents().submit(other)
    assert account.asked == []


def test_a_pod_that_is_too_dear_is_given_back_at_once(
    account: Account, rents: Rents, work: Job
) -> None:
    account.price = 4.01
    with pytest.raises(RunPodError, match=r"4\.01 dollars an hour; 4 are the most"):
        rents().submit(work)
    assert account.pods == {}


def test_the_budget_in_dollars_is_kept(account: Account, rents: Rents, work: Job) -> None:
    (one := rents()).submit(work)
    sent(one, work, account)
    rental = next(iter(account.pods.values()))
    assert rental["costPerHr"] == "0.74"
    spend(one, work, hours=6.0)
    assert one.look(work).phase is Phase.WAITING  # 4.44 dollars of 5
    spend(one, work, hours=0.8)
    failed = one.look(work)
    assert failed.phase is Phase.FAILED
    assert failed.reason.startswith("over budget: 5.03")
    assert account.pods == {}
    assert one.look(work) == failed


def spend(one: RunPodRunner, work: Job, hours: float) -> None:
    path = one._runs.of(work).path / "worker.rental.json"
    rental = json.loads(path.read_text())
    rental["pods"][0]["since"] -= hours * 3600
    path.write_text(json.dumps(rental))


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


def test_a_job_that_was_given_up_is_done_by_this_machine(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents(Patience(start=30.0, stale=1.0, poll=0.0))).submit(work)
    beat = {"job": work.id, "attempt": 2, "step": 19, "of": 20, "at": 5.0}
    for pod in ("pod0001", "pod0002"):
        sent(one, work, account)
        disks.say("heartbeat.json", beat, pod)
        one.look(work)
        time.sleep(1.2)
        if pod == "pod0001":
            assert one.look(work).phase is Phase.WAITING
    with pytest.raises(RunnerGivesUpError, match="was silent for"):
        one.look(work)
    assert by_this_machine(on, work).phase is Phase.DONE
    asked = len(account.asked)
    assert rents().look(work).phase is Phase.DONE
    assert len(account.asked) == asked


def test_what_a_machine_refuses_another_may_take(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    """An image of another revision, for instance."""
    (one := rents()).submit(work)
    sent(one, work, account)
    reason = "the job asks for the code revision-1; here is two"
    disks.say("refused-1.json", {"job": work.id, "attempt": 1, "reason": reason})
    given_up(on, account, rents, work, reason)
    assert by_this_machine(on, work).phase is Phase.DONE


def test_no_other_pod_to_be_had(on: Drive, account: Account, rents: Rents, work: Job) -> None:
    rents().submit(work)
    account.pods.clear()
    account.price = 99.0
    given_up(on, account, rents, work, "the pod is gone, and no other: a pod costs 99")


@pytest.mark.parametrize("trouble", ["lost", "slow"])
def test_a_pod_that_may_have_been_rented_in_place_of_another_is_given_back(
    trouble: str, account: Account, rents: Rents, work: Job
) -> None:
    rents().submit(work)
    account.pods.clear()
    account.trouble_creating.append(trouble)
    account.hides = 99
    with pytest.raises(RunnerGivesUpError, match="did not say whether"):
        rents().look(work)
    account.hides = 0
    assert len(account.pods) == 1
    rents().sweep()
    assert account.pods == {}


def test_a_pod_that_cannot_be_given_back_is_not_given_up_yet(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    sent(one, work, account)
    disks.say("refused-1.json", {"job": work.id, "attempt": 1, "reason": "no"})
    account.trouble.extend(["", *["500"] * 4])
    with pytest.raises(RunPodError, match="cannot be reached"):
        one.look(work)
    assert len(account.pods) == 1
    given_up(on, account, rents, work, "no")


def test_a_rented_machine_measures_nothing_that_counts(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    """Its figures would become credit, and nobody here saw its counters."""
    (one := rents()).submit(work)
    sent(one, work, account)
    disks.train()
    usage = {"job": work.id, "attempt": 1, "seconds": 2.0, "joules": 0.5, "source": "rapl"}
    disks.say("usage-1.json", usage)
    assert one.look(work).phase is Phase.DONE
    taken = Usage.read(folder(on, work) / "usage-1.json")
    assert taken.model_dump() == {**usage, "source": "estimate"}


@pytest.mark.parametrize(
    "change",
    [
        {"joules": -1.0},
        {"seconds": -0.5},
        {"joules": "1e999"},
        {"seconds": "NaN"},
        {"attempt": 2},
        {"attempt": 0},
        {"job": "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"},
    ],
)
def test_usage_that_cannot_be_is_refused_with_the_result(
    change: dict[str, object],
    on: Drive,
    account: Account,
    disks: Folders,
    rents: Rents,
    work: Job,
) -> None:
    (one := rents()).submit(work)
    sent(one, work, account)
    disks.train()
    usage = {"job": work.id, "attempt": 1, "seconds": 2.0, "joules": 0.5, "source": "estimate"}
    text = json.dumps(usage | change).replace('"1e999"', "1e999").replace('"NaN"', "NaN")
    (disks.root / "pod0001" / "run" / "usage-1.json").write_text(text)
    one.look(work)
    assert list(account.pods) == ["pod0002"]
    left = {path.name for path in folder(on, work).rglob("*") if path.is_file()}
    assert left == {"job.json", "dataset.json", "worker.rental.json"}


@pytest.mark.parametrize(
    "change", [{"attempt": 10**6}, {"step": 1 << 60}, {"attempt": 0}, {"at": "NaN"}]
)
def test_a_heartbeat_that_cannot_be_is_refused(
    change: dict[str, object], account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    sent(one, work, account)
    beat = {"job": work.id, "attempt": 1, "step": 4, "of": 20, "at": 5.0} | change
    disks.say("heartbeat.json", beat)
    assert one.look(work).phase is Phase.WAITING
    assert list(account.pods) == ["pod0002"]


def test_a_lost_pod_is_replaced_once(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    account.pods.clear()
    assert one.look(work).phase is Phase.WAITING
    assert list(account.pods) == ["pod0002"]
    account.pods["pod0002"]["desiredStatus"] = "EXITED"
    reason = "the pod is exited; it is the second pod that was lost"
    given_up(on, account, rents, work, reason)
    assert disks.pushed == []


def test_a_silent_worker_is_replaced_by_one_that_begins_anew(
    account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents(Patience(start=30.0, stale=2.0, poll=0.0))).submit(work)
    sent(one, work, account)
    beat = {"job": work.id, "attempt": 1, "step": 4, "of": 20, "at": 5.0}
    disks.say("heartbeat.json", beat)
    assert one.look(work).phase is Phase.RUNNING
    time.sleep(2.2)
    assert one.look(work).phase is Phase.WAITING
    assert list(account.pods) == ["pod0002"]
    sent(one, work, account)
    disks.train("pod0002")
    assert one.look(work).phase is Phase.DONE
    assert account.pods == {}


def test_a_pod_that_cannot_be_entered_is_lost(
    account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents(Patience(start=0.2, stale=0.2, poll=0.0))).submit(work)
    account.give_address()
    disks.away = True
    assert one.look(work).reason == "no route to host"
    time.sleep(0.3)
    one.look(work)
    assert list(account.pods) == ["pod0002"]


def test_why_a_worker_failed_is_told(account: Account, disks: Folders, rents: Rents) -> None:
    work = job(dollars=5.0, raise_at=2)
    (one := rents()).submit(work)
    sent(one, work, account)
    disks.train()
    failed = one.look(work)
    assert (failed.phase, failed.reason) == (Phase.FAILED, "ValueError: the loss is")
    assert account.pods == {}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("no json", "the worker's result.json"),
        ({"job": "other"}, "is of another job"),
        ({"files": ["job.json", CHECKPOINT]}, "cannot be named job.json"),
        ({"files": ["../../x", CHECKPOINT]}, "the worker's result.json: files.0.name"),
        ({"files": [CHECKPOINT]}, "1 of 1 files were refused"),
    ],
)
def test_a_forged_result_is_refused_and_nothing_of_it_kept(
    said: str | dict[str, object],
    reason: str,
    on: Drive,
    account: Account,
    disks: Folders,
    rents: Rents,
    work: Job,
) -> None:
    (one := rents()).submit(work)
    for pod in ("pod0001", "pod0002"):
        sent(one, work, account)
        if isinstance(said, dict):
            names = said.get("files", [CHECKPOINT])
            files = [{"name": name, "cid": work.dataset, "bytes": 4} for name in names]
            whose = work.dataset if said.get("job") else work.id
            disks.say("result.json", {"v": 1, "job": whose, "metrics": {}, "files": files}, pod)
        else:
            disks.say("result.json", said, pod)
        (disks.root / pod / "run" / CHECKPOINT).write_text("evil")
        if pod == "pod0001":
            assert one.look(work).phase is Phase.WAITING
    with pytest.raises(RunnerGivesUpError, match=reason):
        one.look(work)
    left = {path.name for path in folder(on, work).rglob("*") if path.is_file()}
    assert left == {"job.json", "dataset.json", "worker.rental.json"}
    assert account.pods == {}


def test_a_cancelled_job_costs_nothing_and_begins_anew(
    account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    one.cancel(work)
    assert account.pods == {}
    assert one.look(work) == State(Phase.ABSENT, None, "it was cancelled")
    one.cancel(work)
    one.submit(work)
    sent(one, work, account)
    disks.train("pod0002")
    assert one.look(work).phase is Phase.DONE


def test_a_pod_that_cannot_be_given_back_now_is_later(
    account: Account, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    account.trouble.extend(["500"] * 4)
    with pytest.raises(RunPodError):
        one.cancel(work)
    assert len(account.pods) == 1
    assert rents().look(work).phase is Phase.ABSENT
    assert account.pods == {}


def test_a_pod_is_not_asked_all_the_time(
    account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents(Patience(poll=30.0))).submit(work)
    account.give_address()
    for _ in range(5):
        one.look(work)
    assert disks.pushed == ["a.ndjson.zst"]


def test_secrets_are_in_no_file_on_the_drive(
    on: Drive, account: Account, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    one.look(work)
    for path in on.root.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes()
            assert b"PRIVATE KEY" not in path.read_bytes()
    assert len(account.created) == 1


@pytest.fixture
def entered(kernel: None, far: Login, tmp_path: Path) -> Iterator[Callable[[Account], int]]:
    """Start what the image starts, here instead of in a pod; the port where its sshd listens."""
    del kernel, far  # that there is an sshd, and rsync, is known from there
    (programs := tmp_path / "bin").mkdir()
    toy = " ".join(str(word) for word in COMMAND)
    (programs / "scf").write_text(f'#!/bin/sh\nenv > {tmp_path}/seen\nshift\nexec {toy} "$@"\n')
    (programs / "scf").chmod(0o755)
    started: list[Process] = []

    def enter(account: Account) -> int:
        port = free_port()
        given = account.created[0]["env"]
        assert isinstance(given, dict)
        env = {
            **given,
            "HOME": str(tmp_path / "home"),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SCF_BASE": str(tmp_path / "srv"),
            "SCF_PORT": str(port),
        }
        # a process space of its own: sshd, which goes its own way, ends with it
        alone = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SERVE)
        started.append(start([*alone, ENTRYPOINT], env=env, log=tmp_path / "log"))
        listening(port, started[0])
        return port

    yield enter
    for process in started:
        process.stop(grace=0)


def test_by_the_image_of_the_worker_over_ssh(
    entered: Callable[[Account], int],
    account: Account,
    rents: Rents,
    keys: PodKeys,
    work: Job,
    tmp_path: Path,
) -> None:
    """The pod proves itself by the host key that was made for it, and lets the user's key in."""

    def by_ssh(pod: Pod) -> Transport | None:
        if not pod.address or pod.ports is None:
            return None
        login = keys.login(pod.name, pod.address, pod.ports["2222"])
        return RsyncTransport(replace(login, user="root"), str(tmp_path / "srv"))

    (one := rents(connect=by_ssh)).submit(work)
    account.give_address(entered(account))
    deadline = time.monotonic() + 45
    while (state := one.look(work)).phase is not Phase.DONE:
        assert state.phase is not Phase.FAILED, state
        assert time.monotonic() < deadline, state
    assert account.pods == {}
    assert list(keys.folder.iterdir()) == []
    assert "PRIVATE KEY" not in (tmp_path / "seen").read_text()
    assert not (tmp_path / "home" / ".ssh" / "host_key").stat().st_mode & 0o077
