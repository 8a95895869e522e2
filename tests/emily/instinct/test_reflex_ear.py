"""The ear: events in noise raise their reflex in time, noise alone raises none, and nothing sticks."""

import numpy as np
import pytest
from bench.emily.reflex_offline import BLOCK, LINE_MS, SAMPLE_NS, events
from numpy.typing import NDArray

from emily.instinct.reflex import Ear, Firing, SignalError, built_in, sounds

SECOND = sounds.RATE_HZ


def listen(ear: Ear, pcm: NDArray[np.int16], t0_ns: int = 0, block: int = BLOCK) -> list[Firing]:
    return [
        firing
        for start in range(0, len(pcm), block)
        for firing in ear.hear(pcm[start : start + block], t0_ns + start * SAMPLE_NS)
    ]


def noise(seconds: float, seed: int = 3, rms: float = 500) -> NDArray[np.int16]:
    rng = np.random.default_rng(seed)
    return sounds.pcm(sounds.white(rng, int(seconds * SECOND)), rms)


def clap_in_noise(onset: int = 2 * SECOND, seconds: float = 3, seed: int = 4) -> NDArray[np.int16]:
    rng = np.random.default_rng(seed)
    heard = sounds.white(rng, int(seconds * SECOND))
    heard[onset:] = sounds.mix(sounds.clap(rng), heard[onset:], 10)
    return sounds.pcm(heard, 500)


@pytest.mark.parametrize("kind", sounds.NOISES)
def test_events_as_loud_as_the_noise_are_noticed_in_time_and_named(kind: str) -> None:
    outcome = events(150, kind, seed=31)
    assert np.mean(outcome.latencies_ms <= LINE_MS) >= 0.99
    assert outcome.named / 150 >= 0.94
    assert (outcome.doubles, outcome.false) == (0, 0)


def test_nothing_is_noticed_before_it_was_heard() -> None:
    outcome = events(60, "white", seed=8, snr_db=40)
    assert outcome.latencies_ms.min() > 0
    assert outcome.false == 0


@pytest.mark.parametrize("kind", sounds.NOISES)
@pytest.mark.parametrize("range_db", [0.0, 12.0])
def test_noise_alone_raises_nothing(kind: str, range_db: float) -> None:
    rng = np.random.default_rng(5)
    heard = sounds.NOISES[kind](rng, 60 * SECOND)
    heard *= sounds.drift(rng, len(heard), range_db=range_db, period_s=20)
    assert listen(Ear(built_in()), sounds.pcm(heard, 500)) == []


@pytest.mark.parametrize("name", sounds.EVENTS)
@pytest.mark.parametrize("rms", [100, 3000])
def test_events_out_of_digital_silence_are_named(name: str, rms: float) -> None:
    rng = np.random.default_rng(6)
    heard = np.zeros(2 * SECOND)
    event = sounds.EVENTS[name](rng)
    heard[SECOND : SECOND + len(event)] = event / event.std()
    fired = listen(Ear(built_in()), sounds.pcm(heard, rms))
    assert [firing.name for firing in fired] == [name]


def test_a_firing_tells_what_to_do_and_until_when() -> None:
    onset, t0_ns = 2 * SECOND + 77, 5_000_000_000
    (firing,) = listen(Ear(built_in()), clap_in_noise(onset), t0_ns)
    onset_ns = t0_ns + onset * SAMPLE_NS
    assert (firing.name, firing.action, firing.priority) == ("clap", "orient", 1)
    assert -12_000_000 <= firing.t0_ns - onset_ns <= 12_000_000
    assert 0 < firing.at_ns - onset_ns <= 40_000_000
    assert firing.deadline_ns == firing.t0_ns + 50_000_000
    assert 0.5 < firing.salience <= 1
    assert firing.distance > 0


@pytest.mark.parametrize("block", [1, 7, 159, 160, 161, 320])
def test_blocks_of_any_length_are_heard_alike(block: int) -> None:
    pcm = clap_in_noise(SECOND, 1.5)
    whole = listen(Ear(built_in()), pcm)
    cut = listen(Ear(built_in()), pcm, block=block)
    assert [(f.name, f.t0_ns, f.distance) for f in cut] == [
        (f.name, f.t0_ns, f.distance) for f in whole
    ]
    assert len(cut) == 1


def test_floats_are_heard_as_integers_are() -> None:
    pcm = clap_in_noise()
    ear = Ear(built_in())
    heard = [
        firing
        for start in range(0, len(pcm), BLOCK)
        for firing in ear.hear(
            (pcm[start : start + BLOCK] / 32768).astype(np.float32), start * SAMPLE_NS
        )
    ]
    assert heard == listen(Ear(built_in()), pcm)


def test_what_goes_on_becomes_the_background() -> None:
    rng = np.random.default_rng(9)
    heard = sounds.white(rng, 6 * SECOND)
    heard[2 * SECOND :] *= 10
    onset = 5 * SECOND
    heard[onset:] = sounds.mix(sounds.clap(rng), heard[onset:], 10)
    ear = Ear(built_in())
    times = [f.at_ns / 1e9 for f in listen(ear, sounds.pcm(heard, 200))]
    assert [at for at in times if 2.5 < at < 5] == []
    assert [at for at in times if at > 5] == [pytest.approx(5.03, abs=0.02)]


