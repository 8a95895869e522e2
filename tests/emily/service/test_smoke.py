"""The founding document's smoke tests, against the API on a real port."""

from collections.abc import Iterator

import httpx
import pytest
from tests.emily.service.serving import Loop, answer, application, served


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    loop = Loop()
    loop.bring_up()
    answer(loop)
    with served(application(loop, tmp_path_factory.mktemp("state"))) as client:
        yield str(client.base_url)


def test_api_health(base_url: str) -> None:
    response = httpx.get(f"{base_url}/health", timeout=5)
    assert response.status_code == 200
    assert response.json()["status"] == "healthy"


def test_alpha_attention_latency(base_url: str) -> None:
    response = httpx.post(
        f"{base_url}/api/v1/attention", json={"signals": [0.1, 0.5, 0.9]}, timeout=1
    )
    assert response.status_code == 200
    assert response.json()["latency_ms"] < 50


def test_gflownet_diversity(base_url: str) -> None:
    response = httpx.post(
        f"{base_url}/api/v1/gflownet/generate",
        json={"query": "test query", "num_samples": 100},
        timeout=10,
    )
    assert response.status_code == 200
    hypotheses = response.json()["hypotheses"]
    assert len({tuple(cells) for cells in hypotheses}) > 90
