"""The OpenAPI document is complete and true: schemathesis, which asks by it, finds nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from tests.emily.service.serving import Loop, answer, application, secret

pytest.importorskip("schemathesis")

from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.openapi import from_asgi

HERE = "http://127.0.0.1"


def made(**api: object) -> FastAPI:
    loop = Loop(clock=lambda: 0.0)
    loop.bring_up()
    answer(loop)
    return application(loop, Path("unused"), **api)


APP = made()
schema = from_asgi(
    "/openapi.json",
    APP,
    headers={"Host": "127.0.0.1"},
    config=SchemathesisConfig.from_dict({"max-stream-events": 1}),
)


@schema.parametrize()
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_api_does_what_its_document_says(case: Case) -> None:
    case.call_and_validate(base_url=HERE)


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, object]]]:
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_every_route_is_described() -> None:
    assert {(method, path) for path, method, _ in operations(APP)} == {
        ("get", "/health"),
        ("get", "/ready"),
        ("get", "/metrics"),
        ("get", "/api/v1/state"),
        ("get", "/api/v1/events"),
        ("post", "/api/v1/attention"),
        ("post", "/api/v1/gflownet/generate"),
        ("post", "/api/v1/memory"),
        ("post", "/api/v1/memory/recall"),
        ("post", "/api/v1/stimulus"),
    }


def test_the_page_tells_every_route() -> None:
    page = (Path(__file__).parents[3] / "docs" / "emily" / "api.md").read_text("utf-8")
    told = set(re.findall(r"^\| `(GET|POST) (/[^`]+)`", page, re.MULTILINE))
    assert told == {(method.upper(), path) for path, method, _ in operations(APP)}


def test_every_error_is_a_problem() -> None:
    problem = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
    }
    for path, method, operation in operations(APP):
        responses = operation["responses"]
        assert isinstance(responses, dict)
        errors = {code: said["content"] for code, said in responses.items() if int(code) >= 400}
        assert all(content == problem for content in errors.values()), path
        assert {"413", "422"} <= set(errors) or method == "get", path


def test_with_a_token_the_document_says_who_needs_it(tmp_path: Path) -> None:
    app = made(token_file=secret(tmp_path / "token"))
    open_paths = {path for path, _, operation in operations(app) if "security" not in operation}
    assert open_paths == {"/health", "/ready"}
    for path, _, operation in operations(app):
        assert ("401" in str(operation["responses"])) == (path not in open_paths)
    assert app.openapi()["components"]["securitySchemes"] == {
        "token": {"type": "http", "scheme": "bearer"}
    }
