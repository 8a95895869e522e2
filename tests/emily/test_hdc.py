"""The C kernel of binary hypervectors: the laws of XOR and Hamming distance, and what it refuses."""

import importlib
import os
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

try:
    from emily.instinct import hdc
except ImportError as error:
    if os.environ.get("SOVEREIGN_REQUIRE_EXTENSION"):
        raise
    pytest.skip(str(error), allow_module_level=True)

VECTORS = st.integers(0, 40).flatmap(
    lambda words: st.tuples(*[st.binary(min_size=8 * words, max_size=8 * words)] * 3)
)


@given(VECTORS)
def test_hamming_counts_the_bits_that_differ(vectors: tuple[bytes, bytes, bytes]) -> None:
    a, b, _ = vectors
    differing = int.from_bytes(a, "big") ^ int.from_bytes(b, "big")
    assert hdc.hamming(a, b) == differing.bit_count()


@given(VECTORS)
def test_hamming_is_a_metric(vectors: tuple[bytes, bytes, bytes]) -> None:
    a, b, c = vectors
    assert hdc.hamming(a, a) == 0
    assert hdc.hamming(a, b) == hdc.hamming(b, a)
    assert hdc.hamming(a, c) <= hdc.hamming(a, b) + hdc.hamming(b, c)


@given(VECTORS)
def test_binding_is_undone_by_itself_and_keeps_distances(
    vectors: tuple[bytes, bytes, bytes],
) -> None:
    a, b, key = vectors
    bound = hdc.bind(a, key)
    assert bound == bytes(x ^ y for x, y in zip(a, key, strict=True))
    assert hdc.bind(bound, key) == a
    assert hdc.hamming(bound, hdc.bind(b, key)) == hdc.hamming(a, b)


@pytest.mark.parametrize(("a", "b"), [(8, 16), (7, 7), (0, 8)])
@pytest.mark.parametrize("operation", [hdc.hamming, hdc.bind])
def test_other_lengths_are_refused_with_both(
    operation: Callable[[bytes, bytes], object], a: int, b: int
) -> None:
    with pytest.raises(ValueError, match=f"not {a} and {b}"):
        operation(bytes(a), bytes(b))


def test_a_machine_without_a_compiler_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "emily.instinct.hdc._kernel", None)
    monkeypatch.delitem(sys.modules, "emily.instinct.hdc")
    with pytest.raises(ImportError, match="gcc python3-dev"):
        importlib.import_module("emily.instinct.hdc")
