"""The API over a real port: every route does what it says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Semaphore

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.emily.service.serving import Loop, Memory, answer, application, served

from emily.contracts.messages import Check, Stimulus
from emily.contracts.snapshot import Snapshot
from emily.contracts.topics import GENERATE, SENSE
from emily.nervous_system.node import Message
from emily.service.api import page
from emily.service.api.asking import AT_ONCE

HALF_CYCLE_MS = 62.5
"""Of the 8 Hz at which signals are gated."""


@pytest.fixture(scope="module")
def loop() -> Loop:
    return Loop()


@pytest.fixture(scope="module")
def memory(loop: Loop) -> Memory:
    return answer(loop)


@pytest.fixture(scope="module")
def client(
    loop: Loop, memory: Memory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    del memory  # it answers
    with served(application(loop, tmp_path_factory.mktemp("state"))) as client:
        yield client


@pytest.fixture(autouse=True)
def _up(loop: Loop) -> None:
    loop.bring_up()


def test_health_is_200_whatever_it_says(loop: Loop, client: httpx.Client) -> None:
    told = client.get("/health")
    assert (told.status_code, told.json()["status"]) == (200, "healthy")
    loop.beat("cognition", checks={"memory": {"ok": False, "detail": "disk full"}})
    told = client.get("/health")
    assert (told.status_code, told.json()["status"]) == (200, "degraded")
    assert told.json()["checks"]["memory"] == {"ok": False, "detail": "disk full"}


def test_health_answers_when_the_checks_fail(
    loop: Loop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> dict[str, Check]:
        raise RuntimeError

    monkeypatch.setattr(loop.view, "checks", fail)
    told = client.get("/health")
    assert (told.status_code, told.json()["status"]) == (200, "degraded")


def test_ready_names_what_is_missing(loop: Loop, client: httpx.Client) -> None:
    assert client.get("/ready").status_code == 200
    loop.tokens["nervous"]()
    told = client.get("/ready")
    assert told.status_code == 503
    assert told.json()["detail"] == "nervous: its liveliness token is not there"
    assert told.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("signals", "order"),
    [
        ([0.1, 0.5, 0.9], [2, 1, 0]),
        ([], []),
        ([1, 1, 1], [0, 1, 2]),
        ([-3, 2.5, 0], [0, 1, 2]),
        ([0.0] * 1024, list(range(1024))),
    ],
)
def test_attention_orders_by_firing_time(
    client: httpx.Client, signals: list[float], order: list[int]
) -> None:
    told = client.post("/api/v1/attention", json={"signals": signals})
    assert told.status_code == 200
    said = told.json()
    assert said["order"] == order
    assert said["gated"] == [signals[index] for index in order]
    assert all(a <= b for a, b in pairwise(said["t_ms"]))
    assert all(0 <= t_ms <= HALF_CYCLE_MS for t_ms in said["t_ms"])
    assert len(said["phases"]) == len(signals)
    assert 0 <= said["latency_ms"] < 1000


def test_hypotheses_come_from_cognition(client: httpx.Client) -> None:
    ask = {"query": "why", "num_samples": 7}
    first, again = (client.post("/api/v1/gflownet/generate", json=ask).json() for _ in range(2))
    assert len(first["hypotheses"]) == 7
    assert first == again
    other = client.post("/api/v1/gflownet/generate", json={"query": "what"}).json()
    assert len(other["hypotheses"]) == 100


def test_what_is_stored_is_recalled(client: httpx.Client, memory: Memory) -> None:
    episode = {"content": "a clap at noon", "affect": [0.5, 1, -1], "context": {"room": "lab"}}
    stored = client.post("/api/v1/memory", json=episode).json()
    assert stored["durable"] == "store"
    client.post("/api/v1/memory", json={"content": "something else"})
    hits = client.post("/api/v1/memory/recall", json={"text": "the clap", "k": 1}).json()["hits"]
    assert [hit["id"] for hit in hits] == [stored["id"]]
    assert hits[0]["affect"] == [0.5, 1, -1]
    assert memory.episodes[int(stored["id"])].context == {"room": "lab"}


@pytest.mark.parametrize(
    ("content", "status", "retry"), [("refuse me", 422, None), ("later", 503, "1")]
)
def test_a_refusal_is_told(
    client: httpx.Client, content: str, status: int, retry: str | None
) -> None:
    told = client.post("/api/v1/memory", json={"content": content})
    assert (told.status_code, told.headers.get("retry-after")) == (status, retry)


def test_a_stimulus_is_sensed(loop: Loop, client: httpx.Client) -> None:
    heard: list[Message[Stimulus]] = []
    cancel = loop.tier("instinct").subscribe(SENSE, heard.append)
    told = client.post("/api/v1/stimulus", json={"kind": "visual", "features": [0.25, -1]})
    client.post("/api/v1/stimulus", json={"kind": "visual"})
    cancel()
    assert told.status_code == 202
    assert heard[0].envelope.id == told.json()["id"]
    assert heard[0].key == "emily/v4/testhost/sense/visual/api"
    assert heard[0].body.features == (0.25, -1.0)
    assert heard[1].body.seq == heard[0].body.seq + 1
    assert heard[1].body.t0_ns > heard[0].body.t0_ns


def test_the_state_is_the_snapshot(loop: Loop, client: httpx.Client) -> None:
    told = Snapshot.model_validate_json(client.get("/api/v1/state").content)
    assert told.node == "testhost"
    assert told.tiers == loop.view.snapshot().tiers


def test_metrics_are_prometheus_text(client: httpx.Client) -> None:
    told = client.get("/metrics")
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(told.text)}
    assert {"allostatic_neurotransmitter_levels", "emily_tier_up"} <= names


def test_the_page_is_served_with_a_strict_policy(tmp_path: Path) -> None:
    files = {"index.html": "text/html; charset=utf-8", "main.js": "text/javascript; charset=utf-8"}
    for name in (*files, "notes.txt", ".hidden"):
        (tmp_path / name).write_text(f"<p>{name}", encoding="utf-8")
    app = application(Loop(), tmp_path)
    app.router.routes[:] = page.routes(tmp_path)
    with served(app) as client:
        for path, name in (("/", "index.html"), ("/main.js", "main.js")):
            told = client.get(path)
            assert told.text == f"<p>{name}"
            assert told.headers["content-type"] == files[name]
            policy = told.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert told.headers["x-content-type-options"] == "nosniff"
            assert told.headers["referrer-policy"] == "no-referrer"
            again = client.get(path, headers={"If-None-Match": told.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        for path in ("/notes.txt", "/.hidden", "/index.html", "/../settings.py", "/%2e%2e/x.js"):
            assert client.get(path).status_code == 404


def test_every_file_of_the_page_is_served(client: httpx.Client) -> None:
    for path in page.FOLDER.iterdir():
        told = client.get("/" if path.name == "index.html" else f"/{path.name}")
        assert told.content == path.read_bytes(), path.name


def test_without_cognition_the_api_says_so_in_time(tmp_path: Path) -> None:
    loop = Loop()
    with served(application(loop, tmp_path)) as client:
        for path, body in (
            ("/api/v1/gflownet/generate", {}),
            ("/api/v1/memory", {"content": "x"}),
            ("/api/v1/memory/recall", {"text": "x"}),
        ):
            told = client.post(path, json=body)
            assert told.status_code == 503
            assert told.headers["retry-after"] == "1"
            assert "nobody answers" in told.json()["detail"]
        assert client.post("/api/v1/attention", json={"signals": [1]}).status_code == 200


def test_many_questions_without_an_answer_leave_the_api_answering(tmp_path: Path) -> None:
    loop = Loop()
    heard = Semaphore(0)
    loop.bus.serve(GENERATE.key("testhost"), lambda _: heard.release())  # hears, and says nothing
    where = "/api/v1/gflownet/generate"
    with (
        served(application(loop, tmp_path, waits_s=5)) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        asked = [pool.submit(client.post, where, json={}) for _ in range(AT_ONCE)]
        assert all(heard.acquire(timeout=10) for _ in asked)
        one_more = client.post(where, json={})
        assert client.post("/api/v1/attention", json={"signals": [1]}).status_code == 200
        told = [each.result() for each in asked]
    assert (one_more.status_code, one_more.json()["detail"]) == (503, "too many questions are open")
    assert {each.status_code for each in told} == {503}
    assert {each.json()["detail"] for each in told} == {"nobody answers hypo/generate"}
