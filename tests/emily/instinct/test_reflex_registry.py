"""The registry: the nearest example, or a condition; the highest priority; not twice, not too late."""

import contextlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from emily.instinct.reflex import (
    AUDIO,
    Condition,
    EntryError,
    Range,
    Reflex,
    ReflexRegistry,
    RegistryFileError,
    SignalError,
    built_in,
    salience,
)

MS = 1_000_000
RNG = np.random.default_rng(1)
FACES = {"friend": (0.1, 0.9, 0.2, 0.8), "stranger": (0.9, 0.1, 0.7, 0.2)}


def some(face: tuple[float, ...], count: int = 20) -> np.ndarray:
    return np.clip(np.array(face) + RNG.normal(0, 0.05, (count, len(face))), 0, 1)


def sights() -> ReflexRegistry:
    registry = ReflexRegistry()
    for priority, (name, face) in enumerate(FACES.items(), 1):
        reflex = Reflex(name, "greet", priority, refractory_ms=100, sense="visual")
        registry.add(reflex, some(face))
    return registry


@pytest.mark.parametrize("name", FACES)
def test_the_nearest_example_decides(name: str) -> None:
    registry = sights()
    for face in some(FACES[name], 10):
        match = registry.match("visual", face)
        assert match is not None
        assert match.reflex.name == name


def test_what_is_like_no_example_raises_nothing() -> None:
    registry = sights()
    assert registry.match("visual", [0.0, 0.0, 1.0, 1.0]) is None
    assert registry.feel("smell", [0.5], 0, 0) is None


def test_a_sight_is_felt_by_its_peak() -> None:
    firing = built_in().feel("visual", [0.1, 0.5, 0.9], 1000 * MS, 1002 * MS)
    assert firing is not None
    assert (firing.name, firing.action, firing.salience, firing.distance) == (
        "flash",
        "look",
        0.9,
        0,
    )
    assert (firing.t0_ns, firing.at_ns, firing.deadline_ns) == (1000 * MS, 1002 * MS, 1050 * MS)
    assert built_in().feel("visual", [0.1, 0.5, 0.69], 0, 0) is None


def test_of_several_the_highest_priority_fires() -> None:
    registry = sights()
    bright = Condition("mean", 0.3)
    for name, priority in (("low", 0), ("high", 5), ("late", 5)):
        registry.add(Reflex(name, "blink", priority, sense="visual", condition=bright))
    match = registry.match("visual", FACES["friend"])
    assert match is not None
    assert match.reflex.name == "high"
    registry.remove("high")
    registry.remove("late")
    match = registry.match("visual", FACES["friend"])
    assert match is not None
    assert match.reflex.name == "friend"


def test_a_reflex_does_not_fire_again_before_its_time() -> None:
    registry = sights()
    fired = [
        registry.feel("visual", FACES["friend"], at * MS, at * MS) is not None
        for at in (1000, 1099, 1100, 1150, 1200)
    ]
    assert fired == [True, False, True, False, True]
    assert registry.suppressed == 2
    assert registry.feel("visual", FACES["stranger"], 1201 * MS, 1201 * MS) is not None


def test_a_clock_that_is_set_back_does_not_silence_a_reflex() -> None:
    registry = sights()
    assert registry.feel("visual", FACES["friend"], 10**15, 10**15) is not None
    assert registry.feel("visual", FACES["friend"], 5 * MS, 5 * MS) is not None


def test_after_the_deadline_nothing_fires_and_it_is_counted() -> None:
    registry = sights()
    assert registry.feel("visual", FACES["friend"], 0, 50 * MS + 1) is None
    assert registry.late == 1
    assert registry.feel("visual", FACES["friend"], 0, 50 * MS) is not None


