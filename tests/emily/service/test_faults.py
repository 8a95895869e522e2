"""What breaks while the whole loop runs: it goes on, says so, loses nothing, and mends itself."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emily.service.loop import Loop
from running_loop import get, post, running, wait_for, write_settings

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    with running(write_settings(tmp_path_factory.mktemp("loop"))) as one:
        yield one


@pytest.fixture
def loop(shared: Loop) -> Loop:
    """A loop that is healthy, whatever the tests before did to it."""
    wait_for(lambda: shared.health().get("status") == "healthy")
    return shared


def status(loop: Loop) -> str:
    return str(get(loop, "health")["status"])


def failing(loop: Loop) -> set[str]:
    checks = get(loop, "health")["checks"]
    assert isinstance(checks, dict)
    return {name for name, check in checks.items() if not check["ok"]}


def remember(loop: Loop, content: str) -> tuple[int, dict[str, object]]:
    return post(loop, "api/v1/memory", {"content": content})


def recalled(loop: Loop, content: str) -> bool:
    code, answer = post(loop, "api/v1/memory/recall", {"text": content, "k": 10})
    hits = answer.get("hits", [])
    assert isinstance(hits, list)
    return code == 200 and content in [hit["content"] for hit in hits]


def metrics(loop: Loop) -> str:
    with urllib.request.urlopen(f"{loop.url}metrics", timeout=10) as answer:
        return str(answer.read().decode())


def restarted(loop: Loop, tier: str) -> float:
    """How often the metrics say that a tier was started again."""
    text = metrics(loop)
    named = f'emily_tier_restarts_total{{tier="{tier}"}} '
    return sum(float(line.removeprefix(named)) for line in text.splitlines() if named in line)


def test_the_router_is_killed(loop: Loop, record_property: Record) -> None:
    os.kill(loop.supervisor.pids()["router"], signal.SIGKILL)
    wait_for(lambda: status(loop) == "degraded")
    took_s = wait_for(lambda: status(loop) == "healthy")
    record_property("recovered_ms", f"router killed: healthy after {took_s * 1e3:.0f} ms")
    code, answer = remember(loop, "after the router came back")
    assert (code, answer["durable"]) == (200, "store")


@pytest.mark.parametrize("tier", ["instinct", "nervous", "metabolism", "cognition", "api"])
def test_a_process_is_killed(loop: Loop, tier: str, record_property: Record) -> None:
    before, restarts = loop.supervisor.pids(), restarted(loop, tier)
    os.kill(before[tier], signal.SIGKILL)
    took_s = wait_for(
        lambda: (
            loop.supervisor.pids().get(tier) not in {None, before[tier]}
            and loop.health().get("status") == "healthy"
        )
    )
    record_property("recovered_ms", f"{tier} killed: healthy after {took_s * 1e3:.0f} ms")
    after = loop.supervisor.pids()
    assert {name for name in after if after[name] != before[name]} == {tier}
    if tier != "api":  # whose metrics begin anew
        wait_for(lambda: restarted(loop, tier) == restarts + 1)


def test_a_tier_hangs(loop: Loop, record_property: Record) -> None:
    before = loop.supervisor.pids()["cognition"]
    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: status(loop) == "degraded")
    assert any("cognition" in name for name in failing(loop))
    code, answer = post(loop, "api/v1/attention", {"signals": [0.1, 0.5, 0.9]})
    assert (code, answer["gated"]) == (200, [0.9, 0.5, 0.1])
    code, _ = post(loop, "api/v1/gflownet/generate", {"query": "test", "num_samples": 10})
    assert code == 503
    took_s = wait_for(lambda: status(loop) == "healthy")
    record_property("recovered_ms", f"tier hung: healthy after {took_s * 1e3:.0f} ms")
    assert loop.supervisor.pids()["cognition"] != before


def test_the_settings_are_broken_while_it_runs(tmp_path: Path) -> None:
    config = write_settings(tmp_path)
    with running(config) as loop:
        config.write_text("nonsense")
        before = loop.supervisor.pids()["nervous"]
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: loop.supervisor.pids().get("nervous") not in {None, before})
        wait_for(lambda: status(loop) == "healthy")


def test_cognition_is_killed_while_it_writes(loop: Loop, record_property: Record) -> None:
    acknowledged: list[str] = []
    killer = threading.Timer(0.2, os.kill, (loop.supervisor.pids()["cognition"], signal.SIGKILL))
    killer.start()
    refused = 0
    while len(acknowledged) < 60 or not refused:
        content = f"episode {len(acknowledged):03} {refused}"
        code, answer = remember(loop, content)
        if code == 200:
            acknowledged.append(content)
        else:
            assert code == 503, answer
            refused += 1
            time.sleep(0.02)
        assert len(acknowledged) < 5000
    took_s = wait_for(lambda: status(loop) == "healthy")
    record_property("recovered_ms", f"killed while writing: healthy after {took_s * 1e3:.0f} ms")
    assert [content for content in acknowledged if not recalled(loop, content)] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB, mounted."""
    folder = tmp_path / "state"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_disk_is_full(small_disk: Path, tmp_path: Path, record_property: Record) -> None:
    with running(write_settings(tmp_path)) as loop:
        assert remember(loop, "before")[0] == 200
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        refused = ""
        for number in range(2000):
            code, answer = remember(loop, f"{number} " + "x" * 9000)
            if code != 200:
                assert code == 503, answer
                refused = str(answer)
                break
        assert refused
        wait_for(lambda: status(loop) == "degraded")
        assert 'emily_check_ok{check="disk",tier="cognition"} 0.0' in metrics(loop)
        assert post(loop, "api/v1/attention", {"signals": [1.0]})[0] == 200
        filler.unlink()
        took_s = wait_for(lambda: remember(loop, "after")[0] == 200)
        wait_for(lambda: status(loop) == "healthy")
        record_property("recovered_ms", f"disk full: stores again after {took_s * 1e3:.0f} ms")
        assert recalled(loop, "before")
        assert recalled(loop, "after")


def test_the_supervisor_is_killed(tmp_path: Path) -> None:
    """Nothing stays behind that would hold the addresses of the next loop."""
    config = write_settings(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "emily", "up", "--config", str(config)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any("healthy after" in line for line in process.stderr)
    children = subprocess.run(
        ["pgrep", "-P", str(process.pid)], check=True, capture_output=True, text=True
    ).stdout.split()
    assert len(children) == 6
    process.kill()
    process.communicate()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    with running(config):
        pass
