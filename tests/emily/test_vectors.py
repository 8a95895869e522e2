"""Hypervectors, one and many: every operation as NumPy does it on bits, its laws, and what is refused."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plain_hdc as plain
from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.packing import DIM
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors
from plain_hdc import Bits

pytestmark = pytest.mark.usefixtures("variant")

one = plain.rows(least=1, most=1).map(lambda bits: bits[0])
pairs = plain.same_dim(2)
triples = plain.same_dim(3)
many = plain.rows()


def vectors(bits: Bits) -> list[Hypervector]:
    return [Hypervector.from_bits(row) for row in bits]


def padding(words: np.ndarray, dim: int) -> np.ndarray:
    """The bits after `dim` of whole lines."""
    octets = words.astype("<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little")[..., dim:]


class TestOne:
    @given(pairs)
    def test_binding_is_xor(self, bits: Bits) -> None:
        a, b = vectors(bits)
        out = Hypervector.random(a.dim, seed=1)
        for bound in (a ^ b, a.bind(b), a.bind(b, out=out), a.copy().bind(b)):
            assert np.array_equal(bound.bits(), bits[0] ^ bits[1])
        assert a.bind(b, out=out) is out
        assert a.bind(b, out=a) is a
        assert a == out

    @given(one, plain.shifts)
    def test_permuting_rolls(self, bits: Bits, shift: int) -> None:
        vector = Hypervector.from_bits(bits)
        rolled = np.roll(bits, shift % len(bits))
        assert np.array_equal(vector.permute(shift).bits(), rolled)
        out = Hypervector.random(vector.dim, seed=1)
        assert vector.permute(shift, out=out) is out
        assert np.array_equal(out.bits(), rolled)
        assert not padding(out.padded, out.dim).any()

    def test_permuting_rolls_by_one_unless_told(self) -> None:
        vector = Hypervector.random(seed=1)
        assert vector.permute() == vector.permute(1) == vector.permute(np.int64(DIM + 1))

    @given(pairs)
    def test_the_distance_counts_the_bits_that_differ(self, bits: Bits) -> None:
        a, b = vectors(bits)
        distance = int((bits[0] != bits[1]).sum())
        assert a.distance(b) == distance
        assert a.similarity(b) == 1 - 2 * distance / a.dim
        assert (a == b) == (distance == 0)

    @pytest.mark.parametrize("dim", plain.WIDEST)
    def test_the_widest_work_too(self, dim: int) -> None:
        a, b = (plain.random_bits((dim,), seed) for seed in (1, 2))
        left, right = Hypervector.from_bits(a), Hypervector.from_bits(b)
        assert np.array_equal((left ^ right).bits(), a ^ b)
        assert left.distance(right) == (a ^ b).sum()
        for shift in (1, 63, dim // 2 + 1, -1):
            assert np.array_equal(left.permute(shift).bits(), np.roll(a, shift))


class TestAlgebra:
    @given(triples)
    def test_binding_is_commutative_associative_and_its_own_inverse(self, bits: Bits) -> None:
        a, b, c = vectors(bits)
        assert a ^ b == b ^ a
        assert (a ^ b) ^ c == a ^ (b ^ c)
        assert (a ^ b) ^ b == a
        assert a ^ Hypervector.zeros(a.dim) == a

    @given(triples)
    def test_the_distance_is_a_metric_that_binding_keeps(self, bits: Bits) -> None:
        a, b, c = vectors(bits)
        assert a.distance(a) == 0
        assert a.distance(b) == b.distance(a)
        assert a.distance(c) <= a.distance(b) + b.distance(c)
        assert (a ^ c).distance(b ^ c) == a.distance(b)

    @given(pairs, plain.shifts, plain.shifts)
    def test_permuting_composes_and_distributes_over_binding(
        self, bits: Bits, first: int, second: int
    ) -> None:
        a, b = vectors(bits)
        assert a.permute(first).permute(second) == a.permute(first + second)
        assert a.permute(first).permute(-first) == a.permute(a.dim) == a
        assert (a ^ b).permute(first) == a.permute(first) ^ b.permute(first)
        assert a.permute(first).distance(b.permute(first)) == a.distance(b)


class TestMany:
    @given(many)
    def test_each_row_is_bound_to_the_row_of_its_number(self, bits: Bits) -> None:
        a, b = Hypervectors.from_bits(bits), Hypervectors.from_bits(bits[::-1])
        for bound in (a ^ b, a.bind(b), a.bind(b, out=a.copy()), a.copy().bind(b)):
            assert np.array_equal(bound.bits(), bits ^ bits[::-1])
        assert a.bind(b, out=a) is a
        assert np.array_equal(a.bits(), bits ^ bits[::-1])

    @given(many, plain.seeds)
    def test_all_rows_are_bound_to_one_vector(self, bits: Bits, seed: int) -> None:
        rows, vector = Hypervectors.from_bits(bits), Hypervector.random(bits.shape[1], seed=seed)
        for bound in (rows ^ vector, vector ^ rows, rows.bind(vector)):
            assert np.array_equal(bound.bits(), bits ^ vector.bits())

    @given(many, plain.shifts)
    def test_each_row_is_rolled(self, bits: Bits, shift: int) -> None:
        rows = Hypervectors.from_bits(bits)
        out = Hypervectors.random(len(rows), rows.dim, seed=1)
        rolled = np.roll(bits, shift % rows.dim, axis=1)
        assert np.array_equal(rows.permute(shift).bits(), rolled)
        assert rows.permute(shift, out=out) is out
        assert np.array_equal(out.bits(), rolled)

    @given(many, st.integers(0, 3))
    def test_distances_are_those_of_all_pairs(self, bits: Bits, others: int) -> None:
        rows = Hypervectors.from_bits(bits)
        other = Hypervectors.random(others, rows.dim, seed=1)
        wanted = (bits[:, np.newaxis] != other.bits()).sum(axis=2)
        found = rows.distances(other)
        assert (found.shape, found.dtype) == ((len(rows), others), np.int32)
        assert np.array_equal(found, wanted)
        for number, vector in enumerate(other):
            assert np.array_equal(rows.distances(vector), wanted[:, number])

    @settings(deadline=None)
    @given(many, st.integers(0, 9))
    def test_padding_stays_zero(self, bits: Bits, shift: int) -> None:
        rows = Hypervectors.from_bits(bits)
        for result in (rows, rows ^ rows[::-1], rows.permute(-shift), rows.copy()):
            assert not padding(result.rows, result.dim).any()

    def test_results_beyond_the_caches_are_the_same(self) -> None:
        a = Hypervectors.random(7001, seed=1)
        b = Hypervectors.random(7001, seed=2)
        assert np.array_equal((a ^ b).words, a.words ^ b.words)

    def test_numbers_slices_and_arrays_choose_rows(self) -> None:
        rows = Hypervectors.random(5, seed=1)
        chosen = [rows[2], rows[-3], rows[1:3][1], rows[[4, 2]][1], rows[::2][1], list(rows)[2]]
        chosen += [rows[np.int32(2)], rows[np.array([False, False, True, False, False])][0]]
        assert all(vector == chosen[0] for vector in chosen)
        assert rows[:0] == rows[[]] == Hypervectors.zeros(0)
        assert Hypervectors.stack(rows) == rows == rows[:]
        assert rows != rows[::-1]

    def test_rows_and_slices_of_them_are_views_arrays_of_them_copies(self) -> None:
        rows = Hypervectors.zeros(5)
        ones = Hypervector.from_bits(np.ones(DIM))
        ones.bind(Hypervector.zeros(), out=rows[3])
        rows[0:1].bind(ones, out=rows[1:2])
        rows[[4]].bind(ones, out=rows[[4]])
        assert rows.distances(ones).tolist() == [DIM, 0, DIM, 0, DIM]


V, W = Hypervector.random(100, seed=1), Hypervector.random(200, seed=1)
H, G = Hypervectors.random(3, 100, seed=1), Hypervectors.random(3, 200, seed=1)
WORDS = np.zeros(2, np.uint64)

REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: V ^ W, DimensionError, "other has 200 bits, not 100"),
    (lambda: V.bind(W), DimensionError, "other has 200 bits, not 100"),
    (lambda: V.bind(V, out=W), DimensionError, "out has 200 bits, not 100"),
    (lambda: V.bind(V, out=3), TypeError, "out must be a Hypervector, not int"),
    (lambda: V.bind(H), TypeError, "other must be a Hypervector, not Hypervectors"),
    (lambda: V ^ 3, TypeError, "unsupported operand type"),
    (lambda: V.distance(W), DimensionError, "other has 200 bits, not 100"),
    (lambda: V.distance(None), TypeError, "other must be a Hypervector, not NoneType"),
    (lambda: V.similarity(W), DimensionError, "other has 200 bits, not 100"),
    (lambda: V.permute(1.5), TypeError, "shift must be a whole number"),
    (lambda: V.permute(1, out=W), DimensionError, "out has 200 bits, not 100"),
    (lambda: V.permute(1, out=V), HdcError, "out: a vector cannot be permuted into itself"),
    (lambda: hash(V), TypeError, "unhashable"),
    (lambda: H.bind(W), DimensionError, "other has 200 bits, not 100"),
    (lambda: H.bind(G), DimensionError, "other has 200 bits, not 100"),
    (lambda: H.bind(H[:2]), ShapeError, "other has 2 rows, not 3"),
    (lambda: H.bind(3), TypeError, "other must be a Hypervector or Hypervectors, not int"),
    (lambda: H.bind(V, out=H[:2]), ShapeError, "out has 2 rows of 100 bits, not 3 of 100"),
    (lambda: H.bind(V, out=G), ShapeError, "out has 3 rows of 200 bits, not 3 of 100"),
    (lambda: H.distances(G), DimensionError, "other has 200 bits, not 100"),
    (lambda: H.permute(1, out=H), ShapeError, "out: rows cannot be permuted into themselves"),
    (lambda: H[3], IndexError, "out of bounds"),
    (lambda: H["a"], IndexError, "valid indices"),
    (lambda: Hypervectors.stack([V, W]), DimensionError, "vectors: number 1 has 200 bits, not 100 as the first"),
    (lambda: Hypervectors.stack([]), ShapeError, "vectors: at least one is needed"),
    (lambda: Hypervector.zeros(63), DimensionError, "dim is 64 to 1048576 bits, not 63"),
    (lambda: Hypervector.zeros(2**20 + 1), DimensionError, "dim is 64 to 1048576 bits, not 1048577"),
    (lambda: Hypervector.zeros(100.0), TypeError, "dim must be a whole number, not float"),
    (lambda: Hypervectors.zeros(-1), HdcError, "n must be 0 or more, but is -1"),
    (lambda: Hypervectors.zeros(2.0), TypeError, "n must be a whole number, not float"),
    (lambda: Hypervector.from_bits(H.bits()), ShapeError, "bits must have the shape (dim,), not (3, 100)"),
    (lambda: Hypervectors.from_bits(V.bits()), ShapeError, "bits must have the shape (n, dim), not (100,)"),
    (lambda: Hypervector.from_bits([2] * 99), ShapeError, "numbers 0 and 1, not others of int64"),
    (lambda: Hypervector.from_bits([float("nan")] * 99), ShapeError, "not others of float64"),
    (lambda: Hypervector.from_bits(["a"] * 99), ShapeError, "not others of <U1"),
    (lambda: Hypervector.from_bits([0, 1]), DimensionError, "dim is 64 to 1048576 bits, not 2"),
    (lambda: Hypervector.from_words(WORDS, 200), ShapeError, "words of 200 bits must have the shape (4,), not (2,)"),
    (lambda: Hypervectors.from_words(WORDS, 100), ShapeError, "words of 100 bits must have the shape (n, 2), not (2,)"),
    (lambda: Hypervector.from_words(WORDS.astype(np.int64), 100), ShapeError, "words must be uint64, not int64"),
    (lambda: Hypervector.from_words(WORDS.astype(">u8"), 100), ShapeError, "words must be uint64, not >u8"),
    (lambda: Hypervector.from_words(~WORDS, 100), ShapeError, "words: bits from 100 on must be zero"),
    (lambda: Hypervector.from_wire(bytes(17), 100), ShapeError, "data: 100 bits are 16 bytes on the wire, not 17"),
    (lambda: Hypervector.from_wire(b"\xff" * 16, 100), ShapeError, "bits from 100 on must be zero"),
    (lambda: Hypervectors.from_wire(bytes(17), 100), ShapeError, "16 bytes each on the wire; 17 bytes are no multiple"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused_by_name_and_shape(
    act: Callable[[], object], error: type[Exception], message: str
) -> None:
    before = V.copy(), H.copy()
    with pytest.raises(error, match=re.escape(message)):
        act()
    assert before == (V, H)


def test_every_error_of_a_value_is_a_value_error() -> None:
    assert issubclass(DimensionError, HdcError)
    assert issubclass(ShapeError, HdcError)
    assert issubclass(HdcError, ValueError)
