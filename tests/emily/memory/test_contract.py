"""What holds for every store of episodes."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emily.cognition.memory import (
    DIM,
    SIMILARITY_ONLY,
    Affect,
    Episode,
    EpisodeError,
    EpisodicStore,
    Query,
    RefusedError,
    Weights,
)
from emily.cognition.memory.recall import ranked

UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
units = st.floats(-1, 1)
episodes = st.builds(
    Episode,
    id=st.uuids().map(str),
    timestamp=st.datetimes(
        datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(timezone(timedelta(hours=2)))
    ),
    content=texts.filter(str.strip),
    affect=st.builds(Affect, units, units, units),
    embedding=st.integers(0, 2**32).map(
        lambda seed: np.random.default_rng(seed).standard_normal(DIM)
    ),
    context=st.dictionaries(texts, values, max_size=4),
)


@given(episode=episodes)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_stored_comes_back_unchanged(store: EpisodicStore, episode: Episode) -> None:
    store.forget(episode.id)
    store.store(episode)
    held = store.get(episode.id)
    assert held == episode
    assert held.timestamp.utcoffset() == timedelta(0)


def test_storing_again_changes_nothing(store: EpisodicStore, episode) -> None:
    assert store.store(episode(1)) is True
    assert store.store(episode(1)) is False
    assert store.count() == 1


def test_an_id_is_never_given_to_another_episode(store: EpisodicStore, episode) -> None:
    store.store(episode(1))
    with pytest.raises(RefusedError, match="another episode has the id"):
        store.store(episode(1, content="something else"))
    assert store.get(episode(1).id) == episode(1)


def test_what_is_forgotten_is_gone(store: EpisodicStore, episode, now: datetime) -> None:
    for seed in range(5):
        store.store(episode(seed))
    query = Query(episode(2).embedding)
    assert store.recall(query, 1, now)[0].episode == episode(2)
    assert store.forget(episode(2).id) is True
    assert store.forget(episode(2).id) is False
    assert store.get(episode(2).id) is None
    assert store.count() == 4
    assert {found.episode.id for found in store.recall(query, 10, now)} == {
        episode(seed).id for seed in (0, 1, 3, 4)
    }


def test_a_forgotten_id_can_be_stored_anew(store: EpisodicStore, episode, now: datetime) -> None:
    store.store(episode(1))
    store.recall(Query(episode(1).embedding), 1, now)
    store.forget(episode(1).id)
    again = episode(1, content="anew", embedding=episode(2).embedding)
    assert store.store(again) is True
    assert [found.episode for found in store.recall(Query(episode(1).embedding), 5, now)] == [again]


def test_an_empty_store_recalls_nothing(store: EpisodicStore, episode, now: datetime) -> None:
    assert store.recall(Query(episode(1).embedding), 5, now) == []
    assert store.get(UNKNOWN) is None
    assert store.count() == 0


@pytest.mark.parametrize(
    "weights",
    [
        SIMILARITY_ONLY,
        Weights(),
        Weights(similarity=0, affect=1, recency=0, importance=0),
        Weights(similarity=0, affect=0, recency=1, importance=0, half_life_hours=24),
        Weights(similarity=0, affect=0, recency=0, importance=1),
    ],
    ids=["similarity", "all", "affect", "recency", "importance"],
)
@pytest.mark.parametrize("felt", [None, Affect(0.9, -0.5, 0.1)], ids=["no-affect", "affect"])
def test_recall_is_brute_force(
    store: EpisodicStore, episode, now: datetime, weights: Weights, felt: Affect | None
) -> None:
    held = [episode(seed) for seed in range(60)]
    for each in held:
        store.store(each)
    query = Query(np.random.default_rng(7).standard_normal(DIM), felt, weights)
    found = store.recall(query, 10, now)
    expected = ranked(query, held, 10, now)
    assert [each.score for each in found] == pytest.approx(
        [each.score for each in expected], abs=1e-6
    )
    if weights.affect != 1 or felt is not None:  # otherwise all scores are 0
        assert [each.episode for each in found] == [each.episode for each in expected]


def test_an_answer_explains_its_score(store: EpisodicStore, episode, now: datetime) -> None:
    day_old = episode(1, timestamp=now - timedelta(hours=24), affect=Affect(1, 1, 1))
    store.store(day_old)
    weights = Weights(similarity=2, affect=3, recency=5, importance=7, half_life_hours=24)
    (found,) = store.recall(Query(-day_old.embedding, Affect(-1, -1, -1), weights), 1, now)
    assert found.similarity == pytest.approx(-1, abs=1e-6)
    assert found.affect == pytest.approx(0, abs=1e-12)
    assert found.recency == pytest.approx(0.5)
    assert found.importance == pytest.approx(1)
    assert found.score == pytest.approx(-2 + 0 + 2.5 + 7, abs=1e-5)


def test_affect_is_told_apart_by_its_strength(store: EpisodicStore, episode, now: datetime) -> None:
    """Which the cosine of affects would not."""
    for seed, strength in enumerate((0.1, 0.5, 0.9)):
        store.store(episode(seed, affect=Affect(strength, strength, strength)))
    weights = Weights(similarity=0, affect=1, recency=0, importance=0)
    query = Query(episode(0).embedding, Affect(0.45, 0.45, 0.45), weights)
    assert store.recall(query, 1, now)[0].episode.affect.valence == 0.5


def test_what_is_dated_after_now_counts_as_now(store: EpisodicStore, episode, now) -> None:
    store.store(episode(1, timestamp=now + timedelta(days=400)))
    assert store.recall(Query(episode(1).embedding), 1, now)[0].recency == 1


@pytest.mark.parametrize("k", [0, -1, 1001, 1.0, True])
def test_k_is_a_whole_number_from_1_to_1000(store: EpisodicStore, episode, now, k) -> None:
    with pytest.raises(EpisodeError, match="k must be a whole number from 1 to 1000"):
        store.recall(Query(episode(1).embedding), k, now)


def test_now_has_a_time_zone(store: EpisodicStore, episode) -> None:
    store.store(episode(1))
    with pytest.raises(EpisodeError, match="now must have a time zone"):
        store.recall(Query(episode(1).embedding), 1, datetime(2026, 1, 1))


@pytest.mark.parametrize("wrong", ["", "1", "'; DROP TABLE episodes; --", UNKNOWN + "0"])
def test_an_id_that_is_none_is_refused(store: EpisodicStore, wrong: str) -> None:
    for method in (store.get, store.forget):
        with pytest.raises(EpisodeError, match="id must be a ULID or a UUID"):
            method(wrong)


def test_it_is_healthy_and_counts(store: EpisodicStore, episode) -> None:
    store.store(episode(1))
    health = store.health()
    assert (health.available, health.episodes, health.pending) == (True, 1, 0)