def test_a_reflex_is_refractory() -> None:
    rng = np.random.default_rng(12)
    heard = sounds.white(rng, 5 * SECOND)
    for onset in (2.0, 2.15, 3.0):
        start = int(onset * SECOND)
        heard[start:] = sounds.mix(sounds.clap(rng), heard[start:], 20)
    registry = built_in()
    fired = listen(Ear(registry), sounds.pcm(heard, 200))
    assert [round(firing.at_ns / 1e9, 1) for firing in fired] == [2.0, 3.0]
    assert registry.suppressed == 1


def test_a_block_that_comes_too_late_raises_nothing_and_is_counted() -> None:
    registry = built_in()
    assert Ear(registry).hear(clap_in_noise(), 0) == []
    assert registry.late == 1


REFUSED = {
    "NaN": np.full(160, np.nan),
    "infinite": np.full(160, -np.inf, np.float32),
    "complex": np.zeros(160, np.complex128),
    "bytes": np.zeros(160, np.uint8),
    "other integers": np.zeros(160, np.int64),
    "other byte order": np.zeros(160, ">i2"),
    "booleans": np.zeros(160, np.bool_),
    "two channels": np.zeros((160, 2), np.int16),
    "no array": [0] * 160,
    "objects": np.array([None] * 160),
    "a million and one": np.zeros(1_000_001, np.int16),
}


@pytest.mark.parametrize("block", REFUSED.values(), ids=REFUSED)
def test_what_is_no_sound_is_refused_and_the_ear_goes_on(block: NDArray[np.int16]) -> None:
    ear, pcm = Ear(built_in()), clap_in_noise()
    listen(ear, pcm[:SECOND])
    with pytest.raises(SignalError, match="block"):
        ear.hear(block, SECOND * SAMPLE_NS)
    assert ear.faults.refused == 1
    start = SECOND + BLOCK
    fired = listen(ear, pcm[start:], start * SAMPLE_NS)
    assert [firing.name for firing in fired] == ["clap"]


EXTREMES = {
    "zeros": np.zeros(SECOND),
    "full scale": np.ones(SECOND),
    "clipped": np.sign(np.random.default_rng(1).standard_normal(SECOND)),
    "beyond full scale": np.full(SECOND, 1e30),
    "beneath the last bit": np.random.default_rng(1).standard_normal(SECOND) * 1e-30,
    "a constant": np.full(SECOND, 0.5),
}


@pytest.mark.parametrize("extreme", EXTREMES.values(), ids=EXTREMES)
def test_after_the_loudest_and_the_quietest_sounds_the_ear_hears_again(
    extreme: NDArray[np.float64],
) -> None:
    ear = Ear(built_in())
    for start in range(0, SECOND, BLOCK):
        ear.hear(extreme[start : start + BLOCK], start * SAMPLE_NS)
    listen(ear, noise(2), SECOND * SAMPLE_NS)
    fired = listen(ear, clap_in_noise(), 3 * SECOND * SAMPLE_NS)
    assert [(f.name, round(f.at_ns / 1e9)) for f in fired] == [("clap", 5)]


def test_a_constant_offset_changes_little() -> None:
    pcm = clap_in_noise()
    (plain,) = listen(Ear(built_in()), pcm)
    (offset,) = listen(Ear(built_in()), (pcm + 9000).astype(np.int16))
    assert (plain.name, plain.at_ns) == (offset.name, offset.at_ns)


def test_a_hundred_thousand_samples_at_once_leave_the_ear_well() -> None:
    ear = Ear(built_in())
    assert ear.hear(noise(100_000 / SECOND), 0) == []
    fired = listen(ear, clap_in_noise(), 100_000 * SAMPLE_NS)
    assert [firing.name for firing in fired] == ["clap"]


def test_no_samples_are_no_sound() -> None:
    assert Ear(built_in()).hear(np.zeros(0, np.int16), 0) == []


def test_a_sound_that_is_like_none_raises_nothing_and_is_counted() -> None:
    registry = built_in()
    for name in sounds.EVENTS:
        registry.remove(name)
    ear = Ear(registry)
    assert listen(ear, clap_in_noise()) == []
    assert ear.unnamed == 1


def test_the_ear_tells_whether_it_knows_the_background_and_how_novel_a_sound_is() -> None:
    ear, pcm = Ear(built_in()), clap_in_noise()
    listen(ear, pcm[: SECOND // 4])
    assert (ear.settled, ear.novelty) == (False, 0.0)
    listen(ear, pcm[SECOND // 4 : 2 * SECOND - BLOCK], SECOND // 4 * SAMPLE_NS)
    assert ear.settled
    assert ear.novelty < 1
    listen(ear, pcm[2 * SECOND - BLOCK : 2 * SECOND + 2 * BLOCK], (2 * SECOND - BLOCK) * SAMPLE_NS)
    assert ear.novelty > 1
