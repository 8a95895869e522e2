"""One attempt at a job: what is refused, what is left behind, and that a kill changes nothing."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from tests.scf import worker_toy
from tests.scf.worker_toy import COMMAND, SHARD, dataset, job

from scf.cid import cid_of
from scf.contracts.job import Failure, Heartbeat, Job, Result, Usage
from scf.energy.reading import MeterError, Reading
from scf.errors import ContractError, RefusedError, ScfError
from scf.training.task import RECIPES, Beat, Outcome, Task
from scf.worker.errors import BusyError, EndedError, HaltedError, WorkerError
from scf.worker.lock import forbidden, holder, locked
from scf.worker.work import work


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, worker_toy.NAME, "")  # taken out again in the end
    worker_toy.use()


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    (folder := tmp_path / "shards").mkdir()
    (folder / "a.ndjson.zst").write_bytes(SHARD)
    return folder


Folder = Callable[[Job], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def make(one: Job) -> Path:
        (path := tmp_path / one.id).mkdir()
        (path / "job.json").write_bytes(one.canonical())
        (path / "dataset.json").write_bytes(dataset().canonical())
        return path

    return make


@pytest.fixture(name="trains")
def _trains(monkeypatch: pytest.MonkeyPatch, _toy: None) -> Callable[..., None]:
    def set_to(train: Callable[[Task, Beat], Outcome]) -> None:
        monkeypatch.setattr(sys.modules["toy_recipe"], "train", train)

    return set_to


def test_a_result_is_canonical_and_names_what_was_made(folder: Folder, shards: Path) -> None:
    path = folder(job())
    result = work(path, shards)
    assert (path / "result.json").read_bytes() == result.canonical()
    assert [file.name for file in result.files] == ["checkpoint.safetensors", "curve.json"]
    assert result.checkpoint.cid == cid_of((path / "checkpoint.safetensors").read_bytes())
    assert result.metrics == {"loss": 20 / 7, "links": 20.0}
    assert list(path.glob("resume.*")) == []


def test_a_job_that_is_done_is_not_done_again(
    folder: Folder, shards: Path, trains: Callable[..., None]
) -> None:
    path = folder(job())
    result = work(path, shards)

    def never(_task: Task, _beat: Beat) -> Outcome:
        raise AssertionError("trained again")

    trains(never)
    shutil.rmtree(shards)
    assert work(path, shards) == result
    assert not (path / "usage-2.json").exists()


def test_input_that_is_not_what_the_job_names_is_refused(folder: Folder, shards: Path) -> None:
    flipped = bytearray(SHARD)
    flipped[77] ^= 1
    cases: list[tuple[bytes | None, str]] = [
        (bytes(flipped), r"a\.ndjson\.zst is not bafk"),
        (SHARD[:-1], r"a\.ndjson\.zst has \d+ bytes, not \d+"),
        (None, r"a\.ndjson\.zst is missing"),
    ]
    path = folder(job())
    for attempt, (content, reason) in enumerate(cases, 1):
        (shards / "a.ndjson.zst").unlink()
        if content is not None:
            (shards / "a.ndjson.zst").write_bytes(content)
        else:
            (shards / "b").touch()
        with pytest.raises(RefusedError, match=reason):
            work(path, shards)
        refusal = Failure.read(path / f"refused-{attempt}.json")
        assert re.match(reason, refusal.reason)
        (shards / "a.ndjson.zst").touch()
    assert not (path / "result.json").exists()


def test_another_dataset_is_refused(folder: Folder, shards: Path) -> None:
    path = folder(job())
    other = json.loads(dataset().canonical())
    other["shards"][0]["name"] = "b.ndjson.zst"
    (path / "dataset.json").write_text(json.dumps(other))
    with pytest.raises(RefusedError, match=r"dataset\.json is bafk.*; the job names bafk"):
        work(path, shards)
    (path / "dataset.json").write_text('{"v": 1, "shards": [], "more": 1}')
    with pytest.raises(ContractError, match=r"dataset\.json: shards"):
        work(path, shards)
    (path / "dataset.json").unlink()
    with pytest.raises(RefusedError, match="is missing"):
        work(path, shards)


def test_a_parent_is_given_and_is_the_one(folder: Folder, shards: Path, tmp_path: Path) -> None:
    (checkpoint := tmp_path / "parent").write_bytes(b"weights")
    right = job().model_copy(update={"parent": cid_of(b"weights")})
    path = folder(right)
    with pytest.raises(RefusedError, match="was not given"):
        work(path, shards)
    for wrong in (b"weightz", b"", b"longer weights"):
        checkpoint.write_bytes(wrong)
        with pytest.raises(RefusedError, match=r"parent is not bafk"):
            work(path, shards, parent=checkpoint)
    checkpoint.write_bytes(b"weights")
    assert work(path, shards, parent=checkpoint).job == right.id


def test_other_code_does_not_train(folder: Folder, shards: Path) -> None:
    path = folder(job())
    with pytest.raises(RefusedError, match="asks for the code revision-1; here is two"):
        work(path, shards, code="two")
    assert "here is two" in Failure.read(path / "refused-1.json").reason
    assert work(path, shards, code="revision-1").job == job().id


@pytest.mark.parametrize(
    ("text", "reason"), [("", "JSON"), ("[]", "object"), ('{"v": 1}', "model: Field required")]
)
def test_a_job_that_cannot_be_read_is_told(
    text: str, reason: str, folder: Folder, shards: Path
) -> None:
    path = folder(job())
    (path / "job.json").write_text(text)
    with pytest.raises(ContractError, match=reason):
        work(path, shards)
    (path / "job.json").unlink()
    with pytest.raises(WorkerError, match=r"there is no job\.json"):
        work(path, shards)


@pytest.mark.parametrize(
    ("metrics", "files", "reason"),
    [
        ({"loss": float("nan")}, ("checkpoint.safetensors",), r"metrics\.loss: .*finite"),
        ({}, (), "the outcome's files"),
        ({}, ("checkpoint.safetensors", "checkpoint.safetensors"), "the outcome's files"),
        ({}, ("checkpoint.safetensors", "job.json"), r"cannot be named job\.json"),
        ({}, ("checkpoint.safetensors", "resume.safetensors"), r"cannot be named resume"),
        ({}, ("checkpoint.safetensors", "absent"), "absent"),
    ],
)
def test_an_outcome_that_is_none_fails_the_job(
    metrics: dict[str, float],
    files: tuple[str, ...],
    reason: str,
    folder: Folder,
    shards: Path,
    trains: Callable[..., None],
) -> None:
    def train(task: Task, _beat: Beat) -> Outcome:
        (task.out / "checkpoint.safetensors").write_bytes(b"weights")
        return Outcome(metrics, files)

    trains(train)
    path = folder(job())
    with pytest.raises(ScfError, match=reason):
        work(path, shards)
    assert re.search(reason, Failure.read(path / "failure-1.json").reason)
    assert not (path / "result.json").exists()


def test_what_a_recipe_raises_is_a_reason_without_a_traceback(folder: Folder, shards: Path) -> None:
    path = folder(job(raise_at=2))
    with pytest.raises(WorkerError, match="the recipe toy failed: ValueError: the loss is"):
        work(path, shards)
    assert Failure.read(path / "failure-1.json").reason == "ValueError: the loss is"


def test_no_recipe_of_that_name(folder: Folder, shards: Path) -> None:
    path = folder(job().model_copy(update={"recipe": "alchemy"}))
    with pytest.raises(ScfError, match="no recipe 'alchemy'"):
        work(path, shards)
    assert "no recipe 'alchemy'" in Failure.read(path / "failure-1.json").reason


def test_a_full_disk_leaves_no_failure_and_the_work_goes_on_later(
    folder: Folder, shards: Path
) -> None:
    path = folder(job(full_at=7, attempts=1))
    with pytest.raises(HaltedError, match="No space left") as caught:
        work(path, shards)
    assert caught.value.exit_code == 130
    assert list(path.glob("failure-*")) == []
    assert "No space left" in Failure.read(path / "stopped-1.json").reason
    assert work(path, shards).metrics["links"] == 20


def test_it_ends_at_the_next_step_when_asked(folder: Folder, shards: Path) -> None:
    path, beats = folder(job()), iter(range(99))
    with pytest.raises(EndedError, match="stopped after step") as caught:
        work(path, shards, stopped=lambda: next(beats) > 8)
    assert caught.value.exit_code == 130
    assert json.loads((path / "resume.json").read_text())[0] > 0
    assert work(path, shards).metrics["links"] == 20
    assert sorted(each.name for each in path.glob("usage-*")) == ["usage-1.json", "usage-2.json"]


def ended_by(lock: Path, path: Path, shards: Path) -> str:
    with pytest.raises(EndedError, match="EMERGENCY_LOCK exists") as caught:
        work(path, shards, lock=lock)
    assert caught.value.exit_code == 130
    assert not (path / "result.json").exists()
    note = max(path.glob("stopped-*"))
    return Failure.read(note).reason


def test_nothing_begins_while_the_emergency_lock_exists(
    folder: Folder, shards: Path, tmp_path: Path, trains: Callable[..., None]
) -> None:
    def never(_task: Task, _beat: Beat) -> Outcome:
        raise AssertionError("it began")

    trains(never)
    (lock := tmp_path / "EMERGENCY_LOCK").symlink_to(tmp_path / "nowhere")
    assert "step 0 of 0" in ended_by(lock, folder(job()), shards)


def test_a_lock_that_cannot_be_looked_for_counts_as_one(tmp_path: Path) -> None:
    (file := tmp_path / "file").touch()
    assert forbidden(None) == forbidden(tmp_path / "LOCK") == ""
    for hidden in (tmp_path / "unmounted" / "LOCK", file / "LOCK"):
        assert forbidden(hidden) == "LOCK cannot be looked for"


@pytest.mark.parametrize("when", [7, 20])
def test_the_emergency_lock_ends_it_at_the_next_step_and_before_the_result(
    when: int, folder: Folder, shards: Path, tmp_path: Path, trains: Callable[..., None]
) -> None:
    lock = tmp_path / "EMERGENCY_LOCK"

    def train(task: Task, beat: Beat) -> Outcome:
        def locking(step: int, of: int) -> None:
            beat(step, of)
            if step == when:
                lock.touch()

        return worker_toy.train(task, locking)

    trains(train)
    path = folder(job())
    assert f"after step {min(when + 1, 20)} of 20" in ended_by(lock, path, shards)
    assert json.loads((path / "resume.json").read_text())[0] == when
    lock.unlink()
    trains(worker_toy.train)
    assert work(path, shards, lock=lock).metrics["links"] == 20


def test_the_budget_is_of_all_attempts(folder: Folder, shards: Path) -> None:
    one = job(10.0)
    path = folder(one)
    for attempt in (1, 2):
        usage = Usage(job=one.id, attempt=attempt, seconds=5.5, joules=1.0, source="estimate")
        (path / f"usage-{attempt}.json").write_bytes(usage.canonical())
    with pytest.raises(WorkerError, match=r"over budget: 11\.0 s in 3 attempts, and 10 s"):
        work(path, shards)


def test_heartbeats_come_once_a_second_by_the_wall_clock(
    folder: Folder, shards: Path, trains: Callable[..., None]
) -> None:
    seen: list[bytes] = []

    def train(task: Task, beat: Beat) -> Outcome:
        for step in range(1, 141):
            time.sleep(0.01)
            beat(step, 140)
            seen.append((task.out / "heartbeat.json").read_bytes())
        (task.out / "checkpoint.safetensors").write_bytes(b"")
        return Outcome({}, ("checkpoint.safetensors",))

    trains(train)
    begun = time.time()
    path = folder(job())
    work(path, shards)
    beats = [Heartbeat.parse(text, source="beat") for text in dict.fromkeys(seen)]
    assert 2 <= len(beats) <= 3
    assert all(begun <= beat.at <= time.time() and beat.attempt == 1 for beat in beats)
    assert all(later.at - sooner.at > 0.99 for sooner, later in pairwise(beats))


class Counter:
    """A meter that counts a joule each time it is read, and may break."""

    def __init__(self, breaks: bool = False) -> None:
        self.joules = 0.0
        self.breaks = breaks

    def read(self) -> Reading:
        self.joules += 1.0
        if self.breaks and self.joules > 1:
            raise MeterError("stands still")
        return Reading(self.joules, "rapl")


@pytest.mark.parametrize(
    ("meter", "joules", "source"),
    [(Counter(), 2.0, "rapl"), (Counter(breaks=True), 0.0, "estimate")],
)
def test_what_it_took_is_kept_apart_from_the_result(
    meter: Counter, joules: float, source: str, folder: Folder, shards: Path
) -> None:
    path = folder(job())
    work(path, shards, meter=meter)
    usage = Usage.read(path / "usage-1.json")
    assert (usage.job, usage.joules, usage.source) == (job().id, joules, source)
    assert 0 < usage.seconds < 60
    assert "seconds" not in (path / "result.json").read_text()


def test_two_never_write_at_once(folder: Folder, shards: Path) -> None:
    path = folder(job(pause=0.2, steps=500))
    argv = (*COMMAND, "--job", path, "--shards", shards)
    worker = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while holder(path) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert holder(path) == worker.pid
        with pytest.raises(BusyError, match="another worker is at work"):
            work(path, shards)
        second = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        assert (second.returncode, second.stdout) == (1, "")
        assert "another worker is at work there" in second.stderr
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 130
    finally:
        worker.kill()
        worker.wait()
    assert holder(path) is None
    with locked(path):
        assert holder(path) is None, "one's own lock is none of another's"


def test_a_kill_at_any_moment_changes_nothing(folder: Folder, shards: Path, tmp_path: Path) -> None:
    """Twenty kills at random moments; then the same bytes as those of a run that nobody disturbed."""
    one = job(pause=0.02, steps=120)
    quiet = folder(one)
    work(quiet, shards)
    path = tmp_path / "killed"
    path.mkdir()
    for name in ("job.json", "dataset.json"):
        shutil.copy(quiet / name, path / name)
    moments = random.Random(11)
    argv = (*COMMAND, "--job", path, "--shards", shards)
    for _ in range(20):
        worker = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.25, 0.7))
        worker.kill()
        worker.wait()
    (path / ".emily-0123456789abcdef.part").write_bytes(b"torn")
    work(path, shards)
    for name in ("result.json", "checkpoint.safetensors", "curve.json"):
        assert (path / name).read_bytes() == (quiet / name).read_bytes()
    names = {each.name for each in path.iterdir() if not each.name.startswith("usage-")}
    assert names - {"worker.lock", "heartbeat.json"} == {
        *("job.json", "dataset.json", "result.json", "checkpoint.safetensors", "curve.json"),
        "worker.made.json",
    }
    assert Result.read(path / "result.json").job == one.id
    assert len(list(path.glob("usage-*.json"))) > 3, "too few were killed while they worked"
