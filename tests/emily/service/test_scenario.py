"""The demo's room: the same seed makes the same happenings and the same sound."""

import numpy as np

from emily.contracts.messages import Stimulus
from emily.contracts.topics import SENSE
from emily.nervous_system.local import LocalBus
from emily.nervous_system.node import Message, Node
from emily.service import scenario
from emily.service.scenario import Happening
from emily.service.senses import BLOCK, RATE_HZ, play


def test_happenings_come_after_the_ear_has_settled_and_in_order() -> None:
    found = scenario.happenings(1, 600)
    times = [one.at_s for one in found]
    assert times == sorted(times)
    assert times[0] > scenario.SETTLE_S
    assert times[-1] < 600
    assert 120 < len(found) < 320
    assert {one.kind for one in found} == {"clap", "voice", "alarm", "sight"}
    assert found == scenario.happenings(1, 600)
    assert found != scenario.happenings(2, 600)


def test_the_room_is_louder_where_something_happens() -> None:
    events = [Happening(2.0, "alarm"), Happening(3.0, "sight"), Happening(3.95, "voice")]
    heard = scenario.room(1, 4.0, events).astype(float)
    assert heard.shape == (4 * RATE_HZ,)
    quiet = np.sqrt(np.mean(heard[: 2 * RATE_HZ] ** 2))
    loud = np.sqrt(np.mean(heard[2 * RATE_HZ : 2 * RATE_HZ + 1600] ** 2))
    assert 0.8 * scenario.NOISE_RMS < quiet < 1.2 * scenario.NOISE_RMS
    assert loud > 1.5 * quiet
    assert np.array_equal(heard, scenario.room(1, 4.0, events))


def test_sound_is_sent_when_it_has_been_heard() -> None:
    bus, sent = LocalBus(), list[Message[Stimulus]]()
    node = Node(bus, "lab", "world")
    node.subscribe(SENSE, sent.append)
    samples = np.arange(5 * BLOCK, dtype=np.int16)
    play(node, "mic", samples.reshape(-1, BLOCK))
    assert [message.body.seq for message in sent] == [0, 1, 2, 3, 4]
    t0 = [message.body.t0_ns for message in sent]
    assert np.diff(t0).tolist() == [10_000_000] * 4
    # a block cannot be heard before its last sample was
    assert all(m.envelope.mono_ns >= m.body.t0_ns + 10_000_000 for m in sent)
    assert b"".join(message.attachment for message in sent) == samples.astype("<i2").tobytes()


def test_the_scenario_stops_when_told() -> None:
    bus = LocalBus()
    heard = list[Happening]()
    stops = iter([False] * 20 + [True] * 1000)
    scenario.run(
        Node(bus, "lab", "world"),
        seed=1,
        seconds=600,
        tell=heard.append,
        stopped=lambda: next(stops),
    )
    assert heard == []
