"""How much noise binding adds and how much a trace holds, against the published figures."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from emily.instinct.holographic import (
    CleanupMemory,
    Holo,
    Trace,
    recall_probability,
)


def moments(products: NDArray[np.floating], dim: int) -> tuple[float, float]:
    return float(products.mean()), float(dim * products.var())


def test_plates_moments_of_what_is_decoded() -> None:
    """Plate 1995: variances of 6/n, 2/n and 1/n."""
    dim, trials = 512, 4000
    rng = np.random.default_rng(1995)
    right, other, crossed = [], [], []
    for _ in range(3):
        c, x, y, d, z = (Holo.random((trials, dim), seed=rng) for _ in range(5))
        decoded, noise = c.bind(x).unbind(c), d.bind(z).unbind(c)
        for products, (a, b) in (
            (right, (x, decoded)),
            (other, (y, decoded)),
            (crossed, (x, noise)),
        ):
            products.append(np.einsum("ti,ti->t", a.values, b.values))
    mean, variance = moments(np.concatenate(right), dim)
    assert mean == pytest.approx(1, abs=0.005)
    assert variance == pytest.approx(6, abs=0.4)
    mean, variance = moments(np.concatenate(other), dim)
    assert mean == pytest.approx(0, abs=0.005)
    assert variance == pytest.approx(2, abs=0.12)
    mean, variance = moments(np.concatenate(crossed), dim)
    assert mean == pytest.approx(0, abs=0.005)
    assert variance == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(
    ("dim", "pairs", "unitary", "published"),
    [
        (512, 10, False, 0.9995),
        (512, 15, False, 0.9880),
        (512, 20, False, 0.9445),
        (1024, 40, False, 0.9505),
        (1024, 40, True, 0.961),
    ],
)
def test_traces_recall_as_often_as_published(
    dim: int, pairs: int, unitary: bool, published: float
) -> None:
    """Frady, Kleyko & Sommer 2018; 1,000 clean vectors."""
    expected = recall_probability(dim, pairs, 1000, unitary=unitary)
    assert expected == pytest.approx(published, abs=5e-4)
    rng = np.random.default_rng(dim + pairs)
    right = tried = 0
    for _ in range(4):
        memory = CleanupMemory(Holo.random((1000, dim), seed=rng))
        ids, decoded = [], []
        for _ in range(600 // pairs):
            keys = Holo.random((pairs, dim), seed=rng, unitary=unitary)
            ids.append(rng.choice(1000, pairs, replace=False))
            trace = Trace(dim)
            trace.add(keys, memory.items[ids[-1]])
            decoded.append(trace.unbind(keys).values)
        found = memory.search(Holo(np.concatenate(decoded))).ids[:, 0]
        right += np.count_nonzero(found == np.concatenate(ids))
        tried += len(found)
    assert right / tried == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("dim", "recall"), [(450, 0.985), (500, 0.9935), (550, 0.997)])
def test_a_superposition_of_15_of_1000_is_taken_apart(dim: int, recall: float) -> None:
    rng = np.random.default_rng(dim)
    found = 0
    for _ in range(10):
        memory = CleanupMemory(Holo.random((1000, dim), seed=rng))
        chosen = [rng.choice(1000, 15, replace=False) for _ in range(40)]
        sums = Holo(np.stack([memory.items[ids].sum().values for ids in chosen]))
        for ids, best in zip(chosen, memory.search(sums, k=15).ids, strict=True):
            found += len(set(ids) & set(best))
    assert found / (10 * 40 * 15) == pytest.approx(recall, abs=0.004)


@pytest.mark.parametrize("dim", [1, 64, 1024])
def test_the_probability_in_closed_form(dim: int) -> None:
    """Of two, the wrong one wins when a normal variable is below -s / sqrt(2)."""
    signal = math.sqrt(dim / 11)
    expected = 1 - math.erfc(signal / 2) / 2
    assert recall_probability(dim, 10, 2) == pytest.approx(expected, abs=1e-12)
    assert recall_probability(dim, 10, 1) == pytest.approx(1, abs=1e-12)


def test_the_probability_of_the_largest_numbers() -> None:
    assert recall_probability(10**300, 1, 2) == pytest.approx(1, abs=1e-12)
    assert recall_probability(1, 10**300, 2) == pytest.approx(1 / 2, abs=1e-12)
    assert recall_probability(1, 1, 10**300) == pytest.approx(0, abs=1e-12)


def test_the_probability_falls_with_pairs_and_items_and_grows_with_the_dimension() -> None:
    assert (
        recall_probability(256, 20, 10**9)
        < recall_probability(256, 20, 1000)
        < recall_probability(256, 19, 1000)
        < recall_probability(256, 19, 1000, unitary=True)
        < recall_probability(512, 19, 1000, unitary=True)
        < recall_probability(1, 1, 1000, unitary=True)
        == 1
    )
