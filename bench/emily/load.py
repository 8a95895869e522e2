"""Keeps the tiers busy: requests, candidates, memories, hypotheses, at fixed rates."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from emily.contracts.messages import Candidate
from emily.contracts.topics import CANDIDATE
from emily.nervous_system.node import Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service.loop import Loop

CANDIDATES_HZ = 50.0
REQUESTS: tuple[tuple[str, dict[str, object], float], ...] = (
    ("/api/v1/attention", {"signals": [0.1, 0.5, 0.9]}, 50.0),
    ("/api/v1/gflownet/generate", {"query": "load", "num_samples": 100}, 2.0),
    ("/api/v1/memory", {"content": "something that happened under load"}, 0.2),
    ("/api/v1/memory/recall", {"text": "something that happened", "k": 10}, 5.0),
)
"""Path, body and how often a second."""


class Load:
    """Load on every tier but the instinct, while the context lasts."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._failures: list[Exception] = []
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._request, *request), daemon=True)
            for request in REQUESTS
        ]
        self._threads.append(
            threading.Thread(target=self._guarded, args=(self._candidates,), daemon=True)
        )

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        if self._failures and error is None:
            raise self._failures[0]

    def _guarded(self, work: Callable[..., None], *args: object) -> None:
        """A load that ended early is no load: its failure is the benchmark's."""
        try:
            work(*args)
        except Exception as error:
            self._failures.append(error)

    def _request(self, path: str, body: dict[str, object], rate_hz: float) -> None:
        api = self._loop.settings.api
        connection = http.client.HTTPConnection(api.host, api.port, timeout=10)
        due_s = time.monotonic()
        while not self._ending.wait(max(0.0, due_s - time.monotonic())):
            due_s += 1 / rate_hz
            if rate_hz < 1:  # the server closes a connection that is idle for seconds
                connection.close()
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 503):
                raise AssertionError(f"{path}: {answer.status}")
        connection.close()

    def _candidates(self) -> None:
        bus = ZenohBus(self._loop.settings.bus.router)
        node, number = Node(bus, self._loop.settings.node, "load"), 0
        while not self._ending.wait(1 / CANDIDATES_HZ):
            number += 1
            node.publish(
                CANDIDATE,
                Candidate(
                    ref=f"load/{number % 40}",
                    kind="load",
                    source="load",
                    content=f"candidate {number}",
                    salience=(number * 37 % 100) / 100,
                ),
                source="load",
            )
        bus.close()
