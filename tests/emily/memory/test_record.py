"""Every episode that exists is valid; whatever else is handed in is refused with a reason."""

from datetime import UTC, datetime, timedelta, timezone
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.cognition.memory import DIM, Affect, EpisodeError, Query, Weights, ulid

EMBEDDING = np.ones(DIM)


def at(array: np.ndarray, value: float) -> np.ndarray:
    changed = array.copy()
    changed[3] = value
    return changed


WRONG = [
    ("id", "", "ULID or a UUID"),
    ("id", 7, "id must be a string, not int"),
    ("id", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "ULID or a UUID"),  # above 128 bits
    ("id", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "ULID or a UUID"),  # no U in Crockford's base 32
    ("id", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "ULID or a UUID"),
    ("timestamp", datetime(2026, 1, 1), "timestamp must have a time zone"),
    ("timestamp", 0.0, "timestamp must be a datetime, not float"),
    ("timestamp", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "years 1 to 9999"),
    ("content", "", "content must not be empty"),
    ("content", " \n\t", "content must not be empty or blank"),
    ("content", "a" * 100_000, "65536 characters at most, not 100000"),
    ("content", "a\0b", "content must not contain the character NUL"),
    ("content", "a\ud800b", "content must not contain lone surrogates"),
    ("content", b"bytes", "content must be a string, not bytes"),
    ("affect", (0.0, 0.0), "affect must be three numbers"),
    ("affect", (0.0, 0.0, 0.0, 0.0), "affect must be three numbers"),
    ("affect", ("a", "b", "c"), "affect must be three numbers"),
    ("affect", (0.0, float("nan"), 0.0), "affect.arousal must be -1 to 1, not nan"),
    ("affect", (0.0, 0.0, float("inf")), "affect.dominance must be -1 to 1, not inf"),
    ("affect", (-1.001, 0.0, 0.0), "affect.valence must be -1 to 1"),
    ("embedding", EMBEDDING[:-1], r"shape \(384,\), not \(383,\)"),
    ("embedding", np.ones((1, DIM)), r"shape \(384,\), not \(1, 384\)"),
    ("embedding", [], r"shape \(384,\), not \(0,\)"),
    ("embedding", [[1.0], [1.0, 2.0]], "embedding must be an array of numbers"),
    ("embedding", ["a"] * DIM, "embedding must be numbers"),
    ("embedding", at(EMBEDDING, np.nan), "embedding must be finite"),
    ("embedding", at(EMBEDDING, -np.inf), "embedding must be finite"),
    ("embedding", np.zeros(DIM), "length of 1e-6 to 1e6, not 0"),
    ("embedding", at(EMBEDDING, 1e30), "length of 1e-6 to 1e6, not 1e[+]30"),
    ("context", [], "context must be a JSON object, not list"),
    ("context", {1: "a"}, "a key of context must be a string"),
    ("context", {"a": float("nan")}, "context must hold finite numbers"),
    ("context", {"a": [{"b": float("inf")}]}, "context must hold finite numbers"),
    ("context", {"a": {1, 2}}, "context must hold what JSON can, not set"),
    ("context", {"a": "\0"}, "NUL"),
    ("context", {"\ud800": 1}, "lone surrogates"),
    ("context", {"a": "x" * 100_000}, "65536 characters of JSON at most"),
    ("context", {"a": 10**5000}, "cannot be written as JSON"),
    ("context", {"a": reduce(lambda inner, _: [inner], range(5000), 1)}, "nested 32 deep"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_what_is_wrong_is_refused(episode, name: str, value: object, message: str) -> None:
    with pytest.raises(EpisodeError, match=message):
        episode(1, **{name: value})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ],
)
def test_an_id_has_one_form(episode, given: str, kept: str) -> None:
    assert episode(1, id=given).id == kept


def test_an_episode_does_not_change_when_what_it_was_made_of_does(episode) -> None:
    embedding, context = np.ones(DIM), {"list": [1, 2]}
    made = episode(1, embedding=embedding, context=context)
    embedding[:] = 2
    context["list"].append(3)
    assert made == episode(1, embedding=np.ones(DIM), context={"list": [1, 2]})
    with pytest.raises(ValueError, match="read-only"):
        made.embedding[0] = 1


def test_its_time_is_kept_in_utc(episode) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=-6)))
    assert episode(1, timestamp=noon).timestamp == datetime(2026, 1, 1, 18, tzinfo=UTC)
    assert episode(1, timestamp=noon).timestamp.tzinfo is UTC


@given(st.lists(st.integers(0, 2**47 // 1000), min_size=2, max_size=8, unique=True))
def test_ulids_sort_by_their_time(seconds: list[int]) -> None:
    generator = np.random.default_rng(1)
    seconds = [second % 250_000_000_000 for second in seconds]
    times = [datetime.fromtimestamp(second, UTC) for second in sorted(set(seconds))]
    ids = [ulid(time, generator) for time in times]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_a_ulid_begins_with_its_milliseconds() -> None:
    """The example of the ULID specification: 01ARYZ6S41 is 1469918176385."""
    time = datetime.fromtimestamp(1469918176.385, UTC)
    assert ulid(time, np.random.default_rng(1))[:10] == "01ARYZ6S41"


def test_a_ulid_ends_with_what_the_generator_gave() -> None:
    one, again, other = (
        ulid(datetime(2026, 1, 1, tzinfo=UTC), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == again != other


def test_there_is_no_ulid_before_1970() -> None:
    with pytest.raises(EpisodeError, match="now must be 1970 or later, but is 1969"):
        ulid(datetime(1969, 12, 31, tzinfo=UTC), np.random.default_rng(1))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"similarity": float("nan")}, "weights.similarity must be finite and 0 or more"),
        ({"recency": -1}, "weights.recency must be finite and 0 or more"),
        ({"half_life_hours": 0}, "half_life_hours must be more than 0"),
        ({"similarity": 0, "affect": 0, "recency": 0, "importance": 0}, "must not all be 0"),
    ],
)
def test_weights_that_mean_nothing_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(EpisodeError, match=message):
        Weights(**fields)


def test_a_query_is_checked_as_an_episode_is() -> None:
    with pytest.raises(EpisodeError, match="finite"):
        Query(at(EMBEDDING, np.nan))
    with pytest.raises(EpisodeError, match=r"affect\.valence"):
        Query(EMBEDDING, Affect(2, 0, 0))
