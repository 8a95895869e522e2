"""A job on a rented machine: sent there, trained, taken from there, and the machine given back."""

import pytest
from tests.scf.worker_rented import Folders, Rents, folder, sent
from tests.scf.worker_runpod import Account
from tests.scf.worker_toy import job

from scf.contracts.job import Job, Result
from scf.drive import Drive
from scf.worker.runner import Phase, RunnerError, State
from scf.worker.runpod_api import RunPodError


def test_a_job_is_trained_in_a_pod_and_the_pod_given_back(
    on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    one = rents()
    assert one.look(work).phase is Phase.ABSENT
    one.submit(work)
    one.submit(work)
    assert one.look(work) == State(Phase.WAITING, None, "the pod is provisioning")
    account.run()
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


def test_why_a_worker_failed_is_told(account: Account, disks: Folders, rents: Rents) -> None:
    work = job(dollars=5.0, raise_at=2)
    (one := rents()).submit(work)
    sent(one, work, account)
    disks.train()
    failed = one.look(work)
    assert (failed.phase, failed.reason) == (Phase.FAILED, "ValueError: the loss is")
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
