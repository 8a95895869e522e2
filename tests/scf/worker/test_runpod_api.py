"""RunPod's REST API: its published answers are read, its troubles are met, and nothing is rented twice."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.scf.worker_runpod import KEY, RECORDED, Account, problem, serving

from scf.worker.runner import RunnerError
from scf.worker.runpod_api import Pod, RunPodApi, RunPodError, UnclearError, one_pod

WANTED = one_pod("worker:1", gigabytes=20, ports=[2222], env={"A": "b"})
GPUS = ["NVIDIA GeForce RTX 4090", "NVIDIA A40"]


POD = {
    "id": "a",
    "name": "scf-b",
    "status": "RUNNING",
    "cost": 1,
    "createdAt": "2026-06-01T12:00:00Z",
}


@pytest.fixture
def account() -> Iterator[Account]:
    with serving() as one:
        yield one


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def api(account: Account, key: Path, pauses: list[float]) -> RunPodApi:
    return RunPodApi(key, endpoint=account.endpoint, timeout=1.0, pause=pauses.append)


def test_the_published_examples_are_read() -> None:
    (listed,) = json.loads((RECORDED / "pods.json").read_text())["pods"]
    pod = Pod.model_validate(listed)
    assert (pod.id, pod.status, pod.dollars_an_hour) == ("7h9k2m4n6p", "RUNNING", 0.44)
    assert (pod.place(22), pod.place(8888)) == (("195.26.233.3", 34446), None)
    assert pod.since(2e9) == datetime(2026, 6, 1, 12, 2, tzinfo=UTC).timestamp()
    starting = Pod.model_validate_json((RECORDED / "pod-starting.json").read_text())
    assert (starting.coming, starting.place(22)) == (True, None)
    assert starting.since(2e9) == datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp(), "when rented"
    assert starting.since(5.0) == 5.0


@pytest.mark.parametrize(
    "mapped",
    [
        {"private": 22, "public": None, "type": "tcp", "ip": "10.0.0.1"},
        {"private": 22, "public": 9, "type": "tcp", "ip": None},
        {"private": 22, "public": 9, "type": "http", "ip": "10.0.0.1"},
        {"private": 23, "public": 9, "type": "tcp", "ip": "10.0.0.1"},
        {},
    ],
    ids=str,
)
def test_a_port_that_leads_nowhere_is_no_place(mapped: dict[str, object]) -> None:
    listed = json.loads((RECORDED / "pod-starting.json").read_text())
    assert Pod.model_validate(listed | {"runtime": {"ports": [mapped]}}).place(22) is None
    assert Pod.model_validate(listed | {"runtime": None}).place(22) is None


def test_a_pod_is_rented_found_and_given_back(api: RunPodApi, account: Account) -> None:
    assert api.pods() == []
    pod = api.create("scf-one", WANTED, GPUS)
    assert api.create("scf-one", WANTED, GPUS) == pod
    assert api.pods("scf-one") == [pod]
    assert api.pods("scf-two") == []
    api.delete(pod.id)
    api.delete(pod.id)
    assert account.pods == {}
    assert len(account.created) == 1


@pytest.mark.parametrize("trouble", ["429", "500", "drop"])
def test_what_may_be_repeated_is(
    trouble: str, api: RunPodApi, account: Account, pauses: list[float]
) -> None:
    account.trouble.extend([trouble, trouble])
    assert api.pods() == []
    assert pauses == ([3.0, 3.0] if trouble == "429" else [0.5, 1.0])
    account.trouble.extend([trouble] * 9)
    with pytest.raises(RunPodError, match="cannot be reached"):
        api.pods()


@pytest.mark.parametrize("trouble", ["lost", "slow", "garbage"])
def test_a_pod_whose_renting_was_not_told_is_found(
    trouble: str, api: RunPodApi, account: Account
) -> None:
    account.trouble_creating.append(trouble)
    pod = api.create("scf-one", WANTED, GPUS)
    assert list(account.pods) == [pod.id]
    assert len(account.created) == 1


def test_a_pod_that_shows_late_is_waited_for(api: RunPodApi, account: Account) -> None:
    account.trouble_creating.append("lost")
    account.hides = 3
    assert api.create("scf-one", WANTED, GPUS).id == "pod0001"
    assert len(account.created) == 1


@pytest.mark.parametrize("trouble", ["500", "drop"])
def test_renting_is_not_repeated_when_nobody_says_what_became_of_it(
    trouble: str, api: RunPodApi, account: Account
) -> None:
    account.trouble_creating.append(trouble)
    with pytest.raises(UnclearError, match="did not say whether"):
        api.create("scf-one", WANTED, GPUS)
    assert account.asked.count("POST /v2/pods") == 1


def test_too_many_requests_rent_nothing_and_are_repeated(
    api: RunPodApi, account: Account, pauses: list[float]
) -> None:
    account.trouble_creating.extend(["429", "429"])
    api.create("scf-one", WANTED, GPUS)
    assert len(account.created) == 1
    assert pauses == [3.0, 3.0]
    account.trouble_creating.extend(["429"] * 9)
    with pytest.raises(RunPodError, match="too often"):
        api.create("scf-two", WANTED, GPUS)


def test_what_is_refused_is_told(api: RunPodApi, account: Account) -> None:
    with pytest.raises(RunPodError) as caught:
        api.create("scf-one", WANTED | {"nosuch": 1}, GPUS)
    assert caught.value.message == (
        "RunPod answered 422: Request validation failed. $: additional properties 'nosuch' not allowed"
    )
    assert account.asked.count("POST /v2/pods") == 1, "no other GPU would help"


def test_the_first_gpu_that_is_to_be_had_is_rented(api: RunPodApi, account: Account) -> None:
    account.none = {GPUS[0]}
    api.create("scf-one", WANTED, GPUS)
    assert [wanted["gpu"] for wanted in account.created] == [{"id": GPUS[1], "count": 1}]
    account.none = set(GPUS)
    with pytest.raises(RunPodError, match="no machine for scf-two: NVIDIA A40: 400: There are no"):
        api.create("scf-two", WANTED, GPUS)
    assert len(account.created) == 1


@pytest.mark.parametrize(("status", "asked"), [(403, 2), (402, 1), (401, 1), (404, 1)])
def test_what_another_gpu_does_not_mend_is_the_end(
    status: int, asked: int, api: RunPodApi, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "create", lambda *_: problem(status, "no"))
    with pytest.raises(RunPodError, match=f"{status}: no"):
        api.create("scf-one", WANTED, GPUS)
    assert account.asked.count("POST /v2/pods") == asked


def test_what_else_the_account_rents_is_not_read_but_what_is_ours_must_be(
    api: RunPodApi, account: Account
) -> None:
    account.pods["other"] = {"id": "../x", "name": "notebook", "status": 7}
    account.pods["nameless"] = {"id": "n", "name": None}
    assert api.pods() == []
    account.pods["ours"] = {"id": "../x", "name": "scf-one"}
    with pytest.raises(RunPodError, match="cannot be read"):
        api.pods()


def test_the_key_is_in_no_message(api: RunPodApi, key: Path) -> None:
    key.write_text("rpa_wrong")
    with pytest.raises(RunPodError, match="answered 401") as caught:
        api.pods()
    assert "rpa_wrong" not in caught.value.message
    key.chmod(0o644)
    with pytest.raises(RunnerError, match="others may read it"):
        api.pods()
    key.unlink()
    with pytest.raises(RunnerError, match="No such file"):
        api.pods()


@pytest.mark.parametrize(
    "endpoint", ["http://api.runpod.io/v2", "ftp://127.0.0.1", "rest.runpod.io", ""]
)
def test_the_key_never_goes_unencrypted_over_a_network(endpoint: str, key: Path) -> None:
    with pytest.raises(RunPodError, match="not an https address"):
        RunPodApi(key, endpoint=endpoint)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        {"pods": [7]},
        {"pods": [POD | {"id": "../x"}]},
        {"pods": [POD | {"cost": "free"}]},
        {"pods": [POD | {"status": None}]},
    ],
    ids=str,
)
def test_a_list_that_makes_no_sense_is_refused(
    said: object, api: RunPodApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "list", lambda *_: (200, said))
    with pytest.raises(RunPodError, match="cannot be read"):
        api.pods()


def test_no_id_is_a_path(api: RunPodApi, account: Account) -> None:
    with pytest.raises(RunPodError, match="no pod's id"):
        api.delete("../endpoints/x")
    assert account.asked == []


def test_version_1_is_not_spoken(key: Path) -> None:
    with pytest.raises(RunPodError, match="version 1 of the API") as caught:
        RunPodApi(key, endpoint="https://rest.runpod.io/v1/")
    assert caught.value.hint == "use https://api.runpod.io/v2"
