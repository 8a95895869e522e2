"""Tiers on the in-process bus, under one clock that stands still until it is moved."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from emily.cognition.gflownet import GFlowNet
from emily.cognition.memory import DurableMemory, NgramEmbedder, Outbox, SqliteStore
from emily.contracts.base import Contract
from emily.contracts.messages import Broadcast, Held, NeuroState, Policy, ReflexEvent, Will
from emily.contracts.topic import Topic
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import Node
from emily.service.tiers import cognition, instinct, metabolism, nervous
from emily.service.tiers.memory import MemoryService
from emily.service.tiers.tier import Tier

BodyT = TypeVar("BodyT", bound=Contract)
NODE = "testhost"


@dataclass
class Clock:
    """What the tiers take for the module `time`."""

    now_ns: int = field(default_factory=time.monotonic_ns)

    def monotonic_ns(self) -> int:
        return self.now_ns

    def perf_counter_ns(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> int:
        self.now_ns += round(seconds * 1e9)
        return self.now_ns


class World:
    """The bus, the clock, and whoever speaks to the tiers and listens to them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        for module in (cognition, instinct, metabolism, nervous):
            monkeypatch.setattr(module, "time", self.clock)
        self.bus = LocalBus()
        self.node = Node(self.bus, NODE, "world")

    def start(self, tier: Tier) -> Node:
        """Start a tier; its node counts what it hears."""
        node = Node(self.bus, NODE, tier.name)
        tier.start(node)
        return node

    def step(self, tier: Tier, after_s: float = 0.0) -> None:
        tier.step(self.clock.advance(after_s))

    def say(self, topic: Topic[BodyT], body: BodyT, **parts: str) -> None:
        self.node.publish(topic, body, **parts)

    def heard(self, topic: Topic[BodyT]) -> list[BodyT]:
        """What is said from now on."""
        bodies: list[BodyT] = []
        self.node.subscribe(topic, lambda message: bodies.append(message.body))
        return bodies


def open_memory(folder: Path) -> DurableMemory:
    return DurableMemory(SqliteStore(folder / "memory.db"), Outbox(folder / "outbox"))


def cognition_tier(
    folder: Path, opened: Callable[[], DurableMemory] | None = None
) -> cognition.CognitionTier:
    """The tier with the shipped model; by default its memory is a file of the folder."""
    shipped = GFlowNet.load()
    memory = MemoryService(opened or (lambda: open_memory(folder)), NgramEmbedder(), folder)
    return cognition.CognitionTier(lambda _: shipped, memory)


def neuro(**changed: object) -> NeuroState:
    rest = {"levels": {}, "setpoints": {}, "gain": 1.0, "threshold": 0.7}
    return NeuroState.model_validate({**rest, **changed})


def reflex(name: str, *, salience: float = 0.9, arousal: float = 0.0) -> ReflexEvent:
    """A reflex; `visual` stands for the one that is seen."""
    return ReflexEvent(
        name="flash" if name == "visual" else name,
        action="orient",
        salience=salience,
        arousal=arousal,
        modality="visual" if name == "visual" else "audio",
        t0_ns=1,
        latency_ms=1.0,
        deadline_ns=1,
    )


def entering(kind: str, source: str = "audio", *, content: str = "", ref: str = "") -> Broadcast:
    """A broadcast of one content that has just entered."""
    held = Held(
        ref=ref or f"reflex/{kind}",
        kind=kind,
        source=source,
        content=content or f"{kind}: orient",
        salience=0.9,
        entered_ns=1,
    )
    return Broadcast(contents=(held,), capacity=7, threshold=0.7, entered=held.ref)


def willing(action: str) -> Will:
    policy = Policy(actions=(action, action), efe=0.0, efe_score=0.5, q=0.5)
    return Will(action=action, policies=(policy,), beliefs={}, latency_ms=0.1)
