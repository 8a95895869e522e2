"""The whole loop as real processes, for tests and benchmarks: settings, requests, waiting."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from emily.service.loop import Loop
from emily.service.settings import load


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def zone_where_it_is_noon() -> str:
    """A time zone in which it is about noon: at night Emily sleeps, and heeds little."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # POSIX counts hours behind Greenwich


def write_settings(folder: Path, extra: str = "") -> Path:
    """Write settings for a loop of its own: free ports, its own state, quiet logs, at daytime."""
    path = folder / "emily.toml"
    path.write_text(
        f'node = "test"\n'
        f'[bus]\nrouter = "tcp/127.0.0.1:{free_port()}"\n'
        f"[api]\nport = {free_port()}\n"
        f'[state]\nfolder = "{folder / "state"}"\n'
        f'[log]\nlevel = "warning"\n'
        f'[circadian]\ntimezone = "{zone_where_it_is_noon()}"\n{extra}'
    )
    return path


@contextmanager
def running(config: Path, *, healthy: bool = True) -> Iterator[Loop]:
    with Loop(load(config), config) as loop:
        if healthy:
            loop.wait_healthy_s()
        yield loop


def get(loop: Loop, path: str) -> Mapping[str, object]:
    with urllib.request.urlopen(f"{loop.url}{path}", timeout=10) as answer:
        return dict(json.load(answer))


def post(loop: Loop, path: str, body: object) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(
        f"{loop.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def wait_for(true: Callable[[], bool], seconds: float = 30.0) -> float:
    """Return how long it took; fail when it does not come true in time."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - start
