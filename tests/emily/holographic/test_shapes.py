"""One vector and many: what goes in, what comes out, what serves for all."""

import math

import numpy as np
import pytest

from emily.instinct.holographic import (
    Holo,
)
from plain_holographic import convolution


@pytest.mark.parametrize(
    ("a", "b", "bound"),
    [
        ((8,), (8,), (8,)),
        ((5, 8), (8,), (5, 8)),
        ((8,), (5, 8), (5, 8)),
        ((5, 8), (1, 8), (5, 8)),
        ((1, 8), (8,), (1, 8)),
        ((1, 8), (1, 8), (1, 8)),
        ((0, 8), (8,), (0, 8)),
        ((1, 8), (0, 8), (0, 8)),
        ((0, 8), (0, 8), (0, 8)),
    ],
)
def test_one_vector_serves_for_all(
    a: tuple[int, int], b: tuple[int, int], bound: tuple[int, ...]
) -> None:
    left, right = Holo.random(a, seed=1), Holo.random(b, seed=2)
    expected = convolution(*np.broadcast_arrays(left.values, right.values))
    for _ in ("unknown spectra", "known spectra"):
        for found in (left.bind(right), right.bind(left)):
            assert found.shape == bound
            np.testing.assert_allclose(found.values, expected.reshape(bound), atol=1e-6)
    assert (left + right).shape == (left - right).shape == bound
    np.testing.assert_allclose(left.spectrum, np.fft.rfft(left.values), atol=1e-6)


@pytest.mark.parametrize("dim", [7, 1001])
def test_a_batch_gives_what_its_vectors_give(dim: int) -> None:
    a, b = Holo.random((6, dim), seed=1), Holo.random((6, dim), seed=2)
    together = a.bind(b)
    assert [x.bind(y) for x, y in zip(a, b, strict=True)] == list(together)


def test_vectors_are_picked_by_number_slice_and_numbers() -> None:
    five = Holo.random((5, 16), seed=1)
    for known in (False, True):
        assert five[3].shape == (16,)
        assert np.array_equal(five[-1].values, five.values[-1])
        assert np.array_equal(five[1:3].values, five.values[1:3])
        assert np.array_equal(five[[4, 0, 4]].values, five.values[[4, 0, 4]])
        assert np.array_equal(
            five[five.values[:, 0] > 0].values, five.values[five.values[:, 0] > 0]
        )
        assert len(five[:0]) == 0
        np.testing.assert_allclose(five[2].spectrum, np.fft.rfft(five.values[2]), atol=1e-6)
        if not known:
            five.bind(five)
    with pytest.raises(IndexError):
        five[5]
    for index in ((0, 0), (slice(None), 3), np.zeros((2, 2), int), None):
        with pytest.raises(IndexError, match="neither a number, a slice nor numbers"):
            five[index]


def test_arrays_go_in_and_out() -> None:
    array = np.arange(6, dtype=np.float64).reshape(2, 3)
    two = Holo(array)
    array[:] = 0
    assert np.array_equal(np.asarray(two), [[0, 1, 2], [3, 4, 5]])
    assert np.asarray(two, np.float32).dtype == np.float32
    assert (two.dim, two.shape, two.dtype, len(two)) == (3, (2, 3), np.float64, 2)
    assert repr(two) == "Holo(shape=(2, 3), dtype=float64)"
    assert two.sum() == Holo([3.0, 5.0, 7.0])
    assert two[0].sum() == two[0]
    for view in (two.values, two.spectrum, two[0].values, two[0].spectrum):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1


def test_equal_means_shape_type_and_values() -> None:
    one = Holo([1.0, 2.0])
    assert one == Holo(np.array([1.0, 2.0]))
    assert one != Holo([1.0, 3.0])
    assert one != Holo([[1.0, 2.0]])
    assert one != one.astype(np.float32)
    assert one != "1, 2"
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_similarity_is_the_cosine() -> None:
    a, b = (
        Holo.random((3, 64), seed=1, dtype=np.float64),
        Holo.random((4, 64), seed=2, dtype=np.float64),
    )
    cosines = [[x @ y / math.sqrt((x @ x) * (y @ y)) for y in b.values] for x in a.values]
    np.testing.assert_allclose(a.similarity(b), cosines)
    np.testing.assert_allclose(a.similarity(b[1]), np.array(cosines)[:, 1])
    np.testing.assert_allclose(a[2].similarity(b[1]), cosines[2][1])
    assert a[0].similarity(a[0]).shape == ()
    assert a.similarity(Holo.zeros(64, dtype=np.float64)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        *((np.float32, size) for size in (1e-45, 1e-30, 1e20, 3e38)),
        *((np.float64, size) for size in (5e-324, 1e-200, 1e200, 1e308)),
    ],
)
def test_similarity_does_not_depend_on_lengths(dtype: type, size: float) -> None:
    pair = np.array([[1.0, 0, 1], [0, 0, -1]])
    scaled = Holo((pair * size).astype(dtype))
    near = [[1, -math.sqrt(0.5)], [-math.sqrt(0.5), 1]]
    np.testing.assert_allclose(scaled.similarity(scaled), near, rtol=1e-6)
    np.testing.assert_allclose(scaled.similarity(Holo(pair.astype(dtype))), near, rtol=1e-6)


def test_similarity_stays_within_1_and_is_nan_for_infinite_vectors() -> None:
    many = Holo.random((50, 30), seed=1, dtype=np.float64)
    assert np.abs(many.similarity(many)).max() <= 1
    with np.errstate(over="ignore"):
        infinite = Holo([1e308, 1.0]) + Holo([1e308, 1.0])
    assert math.isnan(infinite.similarity(Holo([1.0, 1.0])))
