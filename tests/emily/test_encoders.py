"""Encoders: numbers, records and sequences as hypervectors, against their definitions."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.instinct.hdc.bundling import Counters, ties
from emily.instinct.hdc.codebook import Codebook
from emily.instinct.hdc.errors import HdcError
from emily.instinct.hdc.packing import DIM
from emily.instinct.hdc.record import RecordEncoder
from emily.instinct.hdc.scalars import CircularEncoder, LevelEncoder, circular, levels
from emily.instinct.hdc.sequence import NGramEncoder
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

TEMPERATURE = LevelEncoder(-10, 40, 51, seed=1)
HOUR = CircularEncoder(24, 24, seed=2)
WEATHER = RecordEncoder({"inside": TEMPERATURE, "outside": TEMPERATURE, "hour": HOUR}, seed=3)
LETTERS = Codebook.random("abc ", 200, seed=4)


def majority(products: list[np.ndarray]) -> np.ndarray:
    votes = 2 * np.sum(products, axis=0)
    return np.where(votes == len(products), ties(products[0].size).bits(), votes > len(products))


# Levels


@given(st.integers(64, 700), st.data())
def test_levels_are_as_far_apart_as_their_numbers(dim: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, min(dim // 2 + 1, 40)))
    line = levels(n, dim, seed=data.draw(st.integers(0, 99)))
    steps = abs(np.subtract.outer(np.arange(n), np.arange(n)))
    assert np.all(abs(line.distances(line) - steps * (dim // 2) / (n - 1)) < 1)
    assert line[0].distance(line[n - 1]) == dim // 2


@given(st.integers(64, 700), st.data())
def test_circular_levels_are_as_far_apart_as_on_the_circle(dim: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, min(dim // 2, 40)))
    circle = circular(n, dim, seed=data.draw(st.integers(0, 99)))
    steps = abs(np.subtract.outer(np.arange(n), np.arange(n)))
    steps = np.minimum(steps, n - steps)
    assert np.all(abs(circle.distances(circle) - steps * 2 * (dim // 2) / n) <= 1)


@pytest.mark.parametrize("make", [levels, circular])
def test_levels_follow_from_their_seed(make: Callable[..., Hypervectors]) -> None:
    assert make(5, 100, seed=1) == make(5, 100, seed=1)
    assert make(5, 100, seed=1) != make(5, 100, seed=2)
    generator = np.random.default_rng(1)
    assert make(5, 100, seed=generator) != make(5, 100, seed=generator)


@pytest.mark.parametrize(("make", "most"), [(levels, 51), (circular, 50)])
def test_there_are_from_two_levels_to_as_many_as_differ(
    make: Callable[..., Hypervectors], most: int
) -> None:
    for n in (2, most):
        bits = make(n, 100, seed=1).bits()
        assert len(np.unique(bits, axis=0)) == n
    for n in (0, 1, most + 1):
        with pytest.raises(HdcError, match=f"n is from 2 to {most} in 100 dimensions, not {n}"):
            make(n, 100, seed=1)


# Numbers


@given(st.floats(-10, 40))
def test_a_number_comes_back_to_within_half_a_level(number: float) -> None:
    assert TEMPERATURE.decode(TEMPERATURE.encode(number)) == pytest.approx(number, abs=0.5)


@given(st.floats(-1e6, 1e6))
def test_a_number_on_a_circle_comes_back_modulo_its_period(number: float) -> None:
    found = HOUR.decode(HOUR.encode(number))
    assert 0 <= found < 24
    assert abs(math.remainder(found - number, 24)) <= 0.5 + 1e-6


def test_numbers_outside_the_range_get_the_nearest_end() -> None:
    assert TEMPERATURE.indices([-math.inf, -11, 41, math.inf]).tolist() == [0, 0, 50, 50]


def test_the_last_hour_is_next_to_the_first() -> None:
    assert HOUR.encode(23).distance(HOUR.encode(0)) == HOUR.encode(11).distance(HOUR.encode(12))
    assert HOUR.encode(24) == HOUR.encode(0) == HOUR.encode(23.7)
    assert HOUR.encode(12).similarity(HOUR.encode(0)) == 0


@pytest.mark.parametrize("encoder", [TEMPERATURE, HOUR])
def test_many_numbers_are_encoded_as_one_by_one(encoder: LevelEncoder | CircularEncoder) -> None:
    numbers = [3.2, -1, 17]
    assert encoder.encode_batch(numbers) == Hypervectors.stack(map(encoder.encode, numbers))
    assert encoder.indices([[1, 2], [3, 4]]).shape == (2, 2)
    assert encoder.indices(numbers).dtype == np.int32


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LevelEncoder(1, 1, 5, seed=1), "low is below high and both are"),
        (lambda: LevelEncoder(0, math.inf, 5, seed=1), "both are finite, not 0 and inf"),
        (lambda: LevelEncoder(-1e308, 1e308, 5, seed=1), "both are finite"),
        (lambda: LevelEncoder(math.nan, 1, 5, seed=1), "both are finite, not nan and 1"),
        (lambda: CircularEncoder(0, 5, seed=1), "period is positive and finite, not 0"),
        (lambda: CircularEncoder(math.nan, 5, seed=1), "period is positive and finite, not nan"),
        (lambda: TEMPERATURE.encode(math.nan), "values holds a NaN"),
        (lambda: HOUR.encode(math.nan), "values holds a NaN"),
        (lambda: HOUR.encode(math.inf), "values holds an infinite number"),
        (lambda: TEMPERATURE.encode_batch([[1, 2]]), r"shape \(m,\), not \(1, 2\)"),
    ],
)
def test_what_has_no_level_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(HdcError, match=message):
        make()


# Records


def test_a_record_is_the_majority_of_roles_bound_to_levels() -> None:
    record = WEATHER.encode([21, -3, 13])
    fillers = [TEMPERATURE.encode(21), TEMPERATURE.encode(-3), HOUR.encode(13)]
    roles = [WEATHER.roles[name] for name in ("inside", "outside", "hour")]
    products = [(role ^ filler).bits() for role, filler in zip(roles, fillers, strict=True)]
    assert np.array_equal(record.bits(), majority(products))


@given(st.integers(-10, 40), st.integers(-10, 40), st.integers(0, 23))
def test_a_field_can_be_read_out_of_a_record(inside: int, outside: int, hour: int) -> None:
    record = WEATHER.encode([inside, outside, hour])
    assert WEATHER.decode(record, "inside") == pytest.approx(inside, abs=2)
    assert WEATHER.decode(record, "outside") == pytest.approx(outside, abs=2)
    assert abs(math.remainder(WEATHER.decode(record, "hour") - hour, 24)) <= 1


def test_a_record_of_one_field_is_its_role_bound_to_its_level() -> None:
    encoder = RecordEncoder({"hour": HOUR}, seed=1)
    assert encoder.encode([5]) == encoder.roles["hour"] ^ HOUR.encode(5)


def test_the_nearer_the_numbers_the_nearer_the_records() -> None:
    record, near, far = WEATHER.encode_batch([[20, 10, 8], [21, 11, 9], [-5, 35, 20]])
    assert record.distance(near) < record.distance(far)


def test_many_records_are_encoded_as_one_by_one() -> None:
    records = np.array([[20, 10, 8], [21, 11, 9]])
    assert WEATHER.encode_batch(records) == Hypervectors.stack(map(WEATHER.encode, records))
    assert len(WEATHER.encode_batch(np.empty((0, 3)))) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RecordEncoder({}, seed=1), "fields is empty"),
        (
            lambda: RecordEncoder({"a": HOUR, "b": LevelEncoder(0, 1, 2, 64, seed=1)}, seed=1),
            r"different dimensions: \[64, 10000\]",
        ),
        (lambda: WEATHER.encode([1, 2]), r"shape \(m, 3\), not \(1, 2\)"),
        (lambda: WEATHER.encode_batch([1, 2, 3]), r"shape \(m, 3\), not \(3,\)"),
        (lambda: WEATHER.encode([1, math.nan, 3]), "field 'outside': values holds a NaN"),
        (lambda: WEATHER.decode(Hypervector.zeros(), "wind"), "'wind' is none of inside, outside"),
    ],
)
def test_records_that_cannot_be_made_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(HdcError, match=message):
        make()


# Sequences


@given(st.text("abc ", min_size=5, max_size=40), st.integers(1, 5))
def test_a_text_is_the_majority_of_its_n_grams(text: str, n: int) -> None:
    grams = [text[start : start + n] for start in range(len(text) - n + 1)]
    products = [
        np.logical_xor.reduce([np.roll(LETTERS[s].bits(), n - 1 - j) for j, s in enumerate(gram)])
        for gram in grams
    ]
    assert np.array_equal(NGramEncoder(LETTERS, n).encode(text).bits(), majority(products))


@given(st.lists(st.text("abc ", min_size=3, max_size=20), min_size=1, max_size=5))
def test_counting_texts_one_after_another_is_counting_all_their_n_grams(texts: list[str]) -> None:
    encoder, together, apart = NGramEncoder(LETTERS), Counters(200), Counters(200)
    for text in texts:
        encoder.count(text, together)
        encoder.count(text, own := Counters(200))
        assert own.majority() == encoder.encode(text)
        apart.merge(own)
    assert np.array_equal(together.counts, apart.counts)
    encoder.count(texts[0], together, weight=-2)
    encoder.count(texts[0], apart, weight=-1)
    encoder.count(texts[0], apart, weight=-1)
    assert np.array_equal(together.counts, apart.counts)


def test_the_order_of_symbols_matters() -> None:
    encoder = NGramEncoder(Codebook.random("abc", DIM, seed=1), 3)
    assert abs(encoder.encode("abc").similarity(encoder.encode("cba"))) < 0.06


def test_symbols_may_be_words() -> None:
    codebook = Codebook.random(["the", "cat", "sat"], 200, seed=1)
    pair = codebook["the"].permute(1) ^ codebook["cat"]
    assert NGramEncoder(codebook, 2).encode(["the", "cat"]) == pair


def test_many_texts_are_encoded_as_one_by_one() -> None:
    encoder, texts = NGramEncoder(LETTERS), ["abc", "a cab", "bacca"]
    assert encoder.encode_batch(texts) == Hypervectors.stack(map(encoder.encode, texts))
    assert len(encoder.encode_batch([])) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NGramEncoder(LETTERS, 0), "n must be 1 to 200, but is 0"),
        (lambda: NGramEncoder(LETTERS).encode("ab"), "text has 2 symbols, an n-gram 3"),
        (lambda: NGramEncoder(LETTERS).encode("abxc"), r"symbols\[2\] is 'x'"),
        (lambda: NGramEncoder(LETTERS).encode_batch(["abc", ""]), r"texts\[1\]: text has 0"),
    ],
)
def test_texts_without_n_grams_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(HdcError, match=message):
        make()


def test_counters_stay_as_they_were_when_a_text_is_refused() -> None:
    counters = Counters(200)
    with pytest.raises(HdcError):
        NGramEncoder(LETTERS).count("abxc", counters)
    assert (counters.votes, counters.counts.any()) == (0, False)
