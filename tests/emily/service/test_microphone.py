"""A microphone of the instinct's own process: heard without a router, and timed by its samples."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from emily.contracts.messages import ReflexEvent, Stimulus
from emily.contracts.topics import REFLEX, SENSE
from emily.instinct.reflex import built_in
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import Message, Node
from emily.nervous_system.zenoh_bus import ZenohBus
from emily.service import scenario
from emily.service.microphone import BlockClock, Microphone
from emily.service.scenario import Happening
from emily.service.senses import BLOCK, Pcm, blocks
from emily.service.tiers.instinct import InstinctTier
from zenoh_router import free_endpoint, wait_until

MS = 1_000_000


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "microphone"
    os.mkfifo(path)
    return path


def record(fifo: Path, pcm: Pcm) -> None:
    """Write samples as a recorder does: each block when its last sample has been heard."""
    with fifo.open("wb", buffering=0) as recording:
        begin_s = time.monotonic()
        for number, block in enumerate(blocks(pcm), 1):
            time.sleep(max(0.0, begin_s + number * 0.01 - time.monotonic()))
            recording.write(block.astype("<i2").tobytes())


def test_reflexes_fire_while_there_is_no_router(fifo: Path) -> None:
    bus = ZenohBus(free_endpoint())
    assert not bus.connected
    tier, node = InstinctTier(built_in(), microphone=fifo), Node(bus, "lab", "instinct")
    reflexes: list[ReflexEvent] = []
    node.subscribe(REFLEX, lambda message: reflexes.append(message.body))
    tier.start(node)
    record(fifo, scenario.room(3, 4.0, [Happening(2.0, "clap"), Happening(3.0, "alarm")]))
    wait_until(lambda: {event.name for event in reflexes} >= {"clap", "alarm"})
    # a reflex that is late is dropped
    assert all(event.latency_ms < 50 for event in reflexes)
    bus.close()


def test_every_sample_is_sent_once_and_another_recorder_may_follow(fifo: Path) -> None:
    bus, heard = LocalBus(), list[Message[Stimulus]]()
    node = Node(bus, "lab", "instinct")
    node.subscribe(SENSE, heard.append)
    Microphone(fifo, node).start()
    samples = np.arange(7 * BLOCK, dtype=np.int16)
    for _ in range(2):
        record(fifo, samples)
    wait_until(lambda: len(heard) == 14)
    sent = b"".join(message.attachment for message in heard)
    assert sent == 2 * samples.astype("<i2").tobytes()
    assert [message.body.seq for message in heard] == list(range(14))


def test_a_file_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    bus, heard = LocalBus(), list[Message[Stimulus]]()
    node = Node(bus, "lab", "instinct")
    node.subscribe(SENSE, heard.append)
    path = tmp_path / "later"
    Microphone(path, node).start()
    time.sleep(0.1)
    os.mkfifo(path)
    threading.Thread(target=record, args=(path, np.zeros(BLOCK, np.int16)), daemon=True).start()
    wait_until(lambda: len(heard) == 1)


def test_blocks_that_are_read_late_keep_their_times() -> None:
    clock = BlockClock()
    late_ms = [0, 7, 0, 12, 3, 40, 30, 20, 10, 0, 0]
    begins = [clock.begin_ns((10 * n + 10 + late) * MS) for n, late in enumerate(late_ms)]
    for number, begin_ns in enumerate(begins):
        assert 0 <= begin_ns - 10 * number * MS < 1.5 * MS


def test_a_block_is_never_of_the_future() -> None:
    clock = BlockClock()
    clock.begin_ns(1000 * MS)
    assert clock.begin_ns(1003 * MS) == 993 * MS


def test_after_lost_samples_the_time_begins_anew() -> None:
    clock = BlockClock()
    clock.begin_ns(1000 * MS)
    assert clock.begin_ns(2000 * MS) == 1990 * MS


@pytest.mark.parametrize("drift", [-0.0005, 0.0005])
def test_a_recorder_whose_clock_is_off_is_followed(drift: float) -> None:
    clock, late_ns = BlockClock(), 0
    for number in range(6000):
        read_ns = round((10 * number + 10) * MS * (1 + drift))
        late_ns = read_ns - 10 * MS - clock.begin_ns(read_ns)
    assert abs(late_ns) < 2 * MS
