"""The laws of binding, unbinding and superposing; shapes and number types."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given

from emily.instinct.holographic import (
    Holo,
)
from plain_holographic import TOLERANCE, assert_near, convolution, correlation, vectors


class TestAlgebra:
    @given(vectors(2, batch=True))
    def test_binding_is_circular_convolution(self, pair: tuple[Holo, Holo]) -> None:
        a, b = pair
        assert_near(a.bind(b), convolution(a.values, b.values), a, b)

    @given(vectors(2, batch=True))
    def test_unbinding_is_circular_correlation(self, pair: tuple[Holo, Holo]) -> None:
        trace, key = pair
        assert_near(trace.unbind(key), correlation(key.values, trace.values), trace, key)
        assert_near(trace.unbind(key), trace.bind(key.inverse()).values, trace, key)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("dim", [100, 1001, 1024, 4096, 20_000])
    def test_it_agrees_with_numpy_in_usual_dimensions(self, dim: int, dtype: type) -> None:
        a, b = (Holo.random((3, dim), seed=seed, dtype=dtype) for seed in (1, 2))
        left, right = (np.fft.rfft(x.values.astype(np.float64)) for x in (a, b))
        near = {"rtol": 0, "atol": 40 * float(np.finfo(dtype).eps)}
        np.testing.assert_allclose(a.bind(b).values, np.fft.irfft(left * right, dim), **near)
        np.testing.assert_allclose(
            a.unbind(b).values, np.fft.irfft(left * right.conj(), dim), **near
        )
        np.testing.assert_allclose(a.spectrum, left, rtol=0, atol=near["atol"] * 10)
        assert a.bind(b).dtype == dtype

    @given(vectors(3))
    def test_binding_is_commutative_associative_and_distributes_over_sums(
        self, three: tuple[Holo, Holo, Holo]
    ) -> None:
        a, b, c = three
        assert_near(a.bind(b), b.bind(a).values, a, b)
        assert_near(a.bind(b).bind(c), a.bind(b.bind(c)).values, a, b, c)
        assert_near(a.bind(b + c), (a.bind(b) + a.bind(c)).values, a, b + c)
        assert_near(a.bind(b - c), (a.bind(b) - a.bind(c)).values, a, b, c)

    @given(vectors(1, batch=True))
    def test_the_identity_binds_and_zero_superposes_without_effect(self, one: tuple[Holo]) -> None:
        (a,) = one
        assert_near(a.bind(Holo.identity(a.dim, dtype=a.dtype)), a.values, a)
        assert a + Holo.zeros(a.dim, dtype=a.dtype) == a

    @given(vectors(2))
    def test_unitary_keys_unbind_exactly(self, pair: tuple[Holo, Holo]) -> None:
        value, key = pair[0], pair[1].unitary()
        np.testing.assert_allclose(np.abs(key.spectrum), 1, atol=10 * TOLERANCE[key.dtype])
        assert_near(value.bind(key).unbind(key), value.values, value, key)
        assert_near(key.bind(key.inverse()), Holo.identity(key.dim).values, key, key)
        assert_near(key.unitary(), key.values, key)

    def test_random_keys_can_be_made_unitary(self) -> None:
        keys = Holo.random((20, 1024), seed=5, unitary=True)
        values = Holo.random((20, 1024), seed=6)
        np.testing.assert_allclose(values.bind(keys).unbind(keys).values, values.values, atol=2e-6)
        assert np.abs(values.bind(values).unbind(values).values - values.values).max() > 0.05


class TestTypes:
    def test_a_seed_gives_the_same_vectors_in_both_types(self) -> None:
        drawn = np.random.default_rng(7).standard_normal((4, 100)) / 10
        double, single = (Holo.random((4, 100), seed=7, dtype=t) for t in (np.float64, np.float32))
        assert np.array_equal(double.values, drawn)
        assert single == double.astype(np.float32)
        assert Holo.random((4, 100), seed=np.random.default_rng(7)) == single
        assert Holo.random(100, seed=7).shape == (100,)

    def test_float32_is_float64_rounded(self) -> None:
        for operation in (Holo.bind, Holo.unbind):
            double, single = (
                operation(*(Holo.random((9, 1024), seed=s, dtype=t) for s in (1, 2)))
                for t in (np.float64, np.float32)
            )
            error = np.abs(double.values - single.values).max()
            assert 0 < error < 1e-6

    @given(vectors(1, batch=True))
    def test_pickles_and_copies_are_equal(self, one: tuple[Holo]) -> None:
        (a,) = one
        for _ in ("unknown spectra", "known spectra"):
            for same in (pickle.loads(pickle.dumps(a)), copy.deepcopy(a), copy.copy(a)):
                assert same == a
                assert same.bind(a) == a.bind(a)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("operation", [Holo.bind, Holo.__add__, lambda a, _: a.sum()])
    def test_what_overflowed_pickles_and_copies_as_it_is(
        self, operation: Callable[[Holo, Holo], Holo], dtype: type
    ) -> None:
        large = Holo(np.full((2, 8), np.finfo(dtype).max))
        with np.errstate(over="ignore", invalid="ignore"):
            result = operation(large, large)
        assert not np.isfinite(result.values).any()
        for same in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            np.testing.assert_array_equal(same.values, result.values)
            assert same.dtype == dtype
