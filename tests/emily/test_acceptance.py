"""The acceptance threshold: exact binomial probabilities beside what it promises."""

from fractions import Fraction
from functools import cache
from itertools import accumulate

import pytest

from emily.instinct.hdc.acceptance import threshold
from emily.instinct.hdc.errors import HdcError
from emily.instinct.hdc.packing import DIM


@cache
def nearer(dim: int) -> list[int]:
    """Item d: of the 2**dim vectors so many differ from a given one in at most d bits."""
    exactly = accumulate(
        range(dim), lambda count, distance: count * (dim - distance) // (distance + 1), initial=1
    )
    return list(accumulate(exactly))


@pytest.mark.parametrize("dim", [64, 100, 1000, DIM])
@pytest.mark.parametrize("rows", [1, 1000, 10**6])
@pytest.mark.parametrize("false_accept", [0.5, 0.01, 1e-9, 1e-30])
def test_a_random_vector_is_accepted_as_rarely_as_wanted(
    dim: int, rows: int, false_accept: float
) -> None:
    limit = threshold(dim, rows, false_accept)
    chance = Fraction(nearer(dim)[limit], 2**dim) if limit >= 0 else Fraction(0)
    assert chance * rows <= Fraction(false_accept) * Fraction(11, 10)
    if dim == DIM:  # where the normal distribution is close, not much more rarely either
        assert chance * rows >= Fraction(false_accept) * Fraction(7, 10)


def test_the_threshold_of_a_thousand_items() -> None:
    assert threshold(DIM, 1000, 1e-9) == 4648


def test_probabilities_that_vanish_beside_one_still_count() -> None:
    limits = [threshold(DIM, 1000, p) for p in (1e-9, 1e-15, 1e-17, 1e-100, 1e-300, 5e-324)]
    assert limits == sorted(set(limits), reverse=True)
    assert threshold(DIM, 1, 1e-18) == 5000 - 438  # z = 8.757
    assert threshold(DIM, 10**6, 5e-324) == threshold(DIM, 1, 5e-324) > 0


def test_an_empty_memory_counts_as_one_row() -> None:
    assert threshold(DIM, 0, 1e-9) == threshold(DIM, 1, 1e-9)


@pytest.mark.parametrize("wrong", [0, 1, -0.1, 2, float("nan")])
def test_other_probabilities_are_refused(wrong: float) -> None:
    with pytest.raises(HdcError, match="false_accept is a probability between 0 and 1"):
        threshold(DIM, 1, wrong)
