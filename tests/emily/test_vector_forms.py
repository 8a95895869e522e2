"""What a hypervector looks like from outside: bits, words, wire, pickles, and arrays that share its memory."""

import copy
import pickle
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plain_hdc as plain
from emily.instinct.hdc.packing import DIM, LINE
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors
from plain_hdc import Bits

one = plain.rows(least=1, most=1).map(lambda bits: bits[0])
many = plain.rows()


class TestForms:
    @given(one)
    def test_on_the_wire_words_are_little_endian(self, bits: Bits) -> None:
        vector = Hypervector.from_bits(bits)
        data = vector.to_wire()
        assert data == plain.wire(bits)
        assert Hypervector.from_wire(data, vector.dim) == vector
        assert vector.words.tolist() == np.frombuffer(data, "<u8").tolist()

    def test_ten_thousand_bits_are_157_words(self) -> None:
        vector = Hypervector.random(seed=1)
        assert (vector.dim, vector.words.shape, len(vector.to_wire())) == (10_000, (157,), 157 * 8)
        assert vector.padded.shape == (160,)

    @given(many)
    def test_many_are_one_after_another_on_the_wire(self, bits: Bits) -> None:
        rows = Hypervectors.from_bits(bits)
        assert rows.to_wire() == b"".join(plain.wire(row) for row in bits)
        assert Hypervectors.from_wire(rows.to_wire(), rows.dim) == rows
        assert np.array_equal(rows.bits(), bits)
        assert Hypervectors.from_words(rows.words, rows.dim) == rows

    @given(many, st.integers(2, pickle.HIGHEST_PROTOCOL))
    def test_pickles_are_equal_and_apart(self, bits: Bits, protocol: int) -> None:
        rows = Hypervectors.from_bits(bits)
        for original in (rows, *rows):
            for twin in (pickle.loads(pickle.dumps(original, protocol)), copy.deepcopy(original)):
                assert twin == original
                assert type(twin) is type(original)
                assert not np.shares_memory(twin.words, original.words)

    @pytest.mark.parametrize(
        "make",
        [
            lambda bits: bits.tolist(),
            lambda bits: bits.astype(np.float32),
            np.asfortranarray,
            lambda bits: np.repeat(bits, 2, axis=-1)[..., ::2],
        ],
    )
    def test_bits_are_taken_in_any_layout(self, make: Callable[[Bits], object]) -> None:
        bits = plain.random_bits((3, 1000), seed=1)
        assert np.array_equal(Hypervectors.from_bits(make(bits)).bits(), bits)
        assert np.array_equal(Hypervector.from_bits(make(bits[0])).bits(), bits[0])

    def test_words_are_taken_in_any_layout(self) -> None:
        words = Hypervectors.random(4, 1000, seed=1).words
        for laid in (np.asfortranarray(words), np.repeat(words, 2, axis=1)[:, ::2]):
            assert np.array_equal(Hypervectors.from_words(laid, 1000).words, words)
            assert np.array_equal(Hypervector.from_words(laid[1], 1000).words, words[1])

    def test_the_seed_says_which_are_drawn(self) -> None:
        generator = np.random.default_rng(3)
        assert Hypervectors.random(2, 100, seed=3) == Hypervectors.random(2, 100, seed=3)
        first = Hypervector.random(100, seed=generator)
        assert first == Hypervector.random(100, seed=3) == Hypervectors.random(2, 100, seed=3)[0]
        assert Hypervector.random(100, seed=generator) == Hypervectors.random(2, 100, seed=3)[1]
        share = Hypervectors.random(50, seed=4).bits().mean()
        assert abs(share - 0.5) < 4 * 0.5 / (50 * DIM) ** 0.5

    def test_zeros_are_zero(self) -> None:
        assert not Hypervector.zeros(100).bits().any()
        assert Hypervectors.zeros(2, 100).bits().shape == (2, 100)


class TestViews:
    def test_arrays_of_a_vector_share_its_memory(self) -> None:
        for vector in (Hypervector.random(seed=1), Hypervectors.random(3, seed=1)[1]):
            views = (vector.words, vector.padded, np.asarray(vector), vector.__buffer__(0))
            assert all(np.shares_memory(view, vector.words) for view in views)
            assert vector.padded.ctypes.data % LINE == 0
            before = vector.words.copy()
            vector.bind(vector, out=vector)
            assert before.any()
            assert not any(np.any(view) for view in views)

    def test_arrays_of_many_share_their_memory(self) -> None:
        rows = Hypervectors.random(3, seed=1)
        for view in (rows.words, rows.rows, np.asarray(rows), rows[1].words, rows[1:].words):
            assert np.shares_memory(view, rows.rows)
        assert rows.rows.shape == (3, 160)
        assert rows.rows.ctypes.data % LINE == 0

    def test_a_copy_shares_nothing(self) -> None:
        for original in (Hypervector.random(seed=1), Hypervectors.random(3, seed=1)):
            for other in (original.copy(), np.array(original), np.asarray(original, np.float64)):
                assert not np.shares_memory(np.asarray(other), original.words)

    def test_words_cannot_be_written(self) -> None:
        rows = Hypervectors.random(3, seed=1)
        for view in (rows.words, rows[0].words, rows[0].padded, np.asarray(rows[0].copy())):
            with pytest.raises(ValueError, match="read-only"):
                view[...] = 0

    def test_a_view_outlives_its_vector(self) -> None:
        vector = Hypervector.random(seed=1)
        words, wanted = vector.words, vector.words.tolist()
        row = Hypervectors.stack([vector])[0]
        buffer = row.__buffer__(0)
        del vector, row
        garbage = [Hypervector.zeros() for _ in range(100)]
        assert words.tolist() == buffer.tolist() == wanted
        assert len(garbage) == 100

    @pytest.mark.skipif(
        sys.version_info < (3, 12), reason="__buffer__ is asked from Python 3.12 on"
    )
    def test_the_buffer_protocol_gives_the_words(self) -> None:
        vector = Hypervector.random(seed=1)
        view = memoryview(vector)
        assert (view.readonly, view.format, view.shape) == (True, "L", (157,))
        assert np.shares_memory(np.frombuffer(view, np.uint64), vector.words)
