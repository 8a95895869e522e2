"""Results that go where operands stand are those that other places would get."""

import numpy as np
import pytest

from emily.instinct.hdc import Hypervector, Hypervectors, bundle, bundle_groups, bundle_products

pytestmark = pytest.mark.usefixtures("variant")

ROWS = Hypervectors.random(6, 1000, seed=1)


@pytest.mark.parametrize(("source", "target"), [(0, 0), (0, 1), (1, 0), (0, 3)])
def test_rows_bound_into_rows_that_overlap(source: int, target: int) -> None:
    rows, key = ROWS.copy(), Hypervector.random(1000, seed=2)
    wanted = ROWS[source : source + 3] ^ key
    assert rows[source : source + 3].bind(key, out=rows[target : target + 3]) == wanted


@pytest.mark.parametrize("number", range(6))
def test_rows_bound_to_one_of_them(number: int) -> None:
    rows = ROWS.copy()
    assert rows.bind(rows[number], out=rows) == ROWS ^ ROWS[number]


def test_groups_bundled_into_their_table() -> None:
    rows = ROWS.copy()
    indices = np.random.default_rng(3).integers(0, 6, (30, 1))
    ends = [5, 10, 15, 20, 25, 30]
    assert bundle_groups([rows], indices, ends, rows) == bundle_groups([ROWS], indices, ends)


def test_bundles_into_one_of_their_rows() -> None:
    rows = ROWS.copy()
    assert bundle(rows, out=rows[2]) == bundle(ROWS)
    rows = ROWS.copy()
    assert bundle(rows, [1, 2, 3, 4, 5, 6], rows[0]) == bundle(ROWS, [1, 2, 3, 4, 5, 6])
    rows = ROWS.copy()
    assert bundle_products([rows, rows], [[0, 1], [2, 3], [4, 5]], rows[0]) == bundle_products(
        [ROWS, ROWS], [[0, 1], [2, 3], [4, 5]]
    )
