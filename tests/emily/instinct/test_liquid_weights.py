"""Weights are read as they were written, and nothing else is taken for weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emily.instinct.liquid import Cfc, CfcWeights, Ltc, LtcWeights, WeightsError

LTC = LtcWeights.random(2, 3, np.random.default_rng(0))
CFC = CfcWeights.random(2, 3, 4, np.random.default_rng(1))
LTC_NAMES = LtcWeights.__dataclass_fields__
CFC_NAMES = CfcWeights.__dataclass_fields__


def test_ltc_weights_come_back_from_their_file(tmp_path: Path) -> None:
    LTC.save(tmp_path / "weights.npz")
    found = LtcWeights.load(tmp_path / "weights.npz")
    assert all((getattr(found, name) == getattr(LTC, name)).all() for name in LTC_NAMES)
    assert (Ltc(found).step(np.zeros(3), np.ones(2), 1) != 0).any()
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]


def test_cfc_weights_come_back_from_their_file_under_any_name(tmp_path: Path) -> None:
    CFC.save(tmp_path / "weights")
    CFC.save(tmp_path / "weights")  # which replaces it
    found = CfcWeights.load(tmp_path / "weights")
    assert all((getattr(found, name) == getattr(CFC, name)).all() for name in CFC_NAMES)
    assert Cfc(found).neurons == 3


def test_weights_are_copies_that_cannot_change() -> None:
    bias = np.zeros(3)
    weights = LtcWeights(LTC.input, LTC.recurrent, bias, LTC.tau_s, LTC.rate_hz, LTC.reversal)
    bias[0] = 9
    assert weights.bias[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        weights.bias[0] = 1


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("input", np.zeros((4, 2)), "recurrent has 3 neurons, the arrays before it 4"),
        ("input", np.zeros((3, 0)), "input must be of shape \\(neurons, inputs\\)"),
        ("recurrent", np.zeros((3, 2)), "recurrent has 2 neurons"),
        ("bias", np.zeros((3, 1)), "bias must be of shape \\(neurons\\)"),
        ("bias", [0, np.nan, 0], "bias must be finite"),
        ("bias", "none", "bias must be an array of numbers"),
        ("tau_s", [1, 0, 1], "tau_s must be above 0"),
        ("rate_hz", [1, -1, 1], "rate_hz must be at least 0"),
    ],
)
def test_ltc_weights_that_are_no_network_are_refused(
    name: str, values: object, message: str
) -> None:
    given = {field: getattr(LTC, field) for field in LTC_NAMES} | {name: values}
    with pytest.raises(WeightsError, match=message):
        LtcWeights(**given)


def test_cfc_weights_with_another_number_of_heads_are_refused() -> None:
    given = {field: getattr(CFC, field) for field in CFC_NAMES}
    given |= {"heads": CFC.heads[:3], "heads_bias": CFC.heads_bias[:3]}
    with pytest.raises(WeightsError, match="heads must be 4"):
        CfcWeights(**given)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("weights")


def _cut(path: Path) -> None:
    LTC.save(path)
    path.write_bytes(path.read_bytes()[:-40])


def _cut_inside(path: Path) -> None:
    LTC.save(path)
    data = bytearray(path.read_bytes())
    data[60:200] = bytes(140)
    path.write_bytes(bytes(data))


def _claims_encryption(path: Path) -> None:
    LTC.save(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))


def _one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _other_arrays(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, kind=np.array("ltc"), bias=np.zeros(3))


def _other_kind(path: Path) -> None:
    arrays = {name: getattr(LTC, name) for name in LTC_NAMES}
    with path.open("wb") as file:
        np.savez(file, kind=np.array("gru"), **arrays)


def _objects(path: Path) -> None:
    arrays = {name: np.array([Path()]) for name in LTC_NAMES}
    with path.open("wb") as file:
        np.savez(file, kind=np.array("ltc"), **arrays)


def _other_network(path: Path) -> None:
    CFC.save(path)


@pytest.mark.parametrize(
    "make",
    [
        _empty,
        _text,
        _cut,
        _cut_inside,
        _claims_encryption,
        _one_array,
        _other_arrays,
        _other_kind,
        _objects,
        _other_network,
    ],
)
def test_a_file_that_holds_no_such_weights_is_refused(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "weights.npz"
    make(path)
    with pytest.raises(WeightsError, match=r"weights\.npz"):
        LtcWeights.load(path)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        CfcWeights.load(tmp_path / "none.npz")


def test_weights_that_cannot_be_written_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        LTC.save(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
