"""Emily waits, looks, greets, alerts and rests when one would."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.cognition.inference import (
    KINDS,
    SITUATIONS,
    ObservationError,
    Observed,
    PrecisionError,
    SituationModel,
)
from emily.cognition.inference import situation_numbers as numbers

WEAK, STRONG = 0.5, 0.95

contents = st.lists(st.builds(Observed, st.sampled_from(KINDS), st.floats(0, 2)), max_size=7)


def told(*moments: list[Observed], asleep: bool = False) -> list[str]:
    """The action at each moment."""
    model = SituationModel()
    return [model.decide(moment, asleep=asleep)[0].action for moment in moments]


@pytest.mark.parametrize("quiet_before", [0, 1, 20])
@pytest.mark.parametrize(
    ("kind", "salience", "action"),
    [
        ("nothing", 0.0, "wait"),
        ("alarm", STRONG, "alert"),
        ("alarm", WEAK, "alert"),
        ("clap", WEAK, "look"),  # whatever that was
        ("visual", WEAK, "look"),
        ("visual", STRONG, "look"),
        ("voice", STRONG, "greet"),
    ],
)
def test_awake_she_does_what_the_moment_asks_for(
    kind: numbers.Kind, salience: float, action: str, quiet_before: int
) -> None:
    moments = [*[[]] * quiet_before, [Observed(kind, salience)]]
    assert told(*moments)[-1] == action


@pytest.mark.parametrize("salience", [WEAK, STRONG])
@pytest.mark.parametrize("kind", KINDS)
def test_asleep_she_rests_and_only_an_alarm_wakes_her(kind: numbers.Kind, salience: float) -> None:
    expected = "alert" if kind == "alarm" else "rest"
    assert told([], [], [Observed(kind, salience)], asleep=True) == ["rest", "rest", expected]


def test_she_looks_to_learn_and_stops_when_she_knows() -> None:
    moments = [[], [Observed("clap", WEAK)], [], []]
    assert told(*moments) == ["wait", "look", "wait", "wait"]


def test_a_look_that_finds_an_alarm_ends_in_an_alert() -> None:
    assert told([Observed("clap", WEAK)], [Observed("alarm", STRONG)]) == ["look", "alert"]


def test_she_alerts_until_it_is_quiet() -> None:
    alarm = [Observed("alarm", STRONG)]
    assert told([], alarm, alarm, [], []) == ["wait", "alert", "alert", "wait", "wait"]


def test_a_weak_sound_leaves_her_uncertain_and_a_look_does_not() -> None:
    model = SituationModel()
    model.decide([])
    model.decide([Observed("clap", WEAK)])
    before = model.belief.situations
    model.decide([Observed("voice", STRONG)])
    after = model.belief.situations
    assert max(before.values()) < 0.6
    assert after["presence"] > 0.95


def test_what_she_believes_persists() -> None:
    voices = SituationModel()
    for _ in range(3):
        voices.decide([Observed("voice", STRONG)])
    fresh = SituationModel()
    for model in (voices, fresh):
        model.decide([])
    assert voices.belief.situations["presence"] > 3 * fresh.belief.situations["presence"]
    voices.reset()
    voices.decide([])
    assert voices.belief == fresh.belief


def test_the_unexpected_surprises() -> None:
    model = SituationModel()
    model.decide([])
    model.decide([])
    assert model.belief.surprise < 0.5
    model.decide([Observed("alarm", STRONG)])
    assert model.belief.surprise > 3


def test_the_most_salient_content_counts() -> None:
    faint, loud = Observed("clap", 0.3), Observed("alarm", STRONG)
    assert told([faint, loud, faint]) == told([loud]) == ["alert"]
    assert told([Observed("nothing", 2.0), loud]) == ["alert"]


def test_without_precision_all_policies_are_alike() -> None:
    assert {policy.q for policy in SituationModel().decide([], gamma=0)} == {1 / 25}


@given(st.lists(st.tuples(contents, st.booleans()), min_size=1, max_size=6), st.floats(0, 64))
def test_whatever_happens_there_is_a_best_policy_and_a_belief(
    moments: list[tuple[list[Observed], bool]], gamma: float
) -> None:
    model = SituationModel()
    for moment, asleep in moments:
        policies = model.decide(moment, gamma=gamma, asleep=asleep)
        assert len(policies) == 25
        assert policies[0].efe == min(policy.efe for policy in policies)
        for policy in policies:
            assert math.isfinite(policy.efe)
            assert policy.efe_score < 1.0
        assert sum(model.belief.situations.values()) == pytest.approx(1)
        assert list(model.belief.situations) == list(SITUATIONS)


@pytest.mark.parametrize(
    ("kind", "salience", "message"),
    [
        ("smell", 0.5, "kind must be one of nothing, clap, voice, alarm, visual, not 'smell'"),
        ("clap", -0.1, "salience must be a finite number of at least 0"),
        ("clap", np.nan, "salience must be a finite number of at least 0"),
        ("clap", np.inf, "salience must be a finite number of at least 0"),
    ],
)
def test_what_cannot_be_observed_is_refused(kind: str, salience: float, message: str) -> None:
    with pytest.raises(ObservationError, match=message):
        Observed(kind, salience)


def test_a_refused_decision_changes_nothing() -> None:
    model = SituationModel()
    model.decide([])
    before = model.belief
    with pytest.raises(PrecisionError):
        model.decide([Observed("alarm", STRONG)], gamma=np.nan)
    assert model.belief == before


def test_every_row_of_numbers_is_a_distribution() -> None:
    rows = [
        numbers.START,
        numbers.GREETED_PRESENCE,
        numbers.ALERTED_DANGER,
        *numbers.PERCEIVED.values(),
        *numbers.LOOKED_AT.values(),
        *numbers.CHANGES.values(),
    ]
    assert [sum(row) for row in rows] == pytest.approx([1] * len(rows), abs=1e-12)
