"""The API under load, and what the whole loop takes: memory, and time until it is healthy."""

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bench.emily.rows import Row
from numpy.typing import NDArray

from emily.service.loop import Loop, api_url
from emily.service.settings import load
from running_loop import running, write_settings

RATE_HZ = 200
SECONDS = 30
CONNECTIONS = 8
STARTS = 5


def attention_ms(loop: Loop) -> NDArray[np.float64]:
    """Send requests at fixed times, whether or not earlier ones were answered; from due to answered."""
    begin_s = time.monotonic() + 0.5
    taken: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    body = json.dumps({"signals": [0.1, 0.5, 0.9]})

    def one(index: int) -> None:
        api = loop.settings.api
        connection = http.client.HTTPConnection(api.host, api.port, timeout=10)
        for number in range(index, RATE_HZ * SECONDS, CONNECTIONS):
            due_s = begin_s + number / RATE_HZ
            time.sleep(max(0.0, due_s - time.monotonic()))
            connection.request(
                "POST", "/api/v1/attention", body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            told = json.loads(answer.read())
            taken[index].append((time.monotonic() - due_s) * 1e3)
            if answer.status != 200 or told["gated"] != [0.9, 0.5, 0.1]:
                raise AssertionError(f"{answer.status}: {told}")
        connection.close()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures = np.concatenate([np.array(part) for part in taken])
    if len(figures) != RATE_HZ * SECONDS:
        raise AssertionError(f"{RATE_HZ * SECONDS - len(figures)} requests were not answered")
    return figures


def memory_mib(pids: list[int]) -> tuple[float, float]:
    """Return the memory of processes together: shared pages counted once (PSS), and in each (RSS)."""
    pss = rss = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "Pss":
                pss += int(rest.split()[0])
            elif name == "Rss":
                rss += int(rest.split()[0])
    return pss / 1024, rss / 1024


def footprint() -> tuple[list[float], tuple[float, float]]:
    """Start `emily up` several times: seconds until /health says healthy; memory a while after."""
    times, held = [], (0.0, 0.0)
    for number in range(STARTS):
        with TemporaryDirectory() as folder:
            config = write_settings(Path(folder))
            url = api_url(load(config))
            begin_s = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "emily", "up", "--config", str(config)],
                stderr=subprocess.DEVNULL,
            )
            while not _healthy(url):
                if process.poll() is not None or time.monotonic() - begin_s > 60:
                    raise AssertionError("the loop did not come up")
                time.sleep(0.01)
            times.append(time.monotonic() - begin_s)
            if number == STARTS - 1:
                time.sleep(5)
                children = subprocess.run(
                    ["pgrep", "-P", str(process.pid)], check=True, capture_output=True, text=True
                ).stdout.split()
                held = memory_mib([process.pid, *map(int, children)])
            process.terminate()
            process.wait()
    return times, held


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}health", timeout=1) as answer:
            return bool(json.load(answer)["status"] == "healthy")
    except (OSError, urllib.error.URLError, ValueError):
        return False


def rows() -> list[Row]:
    """Measure an idle loop's API, then starts and memory."""
    with TemporaryDirectory() as folder, running(write_settings(Path(folder))) as loop:
        figures = attention_ms(loop)
    times, (pss, rss) = footprint()
    p50, p99 = np.quantile(figures, (0.5, 0.99), method="higher")
    median = float(np.median(times))
    return [
        Row(f"/api/v1/attention at {RATE_HZ}/s, p50", f"{p50:.2f} ms"),
        Row("p99", f"{p99:.2f} ms", "< 10 ms", bool(p99 < 10)),
        Row("worst", f"{figures.max():.1f} ms"),
        Row(
            f"from start to healthy, median of {STARTS} (worst)",
            f"{median:.2f} s ({max(times):.2f} s)",
            "< 3 s",
            median < 3,
        ),
        Row("memory of the whole loop (PSS)", f"{pss:.0f} MiB", "< 400 MB", pss * 1.048576 < 400),
        Row("the same, shared pages counted in each process (RSS)", f"{rss:.0f} MiB"),
    ]
