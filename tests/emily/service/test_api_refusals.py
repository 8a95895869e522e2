"""Bad input to the API: a Problem that says what is wrong, never a traceback, never a guess."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from tests.emily.service.serving import Loop, answer, application, secret, served

from emily.service.settings import SettingsError

JSON = "application/json"
ATTENTION = "/api/v1/attention"
POSTS = [
    ATTENTION,
    "/api/v1/gflownet/generate",
    "/api/v1/memory",
    "/api/v1/memory/recall",
    "/api/v1/stimulus",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    loop = Loop()
    loop.bring_up()
    answer(loop)
    with served(application(loop, tmp_path_factory.mktemp("state"))) as client:
        yield client


def assert_problem(told: httpx.Response, status: int) -> None:
    assert told.status_code == status, told.text
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["status"] == status
    assert told.json()["detail"]
    assert "Traceback" not in told.text


MALFORMED = {
    "empty": b"",
    "no json": b"{",
    "NaN": b'{"signals": [NaN]}',
    "Infinity": b'{"signals": [-Infinity]}',
    "beyond a double": b'{"signals": [1e999]}',
    "invalid UTF-8": b'{"signals": ["\xff"]}',
    "a lone surrogate": b'{"signals": [], "\\ud800": 1}',
    "nested deeply": b"[" * 100_000,
    "objects nested deeply": b'{"signals":' * 20_000,
    "a number of 100,000 digits": b'{"signals": [' + b"9" * 100_000 + b"]}",
    "a list": b"[]",
    "null": b"null",
    "text": b'"signals"',
    "two documents": b"{} {}",
    "UTF-16": '{"signals": []}'.encode("utf-16"),
}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_is_422(client: httpx.Client, path: str, name: str) -> None:
    told = client.post(path, content=MALFORMED[name], headers={"Content-Type": JSON})
    assert_problem(told, 422)


WRONG = [
    (ATTENTION, {}),
    (ATTENTION, {"signals": None}),
    (ATTENTION, {"signals": 1}),
    (ATTENTION, {"signals": "12"}),
    (ATTENTION, {"signals": ["1"]}),
    (ATTENTION, {"signals": [True]}),
    (ATTENTION, {"signals": [[1]]}),
    (ATTENTION, {"signals": [1.0] * 1025}),
    (ATTENTION, {"signals": [1] * 100_000}),
    (ATTENTION, {"signals": ["x"] * 50_000}),
    (ATTENTION, {"signals": [1], "more": 1}),
    (ATTENTION, {str(number): 1 for number in range(20_000)}),
    (ATTENTION, {"signals": [[1] * 100] * 100}),
    ("/api/v1/gflownet/generate", {"num_samples": 0}),
    ("/api/v1/gflownet/generate", {"num_samples": 1001}),
    ("/api/v1/gflownet/generate", {"num_samples": "5"}),
    ("/api/v1/gflownet/generate", {"num_samples": True}),
    ("/api/v1/gflownet/generate", {"query": "x" * 10_001}),
    ("/api/v1/gflownet/generate", {"query": 5}),
    ("/api/v1/memory", {}),
    ("/api/v1/memory", {"content": ""}),
    ("/api/v1/memory", {"content": "x" * 100_000}),
    ("/api/v1/memory", {"content": "x", "affect": [0, 0]}),
    ("/api/v1/memory", {"content": "x", "affect": [0, 0, 1.5]}),
    ("/api/v1/memory", {"content": "x", "context": {"a": 1}}),
    ("/api/v1/memory", {"content": "x", "context": {str(n): "" for n in range(65)}}),
    ("/api/v1/memory/recall", {"text": ""}),
    ("/api/v1/memory/recall", {"text": "x", "k": 0}),
    ("/api/v1/memory/recall", {"text": "x", "k": 101}),
    ("/api/v1/memory/recall", {"text": "x", "k": 1.5}),
    ("/api/v1/stimulus", {}),
    ("/api/v1/stimulus", {"kind": ""}),
    ("/api/v1/stimulus", {"kind": "a/b"}),
    ("/api/v1/stimulus", {"kind": "*"}),
    ("/api/v1/stimulus", {"kind": "x" * 65}),
    ("/api/v1/stimulus", {"kind": "visual", "features": [1] * 1025}),
    ("/api/v1/stimulus", {"kind": "visual", "t0_ns": 1}),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_a_wrong_value_is_422_and_is_not_repeated(
    client: httpx.Client, path: str, body: dict[str, object]
) -> None:
    told = client.post(path, json=body)
    assert_problem(told, 422)
    pointers = [fault["pointer"] for fault in told.json()["errors"]]
    assert all(pointer.startswith("/body") for pointer in pointers)
    assert pointers or "more than 1200 values" in told.json()["detail"]
    assert len(told.content) < 8_000


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x", None])
def test_another_content_type_is_422(client: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert_problem(client.post(ATTENTION, content=b'{"signals": [1]}', headers=headers), 422)


@pytest.mark.parametrize("path", [*POSTS, "/nothing/here"])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("size", [256 * 1024 + 1, 3_000_000])
def test_an_oversize_body_is_413(
    client: httpx.Client, path: str, streamed: bool, size: int
) -> None:
    def pieces() -> Iterator[bytes]:
        for start in range(0, size, 8192):
            yield b" " * min(8192, size - start)

    body = pieces() if streamed else b" " * size
    assert_problem(client.post(path, content=body, headers={"Content-Type": JSON}), 413)


def test_the_largest_body_that_is_allowed_is_read(client: httpx.Client) -> None:
    body = b'{"signals": [1]' + b" " * (256 * 1024 - 16) + b"}"
    told = client.post(ATTENTION, content=body, headers={"Content-Type": JSON})
    assert (len(body), told.status_code) == (256 * 1024, 200)
    assert_problem(client.post(ATTENTION, content=body + b" ", headers={"Content-Type": JSON}), 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no", 404),
        ("GET", "/health/", 404),
        ("PUT", "/health", 405),
        ("GET", ATTENTION, 405),
    ],
)
def test_the_framework_refuses_in_the_same_form(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    told = client.request(method, path)
    assert_problem(told, status)
    assert status == 404 or told.headers["allow"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "[::2]", "localhost:x"]
)
def test_a_foreign_host_header_is_refused_on_loopback(client: httpx.Client, host: str) -> None:
    for path in ("/health", "/", "/api/v1/state"):
        assert_problem(client.get(path, headers={"Host": host}), 421)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8600", "127.0.0.1:1", "[::1]:8600", "[::1]"]
)
def test_the_names_of_loopback_are_accepted(client: httpx.Client, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_an_unknown_error_is_logged_and_not_told(tmp_path: Path) -> None:
    loop = Loop()
    app = application(loop, tmp_path)

    async def fail() -> None:
        raise RuntimeError("the inner secret")

    app.add_api_route("/fail", fail)
    with capture_logs() as logged, served(app) as client:
        told = client.get("/fail")
        assert client.get("/health").status_code == 200
    assert_problem(told, 500)
    assert "inner secret" not in told.text
    assert [(line["event"], line["path"]) for line in logged] == [("request failed", "/fail")]


TOKEN = "s3cret-of-the-test"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("guarded")
    path = secret(folder / "token", f"{TOKEN}\n")
    with served(application(Loop(), folder, token_file=path)) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/api/v1/state", "/api/v1/events", "/metrics", "/openapi.json", "/x"]
)
@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"],
)
def test_without_the_token_nothing_is_answered(
    guarded: httpx.Client, path: str, given: str | None
) -> None:
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    told = guarded.get(path, headers=headers)
    assert_problem(told, 401)
    assert told.headers["www-authenticate"] == "Bearer"


def test_with_the_token_all_is_answered(guarded: httpx.Client) -> None:
    headers = {"Authorization": f"bearer {TOKEN}"}
    assert guarded.get("/api/v1/state", headers=headers).status_code == 200
    assert guarded.post(ATTENTION, json={"signals": [1]}, headers=headers).status_code == 200
    assert_problem(guarded.post(ATTENTION, json={"signals": [1]}), 401)


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/ready", 503), ("/", 200)])
def test_health_readiness_and_the_page_need_no_token(
    guarded: httpx.Client, path: str, status: int
) -> None:
    assert guarded.get(path).status_code == status


def test_beyond_loopback_any_host_header_is_accepted_with_the_token(tmp_path: Path) -> None:
    path = secret(tmp_path / "token", f"{TOKEN}\n")
    app = application(Loop(), tmp_path, host="0.0.0.0", token_file=path)
    with served(app) as client:
        headers = {"Host": "cloudlab:8600", "Authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/v1/state", headers=headers).status_code == 200
        assert client.get("/api/v1/state", headers={"Host": "cloudlab"}).status_code == 401


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = secret(tmp_path / "token", mode=0o644)
    with pytest.raises(SettingsError, match="others can reach the secret"):
        application(Loop(), tmp_path, token_file=path)


def test_errors_are_json_even_of_the_strangest_keys(client: httpx.Client) -> None:
    body = json.dumps({"signals": [], "\u2028\u0000" + "k" * 1000: 1})
    told = client.post(ATTENTION, content=body, headers={"Content-Type": JSON})
    assert_problem(told, 422)
    assert len(told.json()["errors"][0]["pointer"]) < 220
