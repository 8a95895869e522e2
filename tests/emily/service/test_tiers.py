"""What is sensed and what is noticed: every coupling of the instinct and nervous tiers, alone."""

import time
from pathlib import Path

import pytest
from tests.emily.service.in_process import NODE, World, neuro, reflex, willing

from emily.contracts.messages import Candidate, Stimulus
from emily.contracts.topic import seal
from emily.contracts.topics import ALPHA, BROADCAST, CANDIDATE, NEURO, REFLEX, SENSE, WILL
from emily.instinct.reflex import RATE_HZ, ReflexRegistry, built_in
from emily.nervous_system.workspace import Rules
from emily.service.scenario import Happening, room
from emily.service.senses import BLOCK, blocks
from emily.service.tiers.instinct import MAX_SOURCES, InstinctTier
from emily.service.tiers.nervous import NervousTier


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture(scope="module")
def reflexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reflexes") / "reflexes.npz"
    built_in().save(path)
    return path


@pytest.fixture
def instinct(world: World, reflexes: Path) -> InstinctTier:
    tier = InstinctTier(ReflexRegistry.load(reflexes))
    world.start(tier)
    return tier


@pytest.fixture
def nervous(world: World) -> NervousTier:
    tier = NervousTier(Rules())
    world.start(tier)
    return tier


def candidate(kind: str = "clap", salience: float = 0.9, ref: str = "it") -> Candidate:
    return Candidate(ref=ref, kind=kind, source="ear", content=kind, salience=salience)


# the nervous tier


@pytest.mark.parametrize(
    ("told", "kind", "salience", "enters"),
    [
        ({}, "clap", 0.5, False),
        ({"gain": 1.6}, "clap", 0.5, True),
        ({"gain": 0.6}, "clap", 0.9, False),
        ({"social_gain": 1.6}, "voice", 0.5, True),
        ({"social_gain": 1.6}, "clap", 0.5, False),
        ({"threshold": 0.4}, "clap", 0.5, True),
        ({"threshold": 0.95}, "clap", 0.9, False),
    ],
)
def test_the_transmitters_decide_what_is_noticed(
    world: World,
    nervous: NervousTier,
    told: dict[str, float],
    kind: str,
    salience: float,
    enters: bool,
) -> None:
    broadcasts = world.heard(BROADCAST)
    world.say(NEURO, neuro(**told))
    world.say(CANDIDATE, candidate(kind, salience), source="ear")
    assert [one.entered for one in broadcasts] == ["it"] * enters
    assert nervous.counters() == {"entered": enters, "turned_away": not enters}


@pytest.mark.parametrize(("arousal", "enters"), [(0.0, True), (1.0, False)])
def test_what_comes_after_silence_surprises(
    world: World, nervous: NervousTier, arousal: float, enters: bool
) -> None:
    world.say(REFLEX, reflex("clap", salience=0.6, arousal=arousal), name="clap")
    assert nervous.workspace.is_conscious("reflex/clap") == enters


@pytest.mark.parametrize(
    ("action", "sought"),
    [
        ("alert", {"alarm"}),
        ("look", {"visual", "voice"}),
        ("greet", {"voice"}),
        ("wait", set()),
        ("rest", set()),
    ],
)
def test_what_is_sought_is_found_sooner(
    world: World, nervous: NervousTier, action: str, sought: set[str]
) -> None:
    world.say(WILL, willing("alert"))
    world.say(WILL, willing(action))
    for kind in ("alarm", "visual", "voice", "clap"):
        event = reflex(kind, salience=0.6, arousal=1.0)
        world.say(REFLEX, event, name=event.name)
    found = nervous.workspace.broadcast(world.clock.now_ns).contents
    assert {one.kind for one in found} == sought


@pytest.mark.parametrize(
    ("ahead_ns", "taken"),
    [
        (1 << 62, False),
        (86_400 * 10**9, False),
        (500_000_000, True),
        (-1_000_000_000, True),
        (-86_400 * 10**9, False),
    ],
)
def test_a_sender_whose_clock_is_wrong_does_not_stop_the_fading(
    world: World, nervous: NervousTier, ahead_ns: int, taken: bool
) -> None:
    broadcasts = world.heard(BROADCAST)
    envelope = seal(candidate(ref="wrong"), src="ear", ttl_ms=CANDIDATE.ttl_ms)
    sent = envelope.model_copy(update={"mono_ns": max(0, time.monotonic_ns() + ahead_ns)})
    key = CANDIDATE.key(NODE, source="ear")
    world.bus.publish(key, sent.model_dump_json().encode(), delivery=CANDIDATE.delivery)
    world.say(CANDIDATE, candidate(ref="right"), source="ear")
    assert nervous.workspace.is_conscious("wrong") == taken
    assert {one.entered_ns for one in broadcasts[-1].contents} == {world.clock.now_ns}
    world.step(nervous, after_s=200)
    faded = sorted(one.held.ref for one in broadcasts[-1].evicted)
    assert faded == ["right", "wrong"][: 1 + taken]
    assert broadcasts[-1].contents == ()


