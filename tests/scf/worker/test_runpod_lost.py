"""Machines that are lost, silent or refuse: replaced once, and then the job is another runner's."""

import time

import pytest
from tests.scf.worker_rented import Folders, Inline, Rents, by_this_machine, given_up, sent
from tests.scf.worker_runpod import Account

from scf.contracts.job import Job
from scf.drive import Drive
from scf.worker.errors import RunnerGivesUpError
from scf.worker.runner import Phase, RunnerError
from scf.worker.runpod import Patience
from scf.worker.runpod_api import RunPodError


@pytest.mark.parametrize("status", ["EXITED", "ERROR"])
def test_a_lost_pod_is_replaced_once(
    status: str, on: Drive, account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents()).submit(work)
    account.pods.clear()
    assert one.look(work).phase is Phase.WAITING
    assert list(account.pods) == ["pod0002"]
    account.pods["pod0002"]["status"] = status
    reason = f"the pod is {status.lower()}; it is the second pod that was lost"
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
    account.run(2222)
    disks.away = True
    assert one.look(work).reason == "no route to host"
    time.sleep(0.3)
    one.look(work)
    assert list(account.pods) == ["pod0002"]


def test_so_is_one_that_this_machine_has_no_way_to(
    account: Account, rents: Rents, work: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RunnerError("the ssh key cannot be read")

    monkeypatch.setattr(Inline, "news", refuse)
    (one := rents(Patience(start=0.2, stale=0.2, poll=0.0))).submit(work)
    account.run(2222)
    assert one.look(work).reason == "the ssh key cannot be read"
    time.sleep(0.3)
    one.look(work)
    assert list(account.pods) == ["pod0002"]


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


def test_a_pod_that_does_not_come_is_replaced(account: Account, rents: Rents, work: Job) -> None:
    (one := rents(Patience(start=0.2, poll=0.0))).submit(work)
    assert one.look(work).reason == "the pod is provisioning"
    account.pods["pod0001"]["status"] = "STARTING"
    assert one.look(work).reason == "the pod is starting"
    time.sleep(0.3)
    one.look(work)
    assert list(account.pods) == ["pod0002"]
