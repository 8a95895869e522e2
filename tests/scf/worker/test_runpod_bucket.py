"""Pods that are reached by a bucket of S3: what the image starts there does the job, and nothing enters it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from tests.scf.training_ebdm_data import dataset
from tests.scf.worker_rented import OFTEN, Rents, folder, until
from tests.scf.worker_runpod import Account
from tests.scf.worker_toy import COMMAND, job
from tests.scf.worker_toy import dataset as toy_dataset

from scf.contracts.job import Budget, Job, Result, Usage
from scf.drive import Drive
from scf.training.revision import code_revision
from scf.worker.bucket import BucketAccess
from scf.worker.errors import RunnerGivesUpError
from scf.worker.local import LocalRunner
from scf.worker.runner import Phase, RunnerError
from scf.worker.runpod import RunPodRunner
from scf.worker.runpod_api import Pod
from scf.worker.s3 import S3Transport
from sovereign.run import Process, start

from .conftest import Bucket

ROOT = Path(__file__).parents[3]
IMAGE = ROOT / "py/scf/worker/image"
SECRET = "secret-of-s3"
REAL = (sys.executable, "-P", "-m", "scf", "worker")


@pytest.fixture
def access(bucket: Bucket, tmp_path: Path) -> BucketAccess:
    prefix = f"scf/{tmp_path.name.lower().replace('_', '-')}"
    keys = bucket.credentials
    return BucketAccess(bucket.name, prefix, keys, keys, bucket.endpoint)


Begin = Callable[..., Path]


@pytest.fixture
def pod(account: Account, tmp_path: Path) -> Iterator[Begin]:
    """Start what the image starts, with the newest pod's environment; its worker is `command`. Its log."""
    started: list[Process] = []

    def begin(command: tuple[str | Path, ...] = COMMAND) -> Path:
        number = len(account.created)
        (home := tmp_path / f"pod{number}").mkdir()
        (programs := home / "bin").mkdir()
        words = " ".join(str(word) for word in command)
        (programs / "scf").write_text(f'#!/bin/sh\nenv >{home}/seen\nshift\nexec {words} "$@"\n')
        (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        for program in programs.iterdir():
            program.chmod(0o755)
        given = account.created[-1]["env"]
        assert isinstance(given, dict)
        env = {
            **given,
            "HOME": str(home),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RUNPOD_POD_ID": f"pod{number:04d}",
            "SCF_BASE": str(home / "srv"),
            "OMP_NUM_THREADS": "1",
        }
        started.append(start([IMAGE / "entrypoint"], env=env, log=home / "log"))
        account.run()
        return home

    yield begin
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.stop(grace=0)


def done(one: RunPodRunner, work: Job) -> Result:
    until(lambda: one.look(work).phase is Phase.DONE, seconds=90)
    return Result.read(one.fetch(work) / "result.json")


def test_a_job_is_trained_by_way_of_a_bucket(
    access: BucketAccess, pod: Begin, account: Account, on: Drive, rents: Rents, work: Job
) -> None:
    (one := rents(OFTEN, access)).submit(work)
    assert account.created[0]["ports"] == []
    home = pod()
    result = done(one, work)
    assert result.metrics == {"loss": 20 / 7, "links": 20.0}
    assert (folder(on, work) / "curve.json").read_text() == "[1,2]"
    assert Usage.read(folder(on, work) / "usage-1.json").source == "estimate"
    assert account.pods == {}
    child = work.model_copy(update={"generation": 2, "parent": result.checkpoint.cid})
    one.submit(child)
    pod()
    assert done(one, child).job == child.id
    for place in (on.root, home / "log", home / "seen"):
        for path in [place, *place.rglob("*")]:
            assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path
    assert (home / "credentials").stat().st_mode & 0o077 == 0


def test_the_real_worker_comes_to_the_result_of_this_machine(
    access: BucketAccess, pod: Begin, on: Drive, rents: Rents, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    points = np.random.default_rng(1).normal(size=(600, 2))
    shards = on.root / "fossil_vault" / "shards"
    data = dataset(shards, points, shards=2)
    on.write(on.root / "fossil_vault" / "datasets" / f"{data.id}.json", data.canonical())
    small = {"steps": 40, "width": 16, "features": 8, "batch": 64, "reference": 64, "samples": 50}
    real = Job(
        model="points",
        recipe="ebdm",
        generation=1,
        dataset=data.id,
        config=small,
        seed=3,
        code=code_revision(),
        budget=Budget(seconds=300.0, dollars=5.0),
    )
    here = Drive.make(tmp_path / "here")
    shutil.copytree(on.root / "fossil_vault", here.root / "fossil_vault", dirs_exist_ok=True)
    (one := rents(OFTEN, access, code=real.code)).submit(real)
    pod(REAL)
    far = done(one, real)
    (local := LocalRunner(here, code=real.code)).submit(real)
    until(lambda: local.look(real).phase is Phase.DONE, seconds=90)
    assert far.canonical() == (folder(here, real) / "result.json").read_bytes()


def test_why_a_worker_failed_comes_by_the_bucket(
    access: BucketAccess, pod: Begin, account: Account, rents: Rents
) -> None:
    work = job(dollars=5.0, raise_at=2)
    (one := rents(OFTEN, access)).submit(work)
    pod()
    until(lambda: one.look(work).phase is Phase.FAILED)
    assert one.look(work).reason == "ValueError: the loss is"
    assert account.pods == {}


def test_a_pod_refuses_what_is_not_what_its_job_names(
    access: BucketAccess, pod: Begin, account: Account, rents: Rents, work: Job
) -> None:
    """Somebody else writes into the bucket."""
    (one := rents(OFTEN, access)).submit(work)
    account.run()
    (rented,) = [Pod.model_validate(each) for each in account.pods.values()]
    files = access.way(rented).open()
    until(lambda: files.peek("job.json", "run"), lambda: one.look(work).phase)
    S3Transport(
        access.bucket, access.prefix, credentials=access.credentials, endpoint=access.endpoint
    ).put(toy_dataset().shards[0].cid, "objects", b"evil")
    pod()
    with pytest.raises(RunnerGivesUpError, match="refused it: 1 of 1 files were refused"):
        until(lambda: one.look(work).phase is Phase.DONE)


def test_a_bucket_that_does_not_answer_is_no_end_but_no_pod_waits_for_ever(
    access: BucketAccess, account: Account, rents: Rents, work: Job
) -> None:
    away = BucketAccess(
        "fossils", "x", access.credentials, access.credentials, "http://127.0.0.1:9"
    )
    (one := rents(OFTEN, away)).submit(work)
    account.run()
    until(lambda: one.look(work).reason.startswith("S3: "))
    assert one.look(work).phase is Phase.WAITING
    one.cancel(work)


def test_the_secret_is_in_no_argument(
    access: BucketAccess, account: Account, rents: Rents, work: Job
) -> None:
    (one := rents(OFTEN, access)).submit(work)
    account.run()
    one.look(work)
    lines = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert "scf.worker.carry" in lines
    assert SECRET not in lines
    one.cancel(work)


def test_keys_that_cannot_be_read_rent_nothing(
    access: BucketAccess, account: Account, rents: Rents, work: Job, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("[default]\n")
    (tmp_path / "empty").chmod(0o600)
    wrong = BucketAccess("fossils", "x", access.credentials, tmp_path / "empty")
    with pytest.raises(RunnerError, match=r"expected \[default\] with aws_access_key_id"):
        rents(OFTEN, wrong).submit(work)
    assert account.created == []


def test_without_what_carries_files_to_a_bucket_nothing_is_rented(
    access: BucketAccess,
    account: Account,
    rents: Rents,
    work: Job,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scf.worker.bucket.find_spec", lambda _: None)
    with pytest.raises(RunnerError, match="pyarrow, which is not installed"):
        rents(OFTEN, access).submit(work)
    assert account.created == []


def test_the_image_has_the_pyarrow_that_is_tested() -> None:
    def of(path: Path) -> list[str]:
        lines = path.read_text().splitlines()
        first = next(k for k, line in enumerate(lines) if line.startswith("pyarrow=="))
        hashes = takewhile(lambda line: line.startswith(" "), lines[first + 1 :])
        return [lines[first], *hashes]

    assert of(IMAGE / "bucket.txt") == of(ROOT / "requirements" / "test.txt")
