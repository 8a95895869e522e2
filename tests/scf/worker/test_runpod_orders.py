"""Files on their way to a pod keep nobody waiting: orders count at once, and a kill leaves nothing behind."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.scf.worker_rented import OFTEN, Entered, Rents, until
from tests.scf.worker_runpod import Account

from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.job import Job
from scf.daemon.control import Command, give
from scf.daemon.gears import Gear
from scf.daemon.loop import Did
from scf.daemon.serve import serve
from scf.drive import Drive
from scf.worker.rsync import Login
from scf.worker.runner import Phase
from scf.worker.runpod import Patience
from scf.worker.way import ByRsync, written
from scf_world import daemon, home, ingest

SHARD = os.urandom(12 << 20)
RENTER = Path(__file__).parents[1] / "worker_renter.py"


@pytest.fixture
def slow(tmp_path: Path, far: Login, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An rsync of 4 MiB a second, which says its process's id, and what it sent; the folder of both."""
    del far
    (folder := tmp_path / "bin").mkdir()
    (folder / "rsync").write_text(
        f'#!/bin/sh\ncase "$*" in *shards*) echo $$ > {folder}/id;; esac\n'
        f"exec {shutil.which('rsync')} --bwlimit=4m --log-file={folder}/log --log-file-format='sent %f %b' \"$@\"\n"
    )
    (folder / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def large(on: Drive, work: Job) -> Job:
    """A job with a shard that takes a while."""
    ref = {"cid": cid_of(SHARD), "records": 64, "bytes": len(SHARD), "raw_bytes": len(SHARD)}
    dataset = Dataset(shards=(ShardRef(name="large.ndjson.zst", **ref),))
    vault = on.root / "fossil_vault"
    on.write(vault / "shards" / "large.ndjson.zst", SHARD)
    on.write(vault / "datasets" / f"{dataset.id}.json", dataset.canonical())
    return work.model_copy(update={"dataset": dataset.id})


@pytest.fixture
def there(tmp_path: Path) -> Path:
    (folder := tmp_path / "there").mkdir()
    return folder


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def transferring(slow: Path) -> bool:
    """Whether the rsync that was started last for a shard is alive."""
    number = (slow / "id").read_text().strip() if (slow / "id").exists() else ""
    try:
        return bool(number) and "Z" not in Path(f"/proc/{number}/stat").read_text().split(")")[1]
    except FileNotFoundError:
        return False


def sent(slow: Path) -> int:
    return int(re.findall(r"sent \S*large\S* (\d+)", (slow / "log").read_text())[-1])


def finish(work: Job, run: Path) -> None:
    """What a worker leaves there."""
    (run / "checkpoint.safetensors").write_bytes(SHARD)
    file = {"name": "checkpoint.safetensors", "cid": cid_of(SHARD), "bytes": len(SHARD)}
    said = {"v": 1, "job": work.id, "metrics": {}, "files": [file]}
    (run / "result.json").write_text(json.dumps(said))


def stays(path: Path) -> int:
    """The size of a file that does not grow any more, and is not whole."""
    time.sleep(0.5)
    before = size(path)
    time.sleep(0.5)
    assert size(path) == before < len(SHARD)
    return before


def test_nobody_waits_for_a_file_and_a_cancelled_job_ends_it(
    slow: Path, far: Login, there: Path, account: Account, rents: Rents, large: Job
) -> None:
    (one := rents(OFTEN, Entered(far, there))).submit(large)
    account.run(2222)
    arrives, longest = there / "shards" / "large.ndjson.zst", 0.0

    def look() -> None:
        nonlocal longest
        begun = time.monotonic()
        assert one.look(large).phase is Phase.WAITING
        longest = max(longest, time.monotonic() - begun)

    until(lambda: size(arrives) > len(SHARD) // 8, look)
    begun = time.monotonic()
    one.cancel(large)
    assert time.monotonic() - begun < Gear.ACCELERATED.period_s
    assert longest < Gear.ACCELERATED.period_s
    assert not transferring(slow)
    assert account.pods == {}
    before = stays(arrives)
    one.submit(large)  # another pod, with the same disk: the file goes on where it was
    account.run(2222)
    until((there / "run" / "job.json").exists, look)
    assert arrives.read_bytes() == SHARD
    assert sent(slow) < len(SHARD) - before + (2 << 20)
    one.cancel(large)


@pytest.mark.usefixtures("slow")
def test_a_result_on_its_way_back_keeps_nobody_waiting(
    far: Login, there: Path, account: Account, on: Drive, rents: Rents, work: Job
) -> None:
    (one := rents(OFTEN, Entered(far, there))).submit(work)
    account.run(2222)
    run = there / "run"
    until((run / "job.json").exists, lambda: one.look(work).phase)
    finish(work, run)
    here = on.root / "model_zoo" / "runs" / work.id
    coming, longest = here / "incoming" / "checkpoint.safetensors", 0.0
    while size(coming) < len(SHARD) // 8:
        begun = time.monotonic()
        assert one.look(work).phase is Phase.WAITING
        longest = max(longest, time.monotonic() - begun)
        time.sleep(0.02)
    assert longest < Gear.ACCELERATED.period_s
    begun = time.monotonic()
    one.cancel(work)
    assert time.monotonic() - begun < Gear.ACCELERATED.period_s
    stays(coming)
    one.submit(work)
    account.run(2222)
    until(lambda: one.look(work).phase is Phase.DONE)
    assert (one.fetch(work) / "checkpoint.safetensors").read_bytes() == SHARD


@pytest.mark.usefixtures("slow")
def test_a_result_that_takes_long_to_come_is_no_silence(
    far: Login, there: Path, account: Account, rents: Rents, work: Job
) -> None:
    (one := rents(Patience(stale=3.0, poll=0.05), Entered(far, there))).submit(work)
    account.run(2222)
    until((there / "run" / "job.json").exists, lambda: one.look(work))
    beat = {"job": work.id, "attempt": 1, "step": 20, "of": 20, "at": 5.0}
    (there / "run" / "heartbeat.json").write_text(json.dumps(beat))
    until(lambda: one.look(work).phase is Phase.RUNNING)
    finish(work, there / "run")
    until(lambda: one.look(work).phase is Phase.DONE)
    assert len(account.created) == 1, "the last heartbeat is old, but the result is on its way"


@pytest.fixture
def renter(
    far: Login, there: Path, account: Account, on: Drive, rents: Rents, large: Job, tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a process that rents for the large job, and sends it."""
    del rents  # which wrote the account's key
    (tmp_path / "job.json").write_bytes(large.canonical())
    way = written(ByRsync(far, str(there)))
    words = (on.root, tmp_path / "job.json", account.endpoint, tmp_path / "account", way)
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        root = RENTER.parents[2]
        env = {**os.environ, "PYTHONPATH": f"{root}:{root / 'tests'}"}
        started.append(subprocess.Popen([sys.executable, RENTER, *map(str, words)], env=env))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_a_kill_leaves_no_transfer_behind_and_the_next_start_goes_on(
    renter: Callable[[], subprocess.Popen[bytes]],
    slow: Path,
    there: Path,
    account: Account,
    on: Drive,
    large: Job,
) -> None:
    arrives, run = there / "shards" / "large.ndjson.zst", there / "run"
    coming = on.root / "model_zoo" / "runs" / large.id / "incoming" / "checkpoint.safetensors"
    first = renter()
    until(lambda: account.pods)
    account.run(2222)
    until(lambda: size(arrives) > len(SHARD) // 4)
    assert transferring(slow)
    first.kill()
    until(lambda: not transferring(slow))
    before = stays(arrives)
    second = renter()
    until((run / "job.json").exists)
    assert arrives.read_bytes() == SHARD
    assert sent(slow) < len(SHARD) - before + (2 << 20)
    finish(large, run)
    until(lambda: size(coming) > len(SHARD) // 4)
    second.kill()
    stays(coming)
    assert renter().wait(60) == 0
    assert (coming.parents[1] / coming.name).read_bytes() == SHARD
    assert len(account.created) == 1
    assert account.pods == {}


@pytest.fixture
def hung(tmp_path: Path, far: Login, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An rsync that never ends with a shard."""
    del far
    (folder := tmp_path / "bin").mkdir()
    (folder / "rsync").write_text(
        f'#!/bin/sh\ncase "$*" in *shards*) echo $$ > {folder}/id; exec sleep 600;; esac\n'
        f'exec {shutil.which("rsync")} "$@"\n'
    )
    (folder / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.mark.parametrize("order", ["lock", "pause", "stop"])
def test_the_daemon_obeys_within_a_period_while_a_file_is_on_its_way(
    order: str, hung: Path, far: Login, there: Path, account: Account, rents: Rents, tmp_path: Path
) -> None:
    place = home(tmp_path / "daemon", gear="ACCELERATED")
    text = place.settings_file.read_text().replace("60.0 }", "60.0, dollars = 5.0 }")
    place.settings_file.write_text(text)
    ingest(place, range(10))
    one = rents(OFTEN, Entered(far, there), on=Drive.open(place.settings().drive))
    served, _ = daemon(place, one, code="revision-1")
    expected = {"lock": Did.LOCKED, "pause": Did.PAUSED, "stop": Did.STOPPED}[order]
    seen: list[tuple[float, Did]] = []
    given: list[float] = []
    on_its_way: list[bool] = []
    stop = threading.Event()

    def person() -> None:
        with suppress(AssertionError):  # seen has not what it ought to have, then
            until(lambda: account.pods)
            account.run(2222)
            until(lambda: transferring(hung))
            given.append(time.monotonic())
            if order == "lock":
                place.lock.touch()
            else:
                give(place.control, Command(order.upper()))
            until(lambda: seen[-1][1] is expected)
            on_its_way.append(transferring(hung))
        stop.set()

    (thread := threading.Thread(target=person)).start()
    serve(served, stop, seen=lambda did: seen.append((time.monotonic(), did)))
    thread.join()
    assert seen[-1][1] is expected
    obeyed = next(at for at, did in seen if did is expected)
    assert obeyed - given[0] < 1.5 * Gear.ACCELERATED.period_s  # and what a cycle itself takes
    assert on_its_way == [order != "lock"]
    intent = served.journal.open_intent()
    assert intent is not None
    one.cancel(intent.job)
    assert not transferring(hung)
