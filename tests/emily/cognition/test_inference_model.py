"""A generative model is whole or refused, and its expected free energy means what it should."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emily.cognition.inference import (
    ActiveInference,
    GenerativeModel,
    InferenceError,
    ModelError,
    ObservationError,
    PrecisionError,
    evaluate,
    expected_free_energy,
    independent,
    joint,
)
from emily.cognition.inference.model import Array
from emily.cognition.inference.tmaze import tmaze

COIN = GenerativeModel(
    A=np.array([[0.9, 0.2], [0.1, 0.8]]),
    B=np.array([np.eye(2), np.eye(2)[::-1]]),
    C=np.array([1.0, 0.0]),
    D=np.array([0.5, 0.5]),
    actions=("keep", "turn"),
    horizon=1,
)


def random_model(seed: int) -> tuple[GenerativeModel, Array]:
    """A model of random size with some impossible events in it, and a belief."""
    rng = np.random.default_rng(seed)
    observations, states, actions, horizon = rng.integers(2, 6, 4)

    def distributions(*shape: int) -> Array:
        values = rng.random(shape) * (rng.random(shape) < 0.8) + 1e-3 * (rng.random(shape) < 0.5)
        values += np.where(values.sum(axis=-1, keepdims=True) == 0, 1, 0)
        return values / values.sum(axis=-1, keepdims=True)

    model = GenerativeModel(
        A=distributions(states, observations).T,
        B=distributions(actions, states, states).transpose(0, 2, 1),
        C=rng.normal(0, 3, observations),
        D=distributions(states),
        actions=tuple(f"a{index}" for index in range(actions)),
        horizon=min(int(horizon), 3),
    )
    return model, distributions(states)


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_risk_and_ambiguity_are_less_information_gain_and_utility(seed: int) -> None:
    model, belief = random_model(seed)
    efe = expected_free_energy(model, belief)
    assert np.abs(efe.total + efe.information_gain + efe.utility).max() < 1e-12
    assert efe.risk.min() > -1e-12
    assert efe.ambiguity.min() > -1e-12
    assert efe.information_gain.min() > -1e-12


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_every_policy_is_judged_as_if_it_were_the_only_one(seed: int) -> None:
    model, belief = random_model(seed)
    total = expected_free_energy(model, belief).total
    for policy, found in zip(model.policies, total, strict=True):
        states, efe = belief, 0.0
        for action in policy:
            states = model.B[model.actions.index(action)] @ states
            observations = model.A @ states
            for probability, preference in zip(observations, model.C, strict=True):
                if probability > 0:
                    efe += probability * (np.log(probability) - preference)
            for state, weight in enumerate(states):
                column = model.A[:, state][model.A[:, state] > 0]
                efe -= weight * (column * np.log(column)).sum()
        assert found == pytest.approx(efe, abs=1e-10)


@given(st.integers(0, 10**6), st.floats(0, 50))
@settings(max_examples=30)
def test_policies_are_a_distribution_sorted_by_expected_free_energy(
    seed: int, gamma: float
) -> None:
    model, belief = random_model(seed)
    policies = evaluate(model, belief, gamma=gamma)
    assert sorted(policy.actions for policy in policies) == sorted(model.policies)
    assert [policy.efe for policy in policies] == sorted(policy.efe for policy in policies)
    assert sum(policy.q for policy in policies) == pytest.approx(1, abs=1e-9)
    for policy in policies:
        assert 0 <= policy.efe_score < 1.0
        assert policy.efe_score == pytest.approx(1 - policy.q)


def test_q_is_the_softmax_of_efe_free_energy_and_habit() -> None:
    habit = np.array([0.2, 0.8])
    model = replace(COIN, E=habit)
    belief = np.array([0.7, 0.3])
    efe = expected_free_energy(model, belief).total
    weights = habit * np.exp(-3 * efe)
    expected = dict(zip(model.policies, weights / weights.sum(), strict=True))
    for free_energy in (0.0, 5.0):  # which all policies share
        policies = evaluate(model, belief, gamma=3, free_energy=free_energy)
        assert {policy.actions: policy.q for policy in policies} == pytest.approx(expected)


def test_without_precision_habit_decides() -> None:
    policies = evaluate(replace(COIN, E=np.array([0.0, 1.0])), COIN.D, gamma=0)
    assert {policy.action: policy.q for policy in policies} == {"keep": 0, "turn": 1}


@pytest.mark.parametrize("gamma", [-1, 1e7, np.nan, np.inf])
def test_a_precision_that_is_none_is_refused(gamma: float) -> None:
    with pytest.raises(PrecisionError, match="gamma must be a number from 0 to"):
        evaluate(COIN, COIN.D, gamma=gamma)


@pytest.mark.parametrize("free_energy", [np.nan, np.inf])
def test_a_free_energy_that_is_none_is_refused(free_energy: float) -> None:
    with pytest.raises(InferenceError, match="free_energy must be finite"):
        evaluate(COIN, COIN.D, free_energy=free_energy)


@pytest.mark.parametrize("belief", [np.ones(3) / 3, np.array([np.nan, 1])])
def test_a_belief_about_other_states_is_refused(belief: Array) -> None:
    with pytest.raises(ModelError, match="belief must be 2 finite probabilities"):
        expected_free_energy(COIN, belief)


def test_an_agent_infers_states_by_bayes_rule() -> None:
    agent = ActiveInference(COIN)
    agent.observe(0)
    assert agent.belief == pytest.approx([0.45 / 0.55, 0.10 / 0.55])
    assert agent.free_energy == pytest.approx(-np.log(0.55))
    agent.reset()
    assert (agent.belief == COIN.D).all()


def test_an_agent_that_acts_expects_what_the_action_brings() -> None:
    agent = ActiveInference(replace(COIN, E=np.array([0.0, 1.0])))
    agent.observe(0)
    before = agent.belief
    assert agent.act() == "turn"
    assert agent.belief == pytest.approx(before[::-1])


@pytest.mark.parametrize("observation", [-1, 24])
def test_an_observation_the_model_does_not_have_is_refused(observation: int) -> None:
    with pytest.raises(ObservationError, match="observation must be 0 to 23"):
        ActiveInference(tmaze()).observe(observation)


def test_an_impossible_observation_is_refused_and_changes_nothing() -> None:
    agent = ActiveInference(tmaze())
    before = agent.belief
    with pytest.raises(ObservationError, match="observation 23 is impossible"):
        agent.observe(23)  # at the cue with a shock
    assert (agent.belief == before).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("A", np.ones((2, 2)), "A must have columns that sum to 1, not 2"),
        ("A", np.array([[1.5, 0.2], [-0.5, 0.8]]), "A holds probabilities below 0"),
        ("A", np.array([[np.nan, 0.2], [0.1, 0.8]]), "A must be finite"),
        ("A", np.ones(2), "A must be of shape \\(n, n\\)"),
        ("A", np.zeros((0, 2)), "A must be of shape"),
        ("A", "sure", "A must be an array of numbers"),
        ("B", np.eye(2)[None], "B must be of shape \\(2, 2, 2\\)"),
        ("B", np.full((2, 2, 2), 0.4), "B must have columns that sum to 1"),
        ("C", np.zeros(3), "C must be of shape \\(2\\)"),
        ("C", np.array([0, np.inf]), "C must be finite"),
        ("C", np.array([0, 1e7]), "C must be at most"),
        ("D", np.array([0.5, 0.6]), "D must sum to 1, not 1.1"),
        ("E", np.ones(3) / 3, "E must be of shape \\(2\\)"),
        ("actions", ("turn", "turn"), "actions must be different names"),
        ("actions", (), "actions must be different names"),
        ("horizon", 0, "horizon must be at least 1"),
        ("horizon", 17, "at most 65536 policies"),
    ],
)
def test_a_model_that_does_not_agree_with_itself_is_refused(
    name: str, value: object, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        replace(COIN, **{name: value})


def test_a_model_cannot_change() -> None:
    with pytest.raises(ValueError, match="read-only"):
        COIN.A[0, 0] = 1


def test_preferences_are_normalised() -> None:
    assert np.exp(COIN.C).sum() == pytest.approx(1)
    assert np.exp(replace(COIN, C=np.array([1e4, 0])).C) == pytest.approx([1, 0])


def test_independent_modalities_are_multiplied_and_their_preferences_added() -> None:
    sound, sight = COIN.A, np.array([[0.5, 0.0], [0.3, 0.3], [0.2, 0.7]])
    together = independent(sound, sight)
    assert together.shape == (6, 2)
    assert together[4] == pytest.approx(sound[1] * sight[1])
    assert joint((1, 2), (10, 20, 30)) == pytest.approx([11, 21, 31, 12, 22, 32])


@pytest.mark.parametrize("likelihoods", [(), (np.eye(2), np.eye(3)), (np.ones(2),)])
def test_modalities_of_different_states_are_refused(likelihoods: tuple[Array, ...]) -> None:
    with pytest.raises(ModelError, match="with the same states"):
        independent(*likelihoods)


def test_no_preferences_are_refused() -> None:
    with pytest.raises(ModelError, match="at least one vector"):
        joint()
