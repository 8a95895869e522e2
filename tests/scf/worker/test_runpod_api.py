"""RunPod's REST API: its published answers are read, its troubles are met, and nothing is rented twice."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scf.worker_runpod import KEY, RECORDED, Account, serving

from scf.worker.runner import RunnerError
from scf.worker.runpod_api import Pod, RunPodApi, RunPodError, UnclearError

WANTED = {"imageName": "worker:1", "gpuTypeIds": ["NVIDIA H100 80GB HBM3"], "env": {}, "ports": []}


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


def test_the_published_example_is_read() -> None:
    pod = Pod.model_validate_json((RECORDED / "pod.json").read_text())
    assert (pod.id, pod.status, pod.dollars_an_hour) == ("xedezhzb9la3ye", "RUNNING", 0.74)
    assert (pod.address, pod.ports) == ("100.65.0.119", {"22": 10341})
    assert pod.since(2e9) == 1720811680.144
    starting = Pod.model_validate_json((RECORDED / "pod-starting.json").read_text())
    assert (starting.address, starting.ports) == (None, None)


def test_a_pod_is_rented_found_and_given_back(api: RunPodApi, account: Account) -> None:
    assert api.pods() == []
    pod = api.create("scf-one", WANTED)
    assert api.create("scf-one", WANTED) == pod
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
    pod = api.create("scf-one", WANTED)
    assert list(account.pods) == [pod.id]
    assert len(account.created) == 1


def test_a_pod_that_shows_late_is_waited_for(api: RunPodApi, account: Account) -> None:
    account.trouble_creating.append("lost")
    account.hides = 3
    assert api.create("scf-one", WANTED).id == "pod0001"
    assert len(account.created) == 1


@pytest.mark.parametrize("trouble", ["500", "drop"])
def test_renting_is_not_repeated_when_nobody_says_what_became_of_it(
    trouble: str, api: RunPodApi, account: Account
) -> None:
    account.trouble_creating.append(trouble)
    with pytest.raises(UnclearError, match="did not say whether"):
        api.create("scf-one", WANTED)
    assert account.asked.count("POST /v1/pods") == 1


def test_too_many_requests_rent_nothing_and_are_repeated(
    api: RunPodApi, account: Account, pauses: list[float]
) -> None:
    account.trouble_creating.extend(["429", "429"])
    api.create("scf-one", WANTED)
    assert len(account.created) == 1
    assert pauses == [3.0, 3.0]
    account.trouble_creating.extend(["429"] * 9)
    with pytest.raises(RunPodError, match="too often"):
        api.create("scf-two", WANTED)


def test_what_is_refused_is_told(api: RunPodApi) -> None:
    with pytest.raises(RunPodError, match=r"answered 400: .*unknown fields"):
        api.create("scf-one", WANTED | {"nosuch": 1})


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
    "endpoint", ["http://rest.runpod.io/v1", "ftp://127.0.0.1", "rest.runpod.io", ""]
)
def test_the_key_never_goes_unencrypted_over_a_network(endpoint: str, key: Path) -> None:
    with pytest.raises(RunPodError, match="not an https address"):
        RunPodApi(key, endpoint=endpoint)


@pytest.mark.parametrize(
    "said", [{}, [{"id": "../x", "costPerHr": 1}], [{"id": "a", "costPerHr": "free"}], [7]]
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


def test_the_fields_of_a_request_are_published_ones() -> None:
    fields = json.loads((RECORDED / "create-fields.json").read_text())["fields"]
    assert set(WANTED) | {"name"} < set(fields)
