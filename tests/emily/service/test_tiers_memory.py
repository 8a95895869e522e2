"""What is remembered and what reminds; and what becomes of it while the memory is away."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.emily.service.in_process import World, cognition_tier, entering, neuro, open_memory

from emily.cognition.memory import DurableMemory, StoreError, StoreUnavailable
from emily.contracts.messages import TRANSMITTERS, Hit, RecallQuery, Remember
from emily.contracts.topics import BROADCAST, CANDIDATE, NEURO, RECALL, SAMPLED, STORE, WILL
from emily.nervous_system.node import RefusedError
from emily.service.tiers import memory as memory_module
from emily.service.tiers.cognition import CognitionTier
from emily.service.tiers.memory import MAX_LATER
from zenoh_router import wait_until


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(memory_module, "FLUSH_S", 0.02)
    return World(monkeypatch)


@contextmanager
def started(world: World, tier: CognitionTier) -> Iterator[CognitionTier]:
    world.start(tier)
    try:
        yield tier
    finally:
        tier.close()


@pytest.fixture
def cognition(world: World, tmp_path: Path) -> Iterator[CognitionTier]:
    with started(world, cognition_tier(tmp_path)) as tier:
        wait_until(lambda: tier.checks()["memory"].ok)
        yield tier


def recalled(world: World, text: str = "clap: orient") -> list[Hit]:
    """All that is remembered."""
    return list(world.node.ask(RECALL, RecallQuery(text=text, k=100)).hits)


def test_what_enters_is_remembered_with_what_was_done(
    world: World, cognition: CognitionTier
) -> None:
    world.say(BROADCAST, entering("alarm", content="alarm: alert"))
    wait_until(lambda: cognition.counters()["stored"] == 1)
    (hit,) = recalled(world)
    assert hit.content == "alarm: alert"
    assert hit.context == {"kind": "alarm", "source": "audio", "action": "alert"}


@pytest.mark.parametrize(("source", "perceived"), [("audio", True), ("memory", False)])
def test_a_memory_is_neither_perceived_nor_remembered_again(
    world: World, cognition: CognitionTier, source: str, perceived: bool
) -> None:
    wills, sampled = world.heard(WILL), world.heard(SAMPLED)
    world.say(BROADCAST, entering("alarm", source))
    assert (len(wills), len(sampled)) == (perceived, perceived)
    world.step(cognition)
    assert (wills[-1].beliefs["danger"] > 0.5) == perceived
    # episodes are stored in turn: after this one the alarm has been, too, if it ever is
    world.node.ask(STORE, Remember(content="stored after it"))
    contents = sorted(hit.content for hit in recalled(world))
    assert contents == ["alarm: orient"] * perceived + ["stored after it"]


def test_the_same_again_reminds_and_what_is_new_does_not(
    world: World, cognition: CognitionTier
) -> None:
    reminded = world.heard(CANDIDATE)
    for number, kind in enumerate(("clap", "voice", "clap"), 1):
        world.say(BROADCAST, entering(kind))
        wait_until(lambda number=number: cognition.counters()["recalled"] == number)
        wait_until(lambda number=number: cognition.counters()["stored"] == number)
    wait_until(lambda: len(reminded) > 0)
    (one,) = reminded
    assert (one.source, one.kind, one.content) == ("memory", "clap", "remembered: clap: orient")
    assert one.salience < 0.9


@pytest.mark.parametrize(
    ("raised", "affect"),
    [
        ({}, (0, 0, 0)),
        ({"dopamine": 0.3}, (0.3, 0, 0)),
        ({"oxytocin": 0.2}, (0.2, 0, 0)),
        ({"norepinephrine": 0.25}, (0, 0.5, 0)),
        ({"serotonin": -0.1}, (0, 0, -0.1)),
        ({"cortisol": 0.4}, (-0.4, 0, -0.4)),
        ({"norepinephrine": 0.6, "dopamine": 0.6, "oxytocin": 0.6}, (1, 1, 0)),
    ],
)
def test_it_is_remembered_as_it_felt(
    world: World,
    cognition: CognitionTier,
    raised: dict[str, float],
    affect: tuple[float, float, float],
) -> None:
    setpoints = dict.fromkeys(TRANSMITTERS, 0.4)
    levels = {name: level + raised.get(name, 0.0) for name, level in setpoints.items()}
    world.say(NEURO, neuro(levels=levels, setpoints=setpoints))
    world.say(BROADCAST, entering("clap"))
    wait_until(lambda: cognition.counters()["stored"] == 1)
    (hit,) = recalled(world)
    assert hit.affect == pytest.approx(affect, abs=1e-6)


# without a memory


@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailable("the store cannot be reached"),
        StoreError("the outbox is in use by another process"),
        FileExistsError(17, "File exists"),
        ValueError("what is no address"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_memory_that_cannot_be_opened_is_told_and_opened_later(
    world: World, tmp_path: Path, error: Exception
) -> None:
    back = threading.Event()

    def opened() -> DurableMemory:
        if not back.is_set():
            raise error
        return open_memory(tmp_path)

    wills = world.heard(WILL)
    with started(world, cognition_tier(tmp_path, opened)) as tier:
        wait_until(lambda: str(error) in tier.checks()["memory"].detail)
        assert not tier.checks()["memory"].ok
        with pytest.raises(RefusedError) as recall:
            recalled(world)
        with pytest.raises(RefusedError) as store:
            world.node.ask(STORE, Remember(content="meanwhile"))
        for refused in (recall.value, store.value):
            assert refused.retry
            assert str(error) in str(refused)
        world.say(BROADCAST, entering("alarm"))
        world.step(tier)
        assert [will.action for will in wills] == ["alert", "alert"]
        back.set()
        assert world.node.ask(STORE, Remember(content="after")).durable == "store"
        wait_until(lambda: tier.checks()["memory"].ok)
        assert "after" in {hit.content for hit in recalled(world)}


def test_what_too_many_wait_for_is_dropped_and_counted(world: World, tmp_path: Path) -> None:
    opens = threading.Event()

    def opened() -> DurableMemory:
        opens.wait()
        return open_memory(tmp_path)

    with started(world, cognition_tier(tmp_path, opened)) as tier:
        for _ in range(MAX_LATER + 50):
            world.say(BROADCAST, entering("clap"))
        dropped = tier.counters()["memory_dropped"]
        # the one that waits for the memory to open has left the queue
        assert 49 <= dropped <= 50
        opens.set()
        wait_until(lambda: tier.counters()["stored"] == MAX_LATER + 50 - dropped)


def test_without_its_store_it_refuses_to_recall_and_keeps_what_comes(
    world: World, cognition: CognitionTier, tmp_path: Path
) -> None:
    path = tmp_path / "memory.db"
    world.node.ask(STORE, Remember(content="before"))
    path.rename(tmp_path / "elsewhere")
    wait_until(lambda: not cognition.checks()["memory"].ok)
    assert world.node.ask(STORE, Remember(content="meanwhile")).durable == "outbox"
    with pytest.raises(RefusedError) as refused:
        recalled(world)
    assert refused.value.retry
    wait_until(lambda: "1 episodes wait" in cognition.checks()["memory"].detail)
    (tmp_path / "elsewhere").rename(path)
    wait_until(lambda: cognition.checks()["memory"].ok)
    assert {hit.content for hit in recalled(world)} == {"before", "meanwhile"}
    assert cognition.counters()["pending"] == 0


def test_a_folder_that_is_gone_is_told_until_it_is_back(
    cognition: CognitionTier, tmp_path: Path
) -> None:
    assert cognition.checks()["disk"].ok
    away = tmp_path.rename(tmp_path.with_name("away"))
    assert not cognition.checks()["disk"].ok
    away.rename(tmp_path)
    assert cognition.checks()["disk"].ok