def test_removed_reflexes_do_not_fire_and_can_be_added_again() -> None:
    registry = sights()
    registry.remove("friend")
    assert "friend" not in registry
    match = registry.match("visual", FACES["friend"])
    assert match is None or match.reflex.name != "friend"
    registry.add(Reflex("friend", "hug", sense="visual"), some(FACES["friend"]))
    match = registry.match("visual", FACES["friend"])
    assert match is not None
    assert match.reflex.action == "hug"
    assert [reflex.name for reflex in registry] == ["stranger", "friend"]


def test_the_same_seed_makes_the_same_registry(tmp_path: Path) -> None:
    for name in ("one", "two"):
        built_in().save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_saved_registry_matches_as_before(tmp_path: Path) -> None:
    first = built_in()
    for name, face in FACES.items():
        reflex = Reflex(name, "greet", 4, 10, 20, "face", Condition("mean", 0.95))
        first.add(reflex, some(face), within=Range(4, 0, 2))
    first.save(tmp_path / "reflexes.npz")
    second = ReflexRegistry.load(tmp_path / "reflexes.npz")
    assert list(second) == list(first)
    for features in RNG.uniform(-0.5, 4, (100, 24)):
        assert second.match(AUDIO, features) == first.match(AUDIO, features)
    for features in RNG.uniform(0, 2, (100, 4)):
        assert second.match("face", features) == first.match("face", features)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reflexes.npz"
    sights().save(path)
    whole = path.read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(RegistryFileError, match=r"reflexes\.npz"):
            ReflexRegistry.load(path)
    for place in range(40, len(whole), len(whole) // 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with contextlib.suppress(RegistryFileError):
            assert len(ReflexRegistry.load(path)) == 2


FOREIGN = {
    "no archive": b"text",
    "an array": np.zeros(3),
    "no settings": {"other": np.zeros(3)},
    "no JSON": {"settings": np.frombuffer(b"{", np.uint8)},
    "a list": {"settings": np.frombuffer(b"[]", np.uint8)},
    "another version": {
        "settings": np.frombuffer(
            b'{"version":2,"dim":10000,"levels":16,"reflexes":[],"senses":{}}', np.uint8
        )
    },
    "more examples than a number holds": {
        "settings": np.frombuffer(
            b'{"version":1,"dim":10000,"levels":16,"reflexes":[],"senses":'
            b'{"sight":{"features":{"size":1,"low":0,"high":1},"counts":{"a":1%s}}}}' % (b"0" * 30),
            np.uint8,
        ),
        "vectors_0": np.zeros((1, 157), np.uint64),
    },
    "a reflex that nothing raises": {
        "settings": np.frombuffer(
            b'{"version":1,"dim":10000,"levels":16,"senses":{},'
            b'"reflexes":[{"name":"a","action":"b"}]}',
            np.uint8,
        )
    },
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_registry_is_refused(content: object, tmp_path: Path) -> None:
    path, made = tmp_path / "file", io.BytesIO()
    if isinstance(content, bytes):
        made.write(content)
    elif isinstance(content, dict):
        np.savez(made, **content)
    else:
        np.save(made, content)
    path.write_bytes(made.getvalue())
    with pytest.raises(RegistryFileError, match="file"):
        ReflexRegistry.load(path)
    with pytest.raises(RegistryFileError, match="nowhere"):
        ReflexRegistry.load(tmp_path / "nowhere")


def test_the_file_is_an_archive_of_numpy(tmp_path: Path) -> None:
    sights().save(tmp_path / "file")
    assert zipfile.ZipFile(tmp_path / "file").testzip() is None
    with np.load(tmp_path / "file") as file:
        assert file["vectors_0"].shape == (40, 157)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"action": 5},
        {"sense": ""},
        {"priority": 1.5},
        {"priority": True},
        {"refractory_ms": -1},
        {"refractory_ms": float("nan")},
        {"deadline_ms": 0},
        {"deadline_ms": float("inf")},
        {"deadline_ms": "50"},
        {"condition": "bright"},
    ],
    ids=str,
)
def test_a_reflex_that_cannot_be_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(EntryError, match=next(iter(fields))):
        Reflex(**({"name": "a", "action": "b"} | fields))  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize("fields", [("sum", 1), ("peak", float("nan")), ("mean", float("inf"))])
