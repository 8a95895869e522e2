"""Bundles and counters: majorities as sums of bits decide them, ties as documented, and what is refused."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plain_hdc as plain
from emily.instinct.hdc.bundling import MAX_VOTES, Counters, bundle, bundle_products, ties
from emily.instinct.hdc.errors import DimensionError, HdcError, ShapeError
from emily.instinct.hdc.packing import DIM
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors
from plain_hdc import Bits

pytestmark = pytest.mark.usefixtures("variant")

rows = plain.rows(least=1, most=70)
few_rows = plain.rows(least=1, most=9)
weights = st.integers(-1000, 1000)


@st.composite
def tables_and_indices(draw: st.DrawFn) -> tuple[list[Bits], np.ndarray]:
    """Tables of one dimension, and for 1 to 40 products a row of each."""
    dim, factors, count = draw(plain.dims), draw(st.integers(1, 4)), draw(st.integers(1, 40))
    tables = [draw(plain.rows(st.just(dim), least=1)) for _ in range(factors)]
    generator = np.random.default_rng(draw(plain.seeds))
    return tables, generator.integers(0, [len(table) for table in tables], (count, factors))


class TestTies:
    @pytest.mark.parametrize("dim", [*plain.EDGES, *plain.WIDEST[1:]])
    def test_they_are_split_mix_64(self, dim: int) -> None:
        assert np.array_equal(ties(dim).bits(), plain.ties(dim))

    def test_its_first_words_are_these(self) -> None:
        words = (0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC, 0x1B39896A51A8749B)
        assert ties(256).words.tolist() == list(words)

    def test_they_decide_where_as_many_are_one_as_zero(self) -> None:
        vector = Hypervector.random(seed=1)
        opposite = Hypervector.from_bits(~vector.bits())
        assert bundle([vector, opposite]) == bundle([vector], [0]) == ties()
        assert Counters().majority() == ties(DIM)


class TestBundle:
    @given(rows)
    def test_it_is_the_majority_of_each_bit(self, bits: Bits) -> None:
        wanted = plain.majority(plain.votes(bits))
        vectors = Hypervectors.from_bits(bits)
        out = Hypervector.random(vectors.dim, seed=1)
        bundles = (bundle(vectors), bundle(list(vectors)), bundle(tuple(vectors), out=out), out)
        assert all(np.array_equal(found.bits(), wanted) for found in bundles)

    @given(few_rows, st.data())
    def test_a_weight_is_so_many_votes(self, bits: Bits, data: st.DataObject) -> None:
        given_weights = data.draw(st.lists(weights, min_size=len(bits), max_size=len(bits)))
        vectors = Hypervectors.from_bits(bits)
        wanted = plain.majority(plain.votes(bits, given_weights))
        for which in (vectors, list(vectors)):
            for given_as in (given_weights, np.array(given_weights, np.int16)):
                assert np.array_equal(bundle(which, given_as).bits(), wanted)

    @given(few_rows, st.data())
    def test_weights_repeat_vectors(self, bits: Bits, data: st.DataObject) -> None:
        count = len(bits)
        times = data.draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
        vectors = Hypervectors.from_bits(bits)
        assert bundle(vectors, times) == bundle(vectors[np.repeat(np.arange(count), times)])

    @given(rows, plain.seeds)
    def test_the_order_does_not_matter(self, bits: Bits, seed: int) -> None:
        vectors = Hypervectors.from_bits(bits)
        order = np.random.default_rng(seed).permutation(len(bits))
        assert bundle(vectors) == bundle(vectors[order])

    @given(rows, st.integers(0, 3))
    def test_an_odd_number_of_copies_is_the_vector(self, bits: Bits, more: int) -> None:
        vector = Hypervector.from_bits(bits[0])
        assert bundle([vector] * (2 * more + 1)) == vector

    @given(rows, plain.shifts)
    def test_of_an_odd_number_it_commutes_with_binding_and_permuting(
        self, bits: Bits, shift: int
    ) -> None:
        vectors = Hypervectors.from_bits(bits[: (len(bits) - 1) | 1])
        key = Hypervector.random(vectors.dim, seed=1)
        assert bundle(vectors ^ key) == bundle(vectors) ^ key
        assert bundle(vectors.permute(shift)) == bundle(vectors).permute(shift)

    def test_it_may_replace_one_of_its_vectors(self) -> None:
        vectors = [Hypervector.random(seed=seed) for seed in range(4)]
        wanted = bundle(vectors)
        assert bundle(vectors, out=vectors[2]) is vectors[2]
        assert vectors[2] == wanted

    def test_it_is_near_all_that_it_holds(self) -> None:
        vectors = Hypervectors.random(21, seed=1)
        similarity = 1 - 2 * vectors.distances(bundle(vectors)) / DIM
        assert (similarity > 0.1).all()

    @pytest.mark.parametrize("count", [65_536, 65_537])
    def test_many_are_counted_without_loss(self, count: int) -> None:
        halves = Hypervectors.random(2, 64, seed=1)
        vectors = halves[np.arange(count) % 2]
        both = plain.majority(plain.votes(halves.bits(), [-(-count // 2), count // 2]))
        assert np.array_equal(bundle(vectors).bits(), both)
        counters = Counters(64)
        counters.add(vectors, 3)
        wanted = 3 * plain.votes(halves.bits(), [-(-count // 2), count // 2])
        assert np.array_equal(counters.counts, wanted)

    @pytest.mark.parametrize("dim", plain.WIDEST)
    def test_the_widest_work_too(self, dim: int) -> None:
        bits = plain.random_bits((4, dim), seed=1)
        vectors = Hypervectors.from_bits(bits)
        assert np.array_equal(bundle(vectors).bits(), plain.majority(plain.votes(bits)))


class TestProducts:
    @given(tables_and_indices())
    def test_they_are_bundled_as_if_they_were_made(
        self, case: tuple[list[Bits], np.ndarray]
    ) -> None:
        bits, indices = case
        tables = [Hypervectors.from_bits(table) for table in bits]
        wanted = plain.majority(plain.votes(plain.products(bits, indices)))
        out = Hypervector.random(tables[0].dim, seed=1)
        for given_as in (indices, indices.tolist(), np.asfortranarray(indices, np.uint8)):
            assert np.array_equal(bundle_products(tables, given_as).bits(), wanted)
        assert bundle_products(tables, indices, out=out) is out
        assert np.array_equal(out.bits(), wanted)

    @given(tables_and_indices(), weights)
    def test_they_are_counted_as_if_they_were_made(
        self, case: tuple[list[Bits], np.ndarray], weight: int
    ) -> None:
        bits, indices = case
        tables = [Hypervectors.from_bits(table) for table in bits]
        counters = Counters(tables[0].dim)
        counters.add_products(tables, indices, weight)
        votes = plain.votes(plain.products(bits, indices))
        assert np.array_equal(counters.counts, weight * votes)
        assert counters.votes == abs(weight) * len(indices)

    def test_one_table_is_a_choice_of_rows(self) -> None:
        table = Hypervectors.random(5, seed=1)
        assert bundle_products([table], [[1], [1], [4]]) == bundle(table[[1, 1, 4]]) == table[1]

    def test_a_table_may_be_used_twice(self) -> None:
        table = Hypervectors.random(5, seed=1)
        assert bundle_products([table, table], [[0, 3]]) == table[0] ^ table[3]


class TestCounters:
    @settings(deadline=None)
    @given(st.data())
    def test_they_hold_all_votes_that_were_given_and_not_taken(self, data: st.DataObject) -> None:
        dim = data.draw(plain.dims)
        counters, wanted, votes = Counters(dim), np.zeros(dim, np.int64), 0
        for _ in range(data.draw(st.integers(0, 6))):
            bits, weight = data.draw(plain.rows(st.just(dim))), data.draw(weights)
            vectors = Hypervectors.from_bits(bits)
            match data.draw(st.sampled_from(["add", "subtract", "one", "merge", "reset"])):
                case "add":
                    counters.add(vectors, weight)
                case "subtract":
                    counters.subtract(vectors, weight)
                    weight = -weight
                case "one":
                    bits = plain.random_bits((1, dim), seed=1)
                    counters.add(Hypervector.from_bits(bits[0]), weight)
                case "merge":
                    other = Counters(dim)
                    other.add(vectors, weight)
                    counters.merge(other)
                case "reset":
                    counters.reset()
                    wanted[:], votes, bits = 0, 0, bits[:0]
            wanted += plain.votes(bits, [weight] * len(bits))
            votes += abs(weight) * len(bits)
        assert np.array_equal(counters.counts, wanted)
        assert counters.votes == votes
        assert np.array_equal(counters.majority().bits(), plain.majority(wanted))

    @given(rows)
    def test_their_majority_is_the_bundle(self, bits: Bits) -> None:
        vectors = Hypervectors.from_bits(bits)
        counters = Counters(vectors.dim)
        counters.add(vectors)
        out = Hypervector.random(vectors.dim, seed=1)
        assert counters.majority() == counters.majority(out) == bundle(vectors)
        counters.subtract(vectors)
        assert not counters.counts.any()

    def test_merging_with_itself_doubles(self) -> None:
        counters = Counters(100)
        counters.add(Hypervector.random(100, seed=1), 7)
        once = counters.counts.copy()
        counters.merge(counters)
        assert np.array_equal(counters.counts, 2 * once)
        assert counters.votes == 14

    def test_counts_are_a_view_that_cannot_be_written(self) -> None:
        counters = Counters(1000)
        counts = counters.counts
        counters.add(Hypervector.zeros(1000), 5)
        assert (counts.shape, counts.dtype, set(counts.tolist())) == ((1000,), np.int32, {-5})
        with pytest.raises(ValueError, match="read-only"):
            counts[0] = 1

    @pytest.mark.parametrize("sign", [1, -1])
    def test_an_overflow_is_refused_and_loses_nothing(self, sign: int) -> None:
        ones = Hypervector.from_bits(np.ones(100))
        counters = Counters(100)
        counters.add(ones, sign * (MAX_VOTES - 3))
        full = Counters(100)
        full.merge(counters)
        both = Hypervectors.stack([ones, ones])
        for overflow in (
            lambda: counters.add(ones, 4),
            lambda: counters.add(ones, -4),
            lambda: counters.add(both, 2),
            lambda: counters.add_products([both], [[0], [1]], 2),
            lambda: counters.merge(full),
            lambda: counters.add(ones, 2**31),
            lambda: counters.add(ones, 2**70),
        ):
            with pytest.raises(HdcError, match=f"more than a counter holds, {MAX_VOTES}"):
                overflow()
        assert counters.votes == MAX_VOTES - 3
        counters.add(ones, sign * 3)
        assert set(counters.counts.tolist()) == {sign * MAX_VOTES}


V, W = Hypervector.random(100, seed=1), Hypervector.random(200, seed=1)
H, G = Hypervectors.random(3, 100, seed=1), Hypervectors.random(3, 200, seed=1)
NONE = Hypervectors.zeros(0, 100)
COUNTERS = Counters(100)

REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: bundle([]), ShapeError, "vectors: at least one is needed"),
    (lambda: bundle(NONE), ShapeError, "vectors: at least one is needed"),
    (lambda: bundle([], []), ShapeError, "vectors: at least one is needed"),
    (lambda: bundle([V, W]), DimensionError, "vectors: number 1 has 200 bits, not 100"),
    (lambda: bundle([V, W], [1, 1]), DimensionError, "200 bits, not 100"),
    (lambda: bundle(H, out=W), DimensionError, "out has 200 bits, not 100"),
    (lambda: bundle(H, [1, 2]), ShapeError, "weights must have the shape (3,), not (2,)"),
    (lambda: bundle(H, [[1, 1, 1]]), ShapeError, "weights must have the shape (3,), not (1, 3)"),
    (lambda: bundle(H, [1.5, 1, 1]), ShapeError, "weights must be whole numbers, not float64"),
    (lambda: bundle(H, [True] * 3), ShapeError, "weights must be whole numbers, not bool"),
    (lambda: bundle(H, [2**30] * 3), HdcError, "votes in all are more than a counter holds"),
    (lambda: bundle_products([], [[]]), ShapeError, "tables: at least one is needed"),
    (lambda: bundle_products([H, G], [[0, 0]]), DimensionError, "tables: number 1 has 200 bits, not 100"),
    (lambda: bundle_products([H], [0]), ShapeError, "indices must have the shape (n, 1), not (1,)"),
    (lambda: bundle_products([H, H], [[0]]), ShapeError, "indices must have the shape (n, 2), not (1, 1)"),
    (lambda: bundle_products([H], [[0.0]]), ShapeError, "indices must be whole numbers, not float64"),
    (lambda: bundle_products([H], [[0], [3]]), ShapeError, "column 0 reaches from 0 to 3, but its table has 3 rows"),
    (lambda: bundle_products([H], [[-1]]), ShapeError, "column 0 reaches from -1 to -1, but its table has 3 rows"),
    (lambda: bundle_products([H], [[2**40]]), ShapeError, "its table has 3 rows"),
    (lambda: bundle_products([NONE], [[0]]), ShapeError, "its table has 0 rows"),
    (lambda: bundle_products([H], np.zeros((0, 1), int)), ShapeError, "indices: at least one row is needed"),
    (lambda: bundle_products([H], [[0]], out=W), DimensionError, "out has 200 bits, not 100"),
    (lambda: COUNTERS.add(W), DimensionError, "vectors have 200 bits, not 100"),
    (lambda: COUNTERS.subtract(G), DimensionError, "vectors have 200 bits, not 100"),
    (lambda: COUNTERS.add(3), TypeError, "vectors must be a Hypervector or Hypervectors, not int"),
    (lambda: COUNTERS.add_products([G], [[0]]), DimensionError, "tables have 200 bits, not 100"),
    (lambda: COUNTERS.merge(Counters(200)), DimensionError, "other has 200 bits, not 100"),
    (lambda: COUNTERS.majority(W), DimensionError, "out has 200 bits, not 100"),
    (lambda: Counters(63), DimensionError, "dim is 64 to 1048576 bits, not 63"),
    (lambda: ties(63), DimensionError, "dim is 64 to 1048576 bits, not 63"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused_by_name_and_shape(
    act: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        act()
    assert COUNTERS.votes == 0
    assert not COUNTERS.counts.any()


@pytest.mark.parametrize(
    "given", [Hypervector.random(100, seed=1), 3, None, [1, 2], "ab", [H, 1]], ids=repr
)
def test_what_is_no_vector_is_named(given: object) -> None:
    with pytest.raises(TypeError, match="vectors must"):
        bundle(given)


@pytest.mark.parametrize("out", [3, "a", H])
def test_an_out_of_another_type_is_named(out: object) -> None:
    with pytest.raises(TypeError, match="out must be a Hypervector, not"):
        bundle(Hypervectors.random(2, 100, seed=1), out=out)


def test_any_several_can_be_bundled() -> None:
    rows = Hypervectors.random(5, 100, seed=1)
    assert bundle(row for row in rows) == bundle(list(rows)) == bundle(rows)


@pytest.mark.parametrize("weight", [1.5, "2", None, True])
def test_a_weight_that_is_no_whole_number_changes_nothing(weight: object) -> None:
    counters = Counters(100)
    with pytest.raises(TypeError, match="weight must be a whole number"):
        counters.add(Hypervectors.random(2, 100, seed=1), weight)
    assert counters.votes == 0
    assert not counters.counts.any()
