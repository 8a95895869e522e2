"""Entropy in bits: what is known of it in closed form, and what the correction is for."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scf.atlas.entropy import entropy, miller_madow

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=50).filter(any)


@pytest.mark.parametrize(
    ("counts", "bits"),
    [
        ([7], 0.0),
        ([7, 0, 0], 0.0),
        ([1, 1], 1.0),
        ([5] * 256, 8.0),
        ([2, 1, 1], 1.5),
        ([9, 1], -0.9 * math.log2(0.9) - 0.1 * math.log2(0.1)),
        ([], 0.0),
        ([0, 0], 0.0),
    ],
)
def test_of_known_distributions(counts, bits) -> None:
    assert entropy(counts) == pytest.approx(bits, abs=1e-12)


def test_the_correction_is_half_a_bin_less_one_for_each_that_was_counted() -> None:
    assert miller_madow([2, 1, 1]) == pytest.approx(1.5 + 2 / (2 * 4 * math.log(2)))
    assert miller_madow([4, 0]) == miller_madow([]) == 0.0


@given(COUNTS)
def test_it_lies_between_nothing_and_all_alike(counts) -> None:
    filled = sum(count > 0 for count in counts)
    assert 0 <= entropy(counts) <= math.log2(filled) + 1e-9
    assert miller_madow(counts) >= entropy(counts)


@given(COUNTS, st.randoms(use_true_random=False), st.integers(1, 100))
def test_neither_order_nor_scale_changes_it(counts, random, factor) -> None:
    shuffled = [count * factor for count in random.sample(counts, len(counts))]
    assert entropy(shuffled) == pytest.approx(entropy(counts), abs=1e-9)


def test_small_samples_show_too_little_and_the_correction_mends_most_of_it() -> None:
    rng = np.random.default_rng(1)
    samples = [np.bincount(rng.integers(0, 64, 400), minlength=64).tolist() for _ in range(200)]
    plain = 6 - np.mean([entropy(each) for each in samples])
    corrected = 6 - np.mean([miller_madow(each) for each in samples])
    assert plain > 0.1
    assert abs(corrected) < plain / 10