# the instinct tier


def see(world: World, *features: float, ago_s: float = 0.0) -> None:
    t0_ns = world.clock.now_ns - round(ago_s * 1e9)
    stimulus = Stimulus(kind="features", t0_ns=t0_ns, features=features)
    world.say(SENSE, stimulus, modality="visual", source="camera")


def send(world: World, sound: bytes, source: str, *, ago_s: float, rate: int | None) -> None:
    t0_ns = world.clock.now_ns - round(ago_s * 1e9)
    stimulus = Stimulus(kind="pcm", t0_ns=t0_ns, rate_hz=rate)
    world.node.publish(SENSE, stimulus, attachment=sound, modality="audio", source=source)


def speak(world: World, source: str) -> None:
    """A block of silence."""
    send(world, bytes(2 * BLOCK), source, ago_s=0.01, rate=RATE_HZ)


def clap(world: World, *, late_s: float) -> None:
    """A clap in noise, each block of which arrives so much after it was heard."""
    for block in blocks(room(3, 1.0, [Happening(0.7, "clap")])):
        world.clock.advance(0.01)
        send(world, block.tobytes(), "microphone", ago_s=0.01 + late_s, rate=RATE_HZ)


@pytest.mark.parametrize(("late_s", "fired", "late"), [(0.0, 1, 0), (0.06, 0, 1)])
def test_a_reflex_that_would_come_too_late_is_dropped_and_counted(
    world: World, instinct: InstinctTier, late_s: float, fired: int, late: int
) -> None:
    heard = world.heard(REFLEX)
    clap(world, late_s=late_s)
    assert [event.name for event in heard] == ["clap"] * fired
    assert (instinct.counters()["fired"], instinct.counters()["late"]) == (fired, late)


def test_what_was_seen_too_long_ago_raises_nothing(world: World, instinct: InstinctTier) -> None:
    heard = world.heard(REFLEX)
    see(world, 0.9, ago_s=0.06)
    assert (heard, instinct.counters()["late"]) == ([], 1)


@pytest.mark.parametrize(
    ("sound", "rate", "ago_s"),
    [
        (b"\0" * 319, RATE_HZ, 0.01),
        (b"\0" * 320, 8_000, 0.01),
        (b"\0" * 320, None, 0.01),
        (b"\0" * 2 * RATE_HZ, RATE_HZ, 1.0),
        (b"\0" * 320, RATE_HZ, -3600.0),
    ],
    ids=["half a sample", "wrong rate", "no rate", "a whole second", "of the future"],
)
def test_wrong_sound_is_refused_and_counted(
    world: World, instinct: InstinctTier, sound: bytes, rate: int | None, ago_s: float
) -> None:
    heard = world.heard(REFLEX)
    send(world, sound, "microphone", ago_s=ago_s, rate=rate)
    assert instinct.counters()["refused"] == 1
    clap(world, late_s=0.0)
    assert [event.name for event in heard] == ["clap"]
    assert instinct.counters()["refused"] == 1


def test_sixteen_microphones_are_heard_and_another_instead_of_a_silent_one(
    world: World, instinct: InstinctTier
) -> None:
    def refused_when(source: str) -> bool:
        before = instinct.counters()["refused"]
        speak(world, source)
        return instinct.counters()["refused"] > before

    all_of_them = [f"microphone{number}" for number in range(MAX_SOURCES)]
    assert not any(refused_when(source) for source in all_of_them)
    assert refused_when("another")
    world.clock.advance(1.1)
    silent = all_of_them.pop(3)
    assert not any(refused_when(source) for source in all_of_them)
    assert not refused_when("another")
    assert not any(refused_when(source) for source in all_of_them)
    assert refused_when(silent)


def test_signals_are_gated_by_strength(world: World, instinct: InstinctTier) -> None:
    del instinct  # it listens
    frames = world.heard(ALPHA)
    see(world, 0.1, 0.5, 0.9)
    assert [frame.order for frame in frames] == [(2, 1, 0)]


def test_each_reflex_rouses_for_the_next(world: World, instinct: InstinctTier) -> None:
    del instinct
    heard = world.heard(REFLEX)
    for pause_s in (0.0, 1.0, 600.0):
        world.clock.advance(pause_s)
        see(world, 0.9)
    first, soon, later = (event.arousal for event in heard)
    assert first == 0
    assert soon > 0.2
    assert later < 0.02
