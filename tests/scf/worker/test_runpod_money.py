"""What rented machines may cost: by the hour, and by the job."""

import json

import pytest
from tests.scf.worker_rented import Rents, sent
from tests.scf.worker_runpod import Account

from scf.contracts.job import Job
from scf.worker.runner import Phase
from scf.worker.runpod import RunPodRunner
from scf.worker.runpod_api import RunPodError


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
    assert rental["cost"] == 0.74
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
