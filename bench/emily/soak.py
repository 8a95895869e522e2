"""An hour of the whole loop: the demo's scenario, numbered messages, and memory that must stay flat.

`EMILY_SOAK_MINUTES=5 python bench/emily soak` takes less.
"""

import os
import sys
import threading
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bench.emily.load import Load
from bench.emily.rows import Row
from numpy.typing import NDArray

from emily.contracts.messages import Candidate
from emily.contracts.topics import CANDIDATE
from emily.nervous_system.node import Message, Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service import scenario
from emily.service.loop import Loop
from running_loop import running, write_settings

MINUTES = float(os.environ.get("EMILY_SOAK_MINUTES", "60"))
NUMBERED_HZ = 20.0
SAMPLE_S = 10.0
SETTLED = 0.25
"""Share of the run after which memory must be flat: caches have filled."""
FLAT_MIB_PER_HOUR = 8.0
EPISODE_MIB = 1_780 / (1 << 20)
"""What an episode takes in the memory that is searched: its embedding, its terms and its id."""


class Numbered:
    """Sends numbered messages from one session to another and tells which are missing."""

    def __init__(self, loop: Loop) -> None:
        router, name = loop.settings.bus.router, loop.settings.node
        self._buses = ZenohBus(router), ZenohBus(router)
        self._sender = Node(self._buses[0], name, "numbered")
        self._seen: list[int] = []
        Node(self._buses[1], name, "counter").subscribe(CANDIDATE, self._count)
        self.sent = 0

    def _count(self, message: Message[Candidate]) -> None:
        if message.body.source == "numbered":
            self._seen.append(int(message.body.content))

    def send(self) -> None:
        """Send the next."""
        self._sender.publish(
            CANDIDATE,
            Candidate(
                ref="numbered", kind="load", source="numbered", content=str(self.sent), salience=0
            ),
            source="numbered",
        )
        self.sent += 1

    def missing(self) -> int:
        """Close, and tell how many did not arrive exactly once and in order."""
        time.sleep(1)
        for bus in self._buses:
            bus.close()
        if self._seen == list(range(self.sent)):
            return 0
        return max(1, self.sent - len(set(self._seen)))


def slope_mib_per_hour(at_s: NDArray[np.float64], mib: NDArray[np.float64]) -> float:
    """Return the slope of memory after it settled, by least squares."""
    late = at_s >= at_s[-1] * SETTLED
    return float(np.polyfit(at_s[late] / 3600, mib[late], 1)[0])


def episodes(loop: Loop) -> float:
    """Return how many episodes are remembered, by the metrics."""
    with urllib.request.urlopen(f"{loop.url}metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        float(line.split()[1]) for line in lines if line.startswith("emily_memory_episodes ")
    )


def resident_mib(pid: int) -> float:
    """Return the memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def rows() -> list[Row]:
    """Run, and judge messages, restarts and memory of each process."""
    with TemporaryDirectory() as folder, running(write_settings(Path(folder))) as loop:
        before = loop.supervisor.pids()
        series: dict[str, list[float]] = {name: [] for name in before}
        times: list[float] = []
        remembered: list[float] = []
        numbered, ending = Numbered(loop), threading.Event()
        bus = ZenohBus(loop.settings.bus.router)
        played = threading.Thread(
            target=scenario.run,
            args=(Node(bus, loop.settings.node, "soak"),),
            kwargs={
                "seed": 7,
                "seconds": MINUTES * 60,
                "tell": lambda _: None,
                "stopped": ending.is_set,
            },
        )
        played.start()
        begin_s = time.monotonic()
        with Load(loop):
            while (now_s := time.monotonic() - begin_s) < MINUTES * 60:
                numbered.send()
                if now_s >= len(times) * SAMPLE_S:
                    times.append(now_s)
                    for name, pid in before.items():
                        series[name].append(resident_mib(pid))
                    remembered.append(episodes(loop))
                    print(f"{now_s:6.0f} s  {_line(series)}", file=sys.stderr, flush=True)
                time.sleep(1 / NUMBERED_HZ)
        ending.set()
        played.join()
        health, after = loop.health(), loop.supervisor.pids()
        missing = numbered.missing()
        bus.close()
    at_s = np.array(times)
    held = {name: np.array(one) for name, one in series.items()}
    held["cognition"] -= np.array(remembered) * EPISODE_MIB
    slopes = {name: slope_mib_per_hour(at_s, one) for name, one in held.items()}
    worst = max(slopes, key=lambda name: slopes[name])
    return [
        Row("minutes", f"{MINUTES:g}", "60", MINUTES >= 60),
        Row("numbered messages that were lost", f"{missing} of {numbered.sent}", "0", missing == 0),
        Row("processes that were restarted", str(_changed(before, after)), "0", before == after),
        Row(
            "healthy at the end",
            str(health.get("status")),
            "healthy",
            health.get("status") == "healthy",
        ),
        Row(
            f"growth of memory after {SETTLED:.0%} beyond {remembered[-1]:.0f} episodes of 1.8 kB,"
            f" the fastest: {worst}",
            f"{slopes[worst]:+.1f} MiB/h",
            f"< {FLAT_MIB_PER_HOUR:g}",
            slopes[worst] < FLAT_MIB_PER_HOUR,
        ),
        *(
            Row(f"{name}: first, last", f"{one[0]:.0f}, {one[-1]:.0f} MiB")
            for name, one in series.items()
        ),
    ]


def _changed(before: dict[str, int], after: dict[str, int]) -> int:
    return sum(after.get(name) != pid for name, pid in before.items())


def _line(series: dict[str, list[float]]) -> str:
    return "  ".join(f"{name} {one[-1]:.0f}" for name, one in series.items())
