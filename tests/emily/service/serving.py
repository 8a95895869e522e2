"""A loop in one process for tests: the API on a real port, and small services that answer it."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI

from emily.contracts.messages import (
    TIERS,
    Check,
    Generate,
    Hit,
    Hits,
    Hypotheses,
    RecallQuery,
    Refused,
    Remember,
    Remembered,
    TierStatus,
)
from emily.contracts.topics import GENERATE, RECALL, STATUS, STORE
from emily.nervous_system.bus import Cancel
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import Message, Node
from emily.service.api import create_app
from emily.service.api.server import Server
from emily.service.settings import Settings
from emily.service.view import LoopView

NODE = "testhost"


def heartbeat(tier: str, **changed: object) -> TierStatus:
    status = TierStatus(
        tier=tier, pid=4711, uptime_s=1.5, rss_bytes=50_000_000, checks={}, counters={}
    )
    return TierStatus.model_validate({**status.model_dump(), **changed})


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Loop:
    bus: LocalBus = field(default_factory=LocalBus)
    clock: Callable[[], float] = time.monotonic
    watched: dict[str, Callable[[], Check]] = field(default_factory=dict)
    tokens: dict[str, Cancel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.node = Node(self.bus, NODE, "api")
        self.view = LoopView(self.node, watched=self.watched, clock=self.clock)
        self.view.start()

    def tier(self, name: str) -> Node:
        return Node(self.bus, NODE, name)

    def beat(self, tier: str, **changed: object) -> None:
        self.tier(tier).publish(STATUS, heartbeat(tier, **changed), tier=tier)

    def bring_up(self) -> None:
        """Every tier with its token and a heartbeat."""
        for tier in TIERS:
            if tier in self.tokens:
                self.tokens.pop(tier)()
            self.tokens[tier] = self.tier(tier).announce()
            self.beat(tier)


def sample(message: Message[Generate]) -> Hypotheses:
    """Cells of the 8^4 hypergrid, drawn alike."""
    dice = random.Random(message.body.query)
    cells = tuple(
        tuple(dice.randrange(8) for _ in range(4)) for _ in range(message.body.num_samples)
    )
    return Hypotheses(
        hypotheses=cells,
        unique=len(set(cells)),
        diversity=0.5,
        mode_collapse=False,
        model_version="test",
        latency_ms=1.0,
    )


class Memory:
    """Episodes in a list; nearest is what shares the most words."""

    def __init__(self) -> None:
        self.episodes: list[Remember] = []

    def store(self, message: Message[Remember]) -> Remembered | Refused:
        if message.body.content == "refuse me":
            return Refused(reason="this is not remembered", retry=False)
        if message.body.content == "later":
            return Refused(reason="the store is busy", retry=True)
        self.episodes.append(message.body)
        return Remembered(id=str(len(self.episodes) - 1), durable="store")

    def recall(self, message: Message[RecallQuery]) -> Hits:
        wanted = set(message.body.text.split())
        ranked = sorted(
            enumerate(self.episodes), key=lambda each: -len(wanted & set(each[1].content.split()))
        )
        return Hits(
            hits=tuple(
                Hit(
                    id=str(index),
                    timestamp="2026-01-01T00:00:00Z",
                    content=episode.content,
                    affect=episode.affect,
                    context=episode.context,
                    score=1.0,
                    similarity=1.0,
                )
                for index, episode in ranked[: message.body.k]
            )
        )


def answer(loop: Loop) -> Memory:
    """Let cognition answer on the loop's bus."""
    cognition, memory = loop.tier("cognition"), Memory()
    cognition.serve(GENERATE, sample)
    cognition.serve(STORE, memory.store)
    cognition.serve(RECALL, memory.recall)
    return memory


def application(loop: Loop, state: Path, *, waits_s: float = 0.5, **api: object) -> FastAPI:
    settings = Settings.model_validate({"state": {"folder": state}, "api": api})
    return create_app(settings, loop.node, loop.view, ask_timeout_s=waits_s)


@contextmanager
def served(app: FastAPI, host: str = "127.0.0.1") -> Iterator[httpx.Client]:
    """The application on a real port, and a client of it."""
    up = threading.Event()
    server = Server(app, host, 0, bound=lambda _: up.set())
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert up.wait(10)
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
            yield client
    finally:
        server.stop()
        thread.join(10)
    assert not thread.is_alive()


def secret(path: Path, text: str = "s3cret-of-the-test\n", mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path
