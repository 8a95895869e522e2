"""What a rented machine says and makes is believed as far as it can be checked."""

import json

import pytest
from tests.scf.worker_rented import CHECKPOINT, Folders, Rents, folder, sent
from tests.scf.worker_runpod import Account

from scf.cid import cid_of
from scf.contracts.job import FileRef, Job, Result, Usage
from scf.drive import Drive, Partition
from scf.worker.errors import RunnerGivesUpError
from scf.worker.far import FarWorker
from scf.worker.runner import Phase
from scf.worker.runs import Runs


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


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("no json", "the worker's result.json"),
        ({"job": "other"}, "is of another job"),
        ({"files": ["job.json", CHECKPOINT]}, "cannot be named job.json"),
        ({"files": ["usage-x.json", CHECKPOINT]}, "cannot be named usage-x.json"),
        ({"files": ["incoming", CHECKPOINT]}, "cannot be named incoming"),
        ({"bytes": 1 << 52}, "is larger than model_zoo may be"),
        ({"metrics": {"loss\n\x1b[2J": 1.0}}, "the worker's result.json: no figure's name: 'loss"),
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
            size, figures = said.get("bytes", 4), said.get("metrics", {})
            files = [{"name": name, "cid": work.dataset, "bytes": size} for name in names]
            whose = work.dataset if said.get("job") else work.id
            told = {"v": 1, "job": whose, "metrics": figures, "files": files}
            disks.say("result.json", told, pod)
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


def test_what_it_says_goes_to_no_terminal_as_it_is(
    account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    sent(one, work, account)
    note = {"job": work.id, "attempt": 1, "reason": "no\x1b[2J\u202eloss\nat all"}
    disks.say("failure-1.json", note)
    assert one.look(work).reason == "no[2Jlossat all"


def test_a_result_that_comes_again_and_again_needs_its_room_once(
    on: Drive, disks: Folders, work: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transfer that was cut off near its end, on a drive with room for the rest."""
    run = Runs(on).prepare(work)
    data = b"x" * 1000
    result = Result(
        job=work.id,
        metrics={},
        files=(FileRef(name=CHECKPOINT, cid=cid_of(data), bytes=len(data)),),
    )
    disk = disks.at("one")
    disk.put(CHECKPOINT, "run", data)
    (run.path / "incoming").mkdir()
    (run.path / "incoming" / CHECKPOINT).write_bytes(data[:900])
    again = Drive(on.root)
    room = again.used(Partition.MODEL_ZOO) + 500
    monkeypatch.setattr(again, "quota", lambda _: room)
    FarWorker(work, run, Runs(again), disk).take(result, again)
    assert (run.path / CHECKPOINT).read_bytes() == data
