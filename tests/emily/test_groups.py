"""Many bundles of products at once: each is the bundle of its group alone, however threads share them."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

import plain_hdc as plain
from emily.instinct.hdc.bundling import bundle_groups, bundle_products
from emily.instinct.hdc.errors import HdcError, ShapeError
from emily.instinct.hdc.vectors import Hypervectors

pytestmark = pytest.mark.usefixtures("variant")


@given(
    plain.dims,
    st.lists(st.integers(1, 40), min_size=1, max_size=9),
    st.integers(1, 3),
    st.integers(1, 4),
    plain.seeds,
)
def test_a_row_is_the_bundle_of_its_group(
    dim: int, sizes: list[int], factors: int, threads: int, seed: int
) -> None:
    tables = [Hypervectors.random(5, dim, seed=seed + number) for number in range(factors)]
    indices = np.random.default_rng(seed).integers(0, 5, (sum(sizes), factors))
    ends = np.cumsum(sizes)
    together = bundle_groups(tables, indices, ends, threads=threads)
    alone = [bundle_products(tables, group) for group in np.split(indices, ends[:-1])]
    assert together == Hypervectors.stack(alone)
    out = Hypervectors.random(len(sizes), dim, seed=1)
    assert bundle_groups(tables, indices, ends, out) is out
    assert out == together


def test_a_long_group_beside_a_short_one() -> None:
    table = Hypervectors.random(7, seed=1)
    indices = np.random.default_rng(2).integers(0, 7, (1001, 1))
    rows = bundle_groups([table], indices, [1, 1001], threads=2)
    assert rows[0] == table[int(indices[0, 0])]
    assert rows[1] == bundle_products([table], indices[1:])


def test_no_group_gives_no_row() -> None:
    assert len(bundle_groups([Hypervectors.random(1, seed=1)], np.empty((0, 1), int), [])) == 0


H = Hypervectors.random(2, 100, seed=1)
REFUSED = [
    ([[0], [1]], [1], 1, "ends must rise from above 0 to len(indices), 2"),
    ([[0], [1]], [0, 2], 1, "ends must rise from above 0 to len(indices), 2"),
    ([[0], [1]], [2, 2], 1, "ends must rise from above 0 to len(indices), 2"),
    ([[0], [1]], [3, 2], 1, "ends must rise from above 0 to len(indices), 2"),
    ([[0], [1]], np.array([3, 2], np.uint64), 1, "ends must rise from above 0 to len(indices), 2"),
    ([[0], [1]], [], 1, "ends must rise to len(indices), 2, but there are none"),
    ([[0], [1]], [1.0, 2.0], 1, "ends must be whole numbers of shape (m,), not float64 of (2,)"),
    ([[0], [1]], [[2]], 1, "ends must be whole numbers of shape (m,), not int64 of (1, 1)"),
    ([[0], [1]], [2], 0, "threads must be 1 to 256, but is 0"),
    ([[0], [2]], [2], 1, "indices: column 0 reaches from 0 to 2, but its table has 2 rows"),
]


@pytest.mark.parametrize(("indices", "ends", "threads", "message"), REFUSED)
def test_other_groups_are_refused(
    indices: list[list[int]], ends: ArrayLike, threads: int, message: str
) -> None:
    with pytest.raises(HdcError, match=re.escape(message)):
        bundle_groups([H], indices, ends, threads=threads)


def test_another_out_is_refused() -> None:
    with pytest.raises(ShapeError, match=re.escape("out has 2 rows of 100 bits, not 1 of 100")):
        bundle_groups([H], [[0]], [1], H)
