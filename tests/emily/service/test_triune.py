"""The loop from stimulus to action on the in-process bus, as the founding documents test it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emily.cognition.gflownet import GFlowNet
from emily.cognition.memory import DurableMemory, NgramEmbedder, Outbox, SqliteStore
from emily.contracts.messages import Stimulus, Will
from emily.contracts.topics import BROADCAST, REFLEX, SENSE, WILL
from emily.instinct.alpha import AlphaOscillatoryAttention
from emily.instinct.reflex.prototypes import built_in
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import Node
from emily.nervous_system.workspace import Rules
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service.tiers.cognition import CognitionTier
from emily.service.tiers.instinct import InstinctTier
from emily.service.tiers.memory import MemoryService
from emily.service.tiers.nervous import NervousTier
from zenoh_router import Router, wait_until

System = tuple[InstinctTier, NervousTier, CognitionTier, LocalBus]


@pytest.fixture
def triune_system(tmp_path: Path) -> Iterator[System]:
    bus = LocalBus()

    def memory() -> DurableMemory:
        return DurableMemory(SqliteStore(tmp_path / "memory.db"), Outbox(tmp_path / "outbox"))

    reflex = InstinctTier(built_in())
    workspace = NervousTier(Rules(capacity=7))
    gflownet = GFlowNet.load()
    inference = CognitionTier(lambda _: gflownet, MemoryService(memory, NgramEmbedder(), tmp_path))
    for tier in (reflex, workspace, inference):
        tier.start(Node(bus, "test", tier.name))
    yield reflex, workspace, inference, bus
    inference.close()


def test_full_cognitive_loop(triune_system: System) -> None:
    reflex, nervous, _, bus = triune_system
    willed: list[Will] = []
    listener = Node(bus, "test", "listener")
    listener.subscribe(WILL, lambda message: willed.append(message.body))

    # sensory input
    stimulus = Stimulus(kind="visual", t0_ns=time.monotonic_ns(), features=(0.1, 0.5, 0.9))

    # tier 0: a reflex within 50 ms
    (response,) = reflex.process("visual", "camera", stimulus)
    assert response.latency_ms < 50

    # tier 2: the workspace
    assert response.salience > 0.7
    listener.publish(REFLEX, response, name=response.name)
    assert nervous.workspace.is_conscious(f"reflex/{response.name}")

    # tier 3: active inference
    (will,) = willed
    assert all(policy.efe_score < 1.0 for policy in will.policies)
    assert will.action == will.policies[0].actions[0]


def test_a_stimulus_reaches_the_will_and_the_memory(triune_system: System) -> None:
    _, _, inference, bus = triune_system
    node = Node(bus, "test", "world")
    heard: dict[str, list[str]] = {"reflex": [], "broadcast": [], "will": []}
    traces: set[str] = set()
    node.subscribe(
        REFLEX, lambda m: (heard["reflex"].append(m.body.name), traces.add(m.envelope.trace))
    )
    node.subscribe(
        BROADCAST,
        lambda m: (heard["broadcast"].append(str(m.body.entered)), traces.add(m.envelope.trace)),
    )
    node.subscribe(
        WILL, lambda m: (heard["will"].append(m.body.action), traces.add(m.envelope.trace))
    )
    sent = node.publish(
        SENSE,
        Stimulus(kind="visual", t0_ns=time.monotonic_ns(), features=(0.1, 0.5, 0.9)),
        modality="visual",
        source="camera",
    )
    assert heard["reflex"] == ["flash"]
    assert heard["broadcast"] == ["reflex/flash"]
    assert len(heard["will"]) == 1
    assert traces == {sent.trace}
    wait_until(lambda: inference.counters()["stored"] == 1)


def test_alpha_gating_under_bus_failure() -> None:
    """The founding chaos test: the router crashes, and what tier 0 does stays below 50 ms."""
    attention = AlphaOscillatoryAttention(frequency=8.0)
    with bus_whose_router_crashes() as bus:
        response = attention.gate([0.1, 0.5, 0.9])
        assert response.latency_ms < 50
        assert list(response) == [0.9, 0.5, 0.1]
        assert not bus.connected


def test_reflexes_fire_in_process_while_the_router_is_dead() -> None:
    with bus_whose_router_crashes() as bus:
        tier, node = InstinctTier(built_in()), Node(bus, "test", "instinct")
        tier.start(node)
        latencies: list[float] = []
        node.subscribe(REFLEX, lambda message: latencies.append(message.body.latency_ms))
        node.publish(
            SENSE,
            Stimulus(kind="visual", t0_ns=time.monotonic_ns(), features=(0.1, 0.5, 0.9)),
            modality="visual",
            source="camera",
        )
        assert len(latencies) == 1
        assert latencies[0] < 50
        assert not bus.connected


@contextmanager
def bus_whose_router_crashes() -> Iterator[ZenohBus]:
    router = Router()
    router.start()
    bus = ZenohBus(router.endpoint)
    assert bus.connected
    router.kill()
    wait_until(lambda: not bus.connected)
    try:
        yield bus
    finally:
        bus.close()
