"""PostgreSQL is killed while the loop runs on it: episodes wait in the outbox, and none is lost."""

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emily.service.loop import Loop
from real_postgres import Postgres, postgres
from running_loop import get, post, running, wait_for, write_settings


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as one:
        yield one


@pytest.fixture
def loop(server: Postgres, tmp_path: Path) -> Iterator[Loop]:
    memory = f'[memory]\nbackend = "pgvector"\nhost = "{server.folder}"\ndatabase = "shared"\n'
    with running(write_settings(tmp_path, memory + 'user = "postgres"\n')) as one:
        yield one


def remember(loop: Loop, content: str) -> dict[str, object]:
    code, answer = post(loop, "api/v1/memory", {"content": content})
    assert code == 200, answer
    return answer


def recalled(loop: Loop, content: str) -> list[str]:
    _, answer = post(loop, "api/v1/memory/recall", {"text": content, "k": 50})
    hits = answer.get("hits", [])
    assert isinstance(hits, list)
    return [hit["content"] for hit in hits]


def metrics(loop: Loop) -> str:
    with urllib.request.urlopen(f"{loop.url}metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_postgres_is_killed(
    loop: Loop, server: Postgres, record_property: Callable[[str, object], None]
) -> None:
    assert remember(loop, "before the fall")["durable"] == "store"
    server.kill()
    during = [f"while it was down, {number}" for number in range(20)]
    assert {remember(loop, content)["durable"] for content in during} == {"outbox"}
    wait_for(lambda: get(loop, "health")["status"] == "degraded")
    wait_for(lambda: "emily_memory_pending 20.0" in metrics(loop))
    assert 'emily_check_ok{check="memory",tier="cognition"} 0.0' in metrics(loop)
    code, answer = post(loop, "api/v1/attention", {"signals": [0.2, 0.4]})
    assert (code, answer["gated"]) == (200, [0.4, 0.2])
    server.start()
    took_s = wait_for(lambda: get(loop, "health")["status"] == "healthy")
    record_property("recovered_ms", f"PostgreSQL killed: healthy after {took_s * 1e3:.0f} ms")
    assert remember(loop, "after the fall")["durable"] == "store"
    for content in ("before the fall", *during, "after the fall"):
        assert recalled(loop, content).count(content) == 1
