"""One pod a job, whatever is lost, killed or refused on the way."""

import pytest
from tests.scf.worker_rented import Folders, Rents, folder
from tests.scf.worker_runpod import KEY, Account
from tests.scf.worker_toy import job

from scf.contracts.job import Job
from scf.drive import Drive
from scf.worker.runner import RunnerError
from scf.worker.runpod import Patience, name_of
from scf.worker.runpod_api import RunPodError


def test_what_is_rented_is_what_was_offered(account: Account, rents: Rents, work: Job) -> None:
    rents().submit(work)
    (wanted,) = account.created
    env = wanted.pop("env")
    assert wanted == {
        "name": name_of(work),
        "image": "worker:1",
        "cloud": "SECURE",
        "gpu": {"id": "NVIDIA H100 80GB HBM3", "count": 1},
        "disk": 22,
        "ports": ["2222/tcp"],
    }
    assert env["PUBLIC_KEY"].startswith("ssh-ed25519 ")
    assert env["SCF_HOST_KEY"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


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


def test_neither_a_pod_nor_runpod_is_asked_all_the_time(
    account: Account, disks: Folders, rents: Rents, work: Job
) -> None:
    (one := rents(Patience(poll=30.0))).submit(work)
    account.run(2222)
    one.look(work)
    asked = len(account.asked)
    for _ in range(5):
        one.look(work)
    assert disks.pushed == ["a.ndjson.zst"]
    assert len(account.asked) == asked


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
