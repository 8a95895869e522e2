"""Weights in files: the shipped ones are as good as they say, and no broken file is served."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emily.cognition.gflownet import GFlowNet, Hypergrid, Recipe, WeightsError, evaluate
from emily.cognition.gflownet.checkpoint import SHIPPED, Trained, assess, load, save
from emily.cognition.gflownet.policy import Parameters, Policy, shapes


@pytest.fixture(scope="module")
def shipped() -> Trained:
    return load()


@pytest.fixture(scope="module")
def small() -> Trained:
    untrained = Policy.random(Hypergrid(4, 2), np.random.default_rng(0))
    return assess(untrained, Recipe(steps=2))


def test_the_shipped_weights_are_faithful_to_the_8x4_grid(shipped: Trained) -> None:
    grid = shipped.policy.grid
    assert grid == Hypergrid(side=8, dimensions=4, floor=0.1)
    found = evaluate(shipped.policy)
    assert found.l1 < 0.02  # the goal is .2
    assert found.modes == grid.modes == 16
    assert float(shipped.policy.parameters.log_z[0]) == pytest.approx(grid.log_z, abs=0.01)


def test_the_shipped_record_says_what_is_found(shipped: Trained) -> None:
    found, record = evaluate(shipped.policy), shipped.record
    assert record.l1 == pytest.approx(found.l1, abs=1e-4)
    assert record.modes == found.modes
    assert record.log_z == float(shipped.policy.parameters.log_z[0])
    assert record.recipe == Recipe()  # the command without arguments trains them again


def test_the_shipped_file_is_small() -> None:
    assert SHIPPED.stat().st_size < 400_000


@pytest.mark.parametrize("damage", ["zero", "shuffled", "last layer"])
def test_other_weights_in_its_place_would_be_noticed(shipped: Trained, damage: str) -> None:
    values = shipped.policy.parameters
    if damage == "zero":
        broken = Parameters(*map(np.zeros_like, values))
    elif damage == "shuffled":
        broken = values._replace(w2=np.random.default_rng(0).permutation(values.w2))
    else:
        broken = values._replace(w3=values.w3 * np.float32(1.5))
    found = evaluate(replace(shipped.policy, parameters=broken))
    assert found.l1 > 0.2


def test_what_is_saved_is_loaded(small: Trained, tmp_path: Path) -> None:
    path = tmp_path / "small.npz"
    save(small, path)
    again = load(path)
    assert again.record == small.record
    assert again.version == small.version
    for values, saved in zip(again.policy.parameters, small.policy.parameters, strict=True):
        assert values.tobytes() == saved.tobytes()
        assert not values.flags.writeable


def test_versions_name_the_weights(small: Trained, shipped: Trained) -> None:
    values = small.policy.parameters
    other = replace(small.policy, parameters=values._replace(b3=values.b3 + np.float32(1e-6)))
    record = small.record.model_copy(update={"l1": 0.0})
    others = shipped, replace(small, policy=other), replace(small, record=record)
    assert len({small.version, *(one.version for one in others)}) == 4
    assert shipped.version.startswith("hypergrid-8x4-")


def test_a_write_that_fails_leaves_what_was_there(
    small: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.npz"
    save(small, path)
    before = path.read_bytes()

    def half(file: object, **_: object) -> None:
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", half)
    with pytest.raises(OSError, match="no space left"):
        save(small, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_who_reads_the_old_file_goes_on_reading_it(
    small: Trained, shipped: Trained, tmp_path: Path
) -> None:
    path = tmp_path / "small.npz"
    save(small, path)
    before = path.read_bytes()
    with path.open("rb") as reader:
        save(shipped, path)
        assert reader.read() == before
    assert load(path).version == shipped.version


def contents(trained: Trained) -> dict[str, np.ndarray]:
    record = np.array(trained.record.model_dump_json())
    return {"record": record, **trained.policy.parameters._asdict()}


BROKEN = {
    "no record": lambda c: c.pop("record"),
    "no layer": lambda c: c.pop("w2"),
    "wrong shape": lambda c: c.update(w2=c["w2"][:-1]),
    "wrong number of axes": lambda c: c.update(b1=np.float32(0)),
    "another grid": lambda c: c.update(w1=np.zeros((9, 256), np.float32)),
    "double precision": lambda c: c.update(w3=c["w3"].astype(np.float64)),
    "nan": lambda c: c.update(b2=c["b2"] + np.float32("nan")),
    "infinity": lambda c: c.update(log_z=np.array([np.inf], np.float32)),
    "objects": lambda c: c.update(w1=np.array([{}], object)),
    "format 2": lambda c: c.update(record=edited(c, '"format":1', '"format":2')),
    "unknown field": lambda c: c.update(record=edited(c, '"format":1', '"format":1,"more":1')),
    "number as text": lambda c: c.update(record=edited(c, '"side":4', '"side":"4"')),
    "too large a grid": lambda c: c.update(record=edited(c, '"side":4', '"side":1000000')),
    "no steps": lambda c: c.update(record=edited(c, '"steps":2', '"steps":0')),
    "record of bytes": lambda c: c.update(record=np.array([1, 2, 3])),
}


def edited(content: dict[str, np.ndarray], old: str, new: str) -> np.ndarray:
    text = str(content["record"])
    assert old in text
    return np.array(text.replace(old, new))


@pytest.mark.parametrize("what", BROKEN)
def test_weights_that_do_not_fit_are_refused(what: str, small: Trained, tmp_path: Path) -> None:
    content, path = contents(small), tmp_path / "broken.npz"
    BROKEN[what](content)
    np.savez(path, **content)
    with pytest.raises(WeightsError, match=r"broken\.npz"):
        GFlowNet.load(path)


NO_ARCHIVE = r"weights\.npz holds no weights: it is no \.npz file"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("missing", r"weights\.npz cannot be read: No such file"),
        ("folder", r"weights\.npz cannot be read: Is a directory"),
        ("empty", NO_ARCHIVE),
        ("text", NO_ARCHIVE),
        ("array", NO_ARCHIVE),
    ],
)
def test_what_is_no_file_of_weights_is_refused(what: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    if what == "folder":
        path.mkdir()
    elif what == "array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif what != "missing":
        path.write_text("" if what == "empty" else "not weights")
    with pytest.raises(WeightsError, match=words):
        load(path)


@pytest.fixture(scope="module")
def saved(small: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "small.npz"
    save(small, path)
    return path


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_noticed_or_harmless(saved: Path, small: Trained, data) -> None:
    raw = bytearray(saved.read_bytes())
    # half of the flips hit the names and checksums at the end, where most is to be broken
    first = data.draw(st.sampled_from([0, len(raw) - 1000]))
    raw[data.draw(st.integers(first, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = saved.with_name("flipped.npz")
    path.write_bytes(raw)
    try:
        loaded = load(path)
    except WeightsError:
        return
    assert loaded.version == small.version


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_torn_file_is_refused(saved: Path, share: float) -> None:
    raw = saved.read_bytes()
    path = saved.with_name("torn.npz")
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(WeightsError):
        load(path)


def test_a_policy_names_the_parameter_that_does_not_fit() -> None:
    grid = Hypergrid(4, 2)
    good = {name: np.zeros(shape, np.float32) for name, shape in shapes(grid, 16).items()}
    with pytest.raises(WeightsError, match=r"b3 has shape \(4,\).*needs \(3,\)"):
        Policy(grid, Parameters(**{**good, "b3": np.zeros(4, np.float32)}))
    with pytest.raises(WeightsError, match="w1 holds values that are not finite"):
        Policy(grid, Parameters(**{**good, "w1": good["w1"] + np.float32("inf")}))
