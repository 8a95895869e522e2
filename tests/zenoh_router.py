"""A Zenoh router as a process of its own, which tests start and kill."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_PROGRAM = """
import sys, time
from emily.nervous_system.zenoh_bus import open_router
session = open_router(sys.argv[1])
print("up", flush=True)
while True: time.sleep(60)
"""


def free_endpoint() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"tcp/127.0.0.1:{probe.getsockname()[1]}"


@dataclass
class Router:
    endpoint: str = field(default_factory=free_endpoint)
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        """Return when it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, self.endpoint], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "up\n"

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> float:
    """Return how long it took; fail when it does not come true in time."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.002)
    return time.monotonic() - start
