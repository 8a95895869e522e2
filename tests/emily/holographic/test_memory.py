"""Traces of bound pairs, and the memory that cleans up what they recall."""

import math
import pickle
from typing import SupportsIndex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from emily.instinct.holographic import (
    CleanupMemory,
    Holo,
    HoloError,
    Scores,
    Trace,
)
from plain_holographic import assert_near, convolution, correlation, vectors


class TestTrace:
    def test_a_key_recalls_its_value(self) -> None:
        roles, words = (
            Holo.random((3, 1024), seed=1, unitary=True),
            Holo.random((1000, 1024), seed=2),
        )
        memory, trace = CleanupMemory(words), Trace(1024)
        trace.add(roles, words[[10, 20, 30]])
        assert memory.search(trace.unbind(roles)).ids.tolist() == [[10], [20], [30]]
        assert trace.recall(roles, memory) == words[[10, 20, 30]]
        assert trace.recall(roles[1], memory) == words[20]

    @given(vectors(2, batch=True))
    def test_it_is_the_sum_of_what_was_bound(self, pair: tuple[Holo, Holo]) -> None:
        keys, values = pair
        trace = Trace(keys.dim, dtype=keys.dtype)
        assert trace.vector == Holo.zeros(keys.dim, dtype=keys.dtype)
        trace.add(keys, values)
        assert trace.pairs == len(keys)
        assert_near(trace.vector, convolution(keys.values, values.values).sum(axis=0), keys, values)
        single = Trace(keys.dim, dtype=keys.dtype)
        for key, value in zip(keys, values, strict=True):
            single.add(key, value)
        assert_near(single.vector, trace.vector.values, keys, values)
        assert_near(
            trace.unbind(keys), correlation(keys.values, single.vector.values), keys, keys, values
        )

    def test_what_is_subtracted_is_gone(self) -> None:
        keys, values = Holo.random((500, 256), seed=1), Holo.random((500, 256), seed=2)
        trace = Trace(256)
        trace.add(keys, values)
        trace.subtract(keys[1:], values[1:])
        assert trace.pairs == 1
        np.testing.assert_allclose(trace.vector.values, keys[0].bind(values[0]).values, atol=1e-6)
        trace.subtract(keys[0], values[0])
        assert trace.pairs == 0
        np.testing.assert_allclose(trace.vector.values, 0, atol=1e-6)

    def test_one_key_serves_many_values(self) -> None:
        key, values = Holo.random(64, seed=1), Holo.random((5, 64), seed=2)
        trace = Trace(64)
        trace.add(key, values)
        assert trace.pairs == 5
        np.testing.assert_allclose(trace.vector.values, key.bind(values.sum()).values, atol=1e-6)

    def test_what_does_not_fit_leaves_it_as_it_was(self) -> None:
        trace = Trace(64)
        trace.add(Holo.random(64, seed=1), Holo.random(64, seed=2))
        before = trace.vector
        with pytest.raises(HoloError):
            trace.add(Holo.random((2, 64), seed=1), Holo.random((3, 64), seed=2))
        assert trace.vector == before
        assert trace.pairs == 1
        large = Holo(np.full(64, 1e30, np.float32))
        with pytest.raises(HoloError, match="too large: the trace leaves float32's range"):
            trace.add(large, large)
        assert trace.vector == before
        assert trace.pairs == 1

    def test_it_pickles_with_its_sum(self) -> None:
        trace = Trace(64)
        trace.add(Holo.random((3, 64), seed=1), Holo.random((3, 64), seed=2))
        same = pickle.loads(pickle.dumps(trace))
        assert same.vector == trace.vector
        assert same.pairs == 3
        trace.subtract(Holo.random((3, 64), seed=1), Holo.random((3, 64), seed=2))
        assert same.pairs == 3


class TestCleanup:
    @given(
        hnp.arrays(
            np.float32, st.tuples(st.integers(0, 6), st.just(2)), elements=st.integers(-2, 2)
        ),
        hnp.arrays(
            np.float32, st.tuples(st.integers(0, 4), st.just(2)), elements=st.integers(-2, 2)
        ),
        st.integers(1, 8),
    )
    def test_the_best_come_first_and_of_equal_ones_the_lower_number(
        self, items: NDArray[np.float32], queries: NDArray[np.float32], k: int
    ) -> None:
        found = CleanupMemory(Holo(items)).search(Holo(queries), k)
        products = queries @ items.T
        for row, scores, ids in zip(products, *found, strict=True):
            expected = sorted(range(len(items)), key=lambda i: (-row[i], i))[:k]
            missing = k - len(expected)
            assert ids.tolist() == expected + [-1] * missing
            assert scores.tolist() == [row[i] for i in expected] + [-math.inf] * missing
        assert found.ids.shape == found.scores.shape == (len(queries), k)
        assert (found.ids.dtype, found.scores.dtype) == (np.int64, np.float32)

    def test_one_query_has_no_axis_of_queries(self) -> None:
        memory = CleanupMemory(Holo.random((9, 32), seed=1))
        scores, ids = memory.search(memory.items[4], k=3)
        assert ids.shape == scores.shape == (3,)
        assert ids[0] == 4
        assert memory.cleanup(memory.items[4] + memory.items[4]) == memory.items[4]
        assert len(memory) == 9

    @pytest.mark.parametrize("k", [np.uint8(3), np.int64(3)])
    def test_k_is_any_whole_number(self, k: SupportsIndex) -> None:
        memory = CleanupMemory(Holo.random((300, 32), seed=1))
        expected = memory.search(memory.items[:5], 3)
        found = memory.search(memory.items[:5], k)
        assert isinstance(found, Scores)
        assert np.array_equal(found.ids, expected.ids)
        assert np.array_equal(found.scores, expected.scores)

    def test_many_queries_are_searched_in_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        memory = CleanupMemory(Holo.random((50, 32), seed=1))
        queries = Holo.random((23, 32), seed=2)
        whole = memory.search(queries, k=4)
        monkeypatch.setattr(f"{CleanupMemory.__module__}._SCORES_AT_ONCE", 100)
        parts = memory.search(queries, k=4)
        assert np.array_equal(parts.ids, whole.ids)
        np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-5)

    def test_it_pickles(self) -> None:
        memory = pickle.loads(pickle.dumps(CleanupMemory(Holo.random((9, 32), seed=1))))
        assert memory.items == Holo.random((9, 32), seed=1)