def test_a_condition_that_cannot_be_is_refused(fields: tuple[str, float]) -> None:
    with pytest.raises(EntryError):
        Condition(*fields)  # type: ignore[arg-type]  # that is the point


def test_additions_that_do_not_fit_change_nothing() -> None:
    registry = sights()
    for error, reflex, examples in (
        (EntryError, Reflex("friend", "a", sense="visual"), some(FACES["friend"])),
        (EntryError, Reflex("new", "a", sense="visual"), None),
        (SignalError, Reflex("new", "a", sense="visual"), np.zeros((3, 5))),
        (SignalError, Reflex("new", "a", sense="visual"), np.full((3, 4), np.nan)),
        (SignalError, Reflex("new", "a", sense="visual"), np.zeros((0, 4))),
        (SignalError, Reflex("new", "a"), np.zeros((3, 4))),
    ):
        with pytest.raises(error):
            registry.add(reflex, examples)
    with pytest.raises(EntryError, match="nobody"):
        registry.remove("nobody")
    assert [reflex.name for reflex in registry] == ["friend", "stranger"]
    assert registry.match(AUDIO, np.zeros(24)) is None


@pytest.mark.parametrize(
    "features",
    [[], [np.nan] * 4, [np.inf] * 4, [1j] * 4, ["a"] * 4, [[1.0] * 4], 1.0, None, [1, 2], [[1], []],
     np.zeros(100_000), [True] * 4],
    ids=lambda features: str(features)[:20],
)  # fmt: skip
def test_what_are_no_features_is_refused(features: object) -> None:
    with pytest.raises(SignalError, match="features"):
        sights().match("visual", features)  # type: ignore[arg-type]  # that is the point


def test_salience_is_that_of_the_strongest_feature() -> None:
    assert salience([0.1, -0.5, 0.3]) == 0.5
    assert salience([7, 1]) == 1.0


@pytest.mark.parametrize("fields", [(0, 0, 1), (5000, 0, 1), (3, 1, 1), (3, 0, np.inf)])
def test_a_range_that_cannot_be_is_refused(fields: tuple[int, float, float]) -> None:
    with pytest.raises(SignalError):
        Range(*fields)


def test_the_features_of_a_sense_are_fixed_by_its_first_examples() -> None:
    registry = sights()
    with pytest.raises(EntryError, match="visual"):
        registry.add(Reflex("new", "a", sense="visual"), np.zeros((3, 4)), within=Range(4, 0, 9))
    with pytest.raises(EntryError, match="audio"):
        registry.add(Reflex("new", "a"), np.zeros((3, 24)), within=Range(24))
    with pytest.raises(EntryError, match="nobody"):
        registry["nobody"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(RegistryFileError, match="nowhere"):
        sights().save(tmp_path / "nowhere" / "file")


def test_every_reflex_can_be_given_the_same_times() -> None:
    registry = built_in()
    before = {reflex.name: reflex for reflex in registry}
    registry.set_times()
    assert {reflex.name: reflex for reflex in registry} == before
    registry.set_times(deadline_ms=70)
    assert {reflex.deadline_ms for reflex in registry} == {70}
    assert {r.name: r.refractory_ms for r in registry} == {
        name: reflex.refractory_ms for name, reflex in before.items()
    }
    registry.set_times(refractory_ms=10)
    for at_ms in (0, 11):
        firing = registry.feel("visual", [0.9], at_ms * 1_000_000, at_ms * 1_000_000)
        assert firing is not None
        assert firing.deadline_ns == (at_ms + 70) * 1_000_000
    with pytest.raises(EntryError):
        registry.set_times(refractory_ms=-1)
