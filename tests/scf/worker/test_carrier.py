"""What carries files beside the daemon: one process a job, whose news outlive it, and which is missed when it dies."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.scf.worker_rented import Entered, Folders, Rents, until
from tests.scf.worker_runpod import Account
from tests.scf.worker_toy import job

from scf.contracts.job import Failure, Job
from scf.drive import Drive
from scf.errors import DriveError
from scf.worker import carry
from scf.worker.carrier import Carriers
from scf.worker.folder import RunFolder
from scf.worker.news import NEWS, News
from scf.worker.rsync import Login
from scf.worker.runpod import Patience
from scf.worker.runpod_api import Pod
from scf.worker.runs import Runs
from scf.worker.way import ByBucket, Way, written

from .conftest import Bucket, free_port

WAY = ByBucket("fossils", "x", "pods/one", Path("/nowhere"))


def pod(name: str = "one") -> Pod:
    said = {"id": name, "name": "n", "status": "RUNNING", "cost": 1, "createdAt": ""}
    return Pod.model_validate(said)


@pytest.fixture
def run(on: Drive, work: Job) -> RunFolder:
    return Runs(on).prepare(work)


Carry = Callable[..., Carriers]


@pytest.fixture
def carriers(on: Drive) -> Carry:
    def make(script: str, way: Callable[[Pod], Way | None] = lambda _: WAY) -> Carriers:
        return Carriers(on, way, command=("/bin/sh", "-c", script))

    return make


def test_one_that_died_is_told_and_another_started(
    carriers: Carry, run: RunFolder, work: Job
) -> None:
    one = carriers(f"echo begun >>{run.path}/begun; exit 7")
    assert one.news(work, run, pod()) == News(job=work.id, pod="one")
    begun = run.path / "begun"
    until(lambda: one.news(work, run, pod()).trouble == "what carries the files ended: 7")
    until(lambda: begun.read_text().count("begun") > 1, lambda: one.news(work, run, pod()).trouble)
    assert one.news(work, run, pod()).trouble, "until there is other news"
    one.end(work)


def test_one_that_the_drive_ended_is_the_drives_trouble(
    carriers: Carry, run: RunFolder, work: Job
) -> None:
    one = carriers("exit 130")

    def ask() -> bool:
        one.news(work, run, pod())
        return False

    with pytest.raises(DriveError, match="full or gone"):
        until(ask)


def test_without_a_way_nothing_is_started_and_one_that_goes_on_is_kept(
    carriers: Carry, run: RunFolder, work: Job
) -> None:
    ways: list[Way | None] = [None]
    one = carriers(f"echo begun >>{run.path}/begun; exec sleep 60", lambda _: ways[0])
    assert one.news(work, run, pod()).trouble == "the pod has no address yet"
    assert not (run.path / "begun").exists()
    ways[0] = WAY
    one.news(work, run, pod())
    until((run.path / "begun").exists)
    ways[0] = None
    assert one.news(work, run, pod()).trouble == ""
    ways[0] = replace(WAY, at="pods/two")  # it is found elsewhere now
    one.news(work, run, pod())
    until(lambda: (run.path / "begun").read_text().count("begun") == 2)
    one.end(work)
    one.end(work)


def test_news_is_believed_of_its_own_pod_whoever_brought_it(
    carriers: Carry, run: RunFolder, work: Job
) -> None:
    failed = News(job=work.id, pod="one", failure=Failure(job=work.id, attempt=1, reason="no"))
    run.write(NEWS, failed)
    one = carriers(f"echo begun >>{run.path}/begun; exec sleep 60")
    assert one.news(work, run, pod()) == failed
    assert not (run.path / "begun").exists(), "there is nothing more to hear"
    assert one.news(work, run, pod("two")) == News(job=work.id, pod="two")
    until((run.path / "begun").exists)
    one.end(work)


def test_a_worker_is_heard_at_every_poll_and_no_more_often(
    on: Drive, run: RunFolder, disks: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(carry, "time", SimpleNamespace(sleep=sleep))
    way = SimpleNamespace(open=lambda: disks.at("one"))
    with pytest.raises(KeyboardInterrupt):
        carry.carry(on, run, "one", way, 7.0)
    assert pauses == [7.0] * 3
    assert disks.pushed == ["a.ndjson.zst", "dataset.json", "job.json"], "and that without a pause"


def test_a_drive_that_is_gone_ends_the_program(
    on: Drive, run: RunFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["--drive", on.root, "--run", run.path, "--pod", "one", "--way", written(WAY)]
    words += ["--for", os.getppid()]
    monkeypatch.setattr("sys.argv", ["carry", *map(str, words), "--poll", "1"])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    shutil.rmtree(on.root / "model_zoo")
    assert carry.main() == 130
    assert "is no drive of SCF's" in capfd.readouterr().err


def test_one_whose_daemon_died_before_it_began_carries_nothing(
    on: Drive, run: RunFolder, bucket: Bucket
) -> None:
    """Two would write to the same files: the kernel ends with the daemon only what has begun."""
    way = ByBucket(bucket.name, "x", "pods/one", bucket.credentials, bucket.endpoint)
    argv = [sys.executable, "-P", "-m", "scf.worker.carry", "--drive", on.root, "--run", run.path]
    argv += ["--pod", "one", "--way", written(way), "--poll", "0.1", "--for", "999999999"]
    subprocess.run(list(map(str, argv)), check=True, timeout=30)
    assert not (run.path / NEWS).exists()


def test_a_pod_that_cannot_be_entered_is_lost(
    far: Login, account: Account, rents: Rents, tmp_path: Path
) -> None:
    work = job(dollars=5.0)
    nobody = Entered(replace(far, port=free_port()), tmp_path)
    (one := rents(Patience(start=2.0, poll=0.05), nobody)).submit(work)
    account.run(2222)
    reasons = set[str]()

    def look() -> None:
        reasons.add(one.look(work).reason)

    until(lambda: "pod0002" in account.pods, look)
    assert [reason for reason in reasons if "Connection refused" in reason]
    one.cancel(work)
