"""What does not fit is refused with its name and both shapes."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from emily.instinct import holographic
from emily.instinct.holographic import (
    CleanupMemory,
    Holo,
    HoloError,
    Trace,
    recall_probability,
)


def holo(*shape: int, dtype: type = np.float32) -> Holo:
    return Holo.random(shape, seed=1, dtype=dtype)


def overflowed(*shape: int) -> Holo:
    large = Holo(np.full(shape, 3e38, np.float32))
    with np.errstate(over="ignore", invalid="ignore"):
        return large + large - (large + large)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Holo(1.0), r"values has shape \(\), not \(dim,\) or \(n, dim\)"),
        (lambda: Holo(np.zeros((2, 3, 4))), r"values has shape \(2, 3, 4\), not"),
        (lambda: Holo([1, 2]), "values has dtype int64, not float32 or float64"),
        (lambda: Holo(np.zeros(3, ">f8")), "values has dtype >f8, not"),
        (lambda: Holo(np.zeros(3, complex)), "values has dtype complex128, not"),
        (lambda: Holo(np.zeros(0)), "dim is 0, not within 1 to 1,048,576"),
        (lambda: Holo([1.0, math.nan]), "values holds infinities or NaN"),
        (lambda: Holo([1.0, -math.inf]), "values holds infinities or NaN"),
        (lambda: Holo([1e300]).astype(np.float32), "values holds infinities or NaN"),
        (lambda: Holo([1.0]).astype(int), "dtype is int64, not float32 or float64"),
        (lambda: Holo.zeros(1_048_577), "dim is 1,048,577, not within 1 to 1,048,576"),
        (lambda: Holo.identity(-1), "dim is -1, not within"),
        (lambda: Holo.random(8, seed=1, dtype=np.float16), "dtype is float16, not"),
        (lambda: holo(-1, 8), r"shape is \(-1, 8\), not dim or \(n, dim\)"),
        (lambda: holo(2, 2, 8), r"shape is \(2, 2, 8\), not dim or \(n, dim\)"),
        (lambda: holo(8).bind(holo(9)), r"other has shape \(9,\), self \(8,\): dimensions differ"),
        (lambda: holo(8).unbind(holo(2, 9)), r"key has shape \(2, 9\), self \(8,\): dimensions"),
        (
            lambda: holo(3, 8).bind(holo(2, 8)),
            r"other has shape \(2, 8\), self \(3, 8\): numbers of vectors differ, and neither is one",
        ),
        (
            lambda: holo(0, 8).bind(holo(2, 8)),
            r"\(2, 8\), self \(0, 8\): numbers of vectors differ",
        ),
        (
            lambda: holo(8).bind(holo(8, dtype=np.float64)),
            r"other has shape \(8,\), self \(8,\), and types are float64 and float32; astype\(\)",
        ),
        (lambda: holo(8) + holo(9), r"other has shape \(9,\), self \(8,\): dimensions"),
        (lambda: holo(2, 8) - holo(3, 8), r"other has shape \(3, 8\), self \(2, 8\): numbers"),
        (lambda: holo(2, 8).similarity(holo(9)), r"other has shape \(9,\), self \(2, 8\): dim"),
        (lambda: Trace(0), "dim is 0"),
        (lambda: Trace(8, dtype=int), "dtype is int64"),
        (lambda: Trace(8).add(holo(9), holo(9)), r"keys has shape \(9,\), the trace \(8,\): dim"),
        (lambda: Trace(8).add(holo(8), holo(9)), r"values has shape \(9,\), keys \(8,\): dim"),
        (lambda: Trace(8).subtract(holo(2, 8), holo(3, 8)), r"\(3, 8\), keys \(2, 8\): numbers"),
        (lambda: Trace(8, dtype=np.float64).add(holo(8), holo(8)), "types are float32 and float64"),
        (lambda: Trace(8).unbind(holo(9)), r"key has shape \(9,\), self \(8,\): dimensions"),
        (lambda: CleanupMemory(holo(8)), r"items has shape \(8,\), not \(n, dim\)"),
        (
            lambda: CleanupMemory(holo(4, 8)).search(holo(9)),
            r"queries has shape \(9,\), items \(4, 8\)",
        ),
        (lambda: CleanupMemory(overflowed(4, 8)), "items holds infinities or NaN"),
        (
            lambda: CleanupMemory(holo(4, 8)).search(overflowed(8)),
            "queries holds infinities or NaN",
        ),
        (
            lambda: CleanupMemory(holo(4, 8)).search(overflowed(2, 8), k=2),
            "queries holds infinities or NaN",
        ),
        (
            lambda: CleanupMemory(Holo(np.full((2, 8), 1e300))).cleanup(Holo(np.full(8, 1e300))),
            "queries and items have dot products too large for float64",
        ),
        (lambda: CleanupMemory(holo(4, 8)).search(holo(8), k=0), "k is 0, not positive"),
        (lambda: CleanupMemory(holo(0, 8)).cleanup(holo(8)), r"items has shape \(0, 8\): nothing"),
        (lambda: recall_probability(0, 1, 1), "dim is 0, not positive"),
        (lambda: recall_probability(1, 0, 1), "pairs is 0, not positive"),
        (lambda: recall_probability(1, 1, 0), "items is 0, not positive"),
        (lambda: recall_probability(10**400, 1, 1), r"dim is not within 1 to 1e\+300"),
        (lambda: recall_probability(1, 10**400, 1), r"pairs is not within 1 to 1e\+300"),
        (lambda: recall_probability(1, 1, 10**5000), r"items is not within 1 to 1e\+300"),
        (lambda: recall_probability(1, 1, -(10**5000)), r"items is not within 1 to 1e\+300"),
        (lambda: recall_probability(1, math.inf, 2), r"pairs is not within 1 to 1e\+300"),
        (lambda: recall_probability(1, math.nan, 2), "pairs is nan, not positive"),
        (lambda: recall_probability(1, 1, math.nan), "items is nan, not positive"),
        (
            lambda: holographic.use("kissfft"),
            "the FFT library 'kissfft' cannot be used; here: .*numpy",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name_and_both_shapes(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(HoloError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: holo(8).bind(holo(8).values), "other is a ndarray, not a Holo"),
        (lambda: holo(8).unbind(None), "key is a NoneType, not a Holo"),
        (lambda: holo(8) + 1, "other is a int, not a Holo"),
        (lambda: Trace(8).add(holo(8), [1.0]), "values is a list, not a Holo"),
        (lambda: CleanupMemory(holo(1, 8)).search("a"), "queries is a str, not a Holo"),
        (lambda: CleanupMemory(holo(4, 8).values), "items is a ndarray, not a Holo"),
        (lambda: CleanupMemory(holo(4, 8)).search(holo(8), k=2.5), "k is 2.5, not a whole number"),
        (lambda: CleanupMemory(holo(4, 8)).search(holo(8), k="2"), "k is '2', not a whole number"),
        (lambda: len(holo(8)), "one vector has no length; see dim"),
        (lambda: holo(8)[0], "one vector cannot be indexed; see values"),
    ],
)
def test_what_is_no_vector_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()
