"""Shapes: how they are written, and what has them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scf.vault.candidate import Candidate
from scf.vault.verifiers import JsonShape, ShapeError

SHAPES = [
    ("point: number[2]", {"point": [1, 2.5]}, True),
    ("point: number[2]", {"point": [1]}, False),
    ("point: number[2]", {"point": [1, None]}, False),
    ("point: number[2]", {"point": [1, True]}, False),
    ("point: number[2]", {"point": {"0": 1, "1": 2}}, False),
    ("point: number[]", {"point": []}, True),
    ("point: number[0]", {"point": [1]}, False),
    ("a.b: string, c: integer", {"a": {"b": ""}, "c": 1, "d": 2}, True),
    ("a.b: string, c: integer", {"a": {"b": ""}, "c": 1.5}, False),
    ("a.b: string", {"a": "b"}, False),
    ("a: boolean", {"a": False}, True),
    ("a: boolean", {"a": 0}, False),
    ("a: object", {"a": {}}, True),
    ("a: object", {"a": []}, False),
    ("a: any", {"a": None}, True),
    ("a: any", {}, False),
    ("a: number", [1], False),
]


@pytest.mark.parametrize(("shape", "value", "passed"), SHAPES)
def test_a_value_has_the_shape_or_not(shape, value, passed) -> None:
    verdict = JsonShape.parse(shape).verify(Candidate(b"", "json", value, "m", "s"))
    assert verdict.passed is passed
    assert verdict.verifier == f"json-shape {shape}"
    assert bool(verdict.detail) is not passed


def test_text_has_no_shape() -> None:
    verdict = JsonShape.parse("a: any").verify(Candidate(b"{}", "utf-8", "{}", "m", "s"))
    assert not verdict.passed


@pytest.mark.parametrize(
    "shape", ["", "a", "a:", "a: float", "a: number[", "a: number[x]", "a: any,"]
)
def test_what_is_no_shape_is_an_error(shape) -> None:
    with pytest.raises(ShapeError, match="is no shape of a field"):
        JsonShape.parse(shape)


@given(st.text())
def test_no_text_is_worse_than_an_error(text) -> None:
    with suppress(ShapeError):
        JsonShape.parse(text)
