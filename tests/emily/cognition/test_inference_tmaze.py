"""In the T-maze an agent looks up where the food is, if there is anything to look up."""

import numpy as np
import pytest

from emily.cognition.inference import ActiveInference, ModelError, expected_free_energy
from emily.cognition.inference.tmaze import PLACES, episode, tmaze

EPISODES = 500


@pytest.mark.parametrize(
    ("policy", "efe"),
    [
        (("stay", "stay"), 8.4171),
        (("cue", "left"), 8.1288),
        (("left", "left"), 9.2269),
        (("cue", "cue"), 7.0308),
    ],
)
def test_policies_have_the_expected_free_energy_that_the_model_implies(
    policy: tuple[str, str], efe: float
) -> None:
    found = {found.actions: found.efe for found in ActiveInference(tmaze()).plan()}
    assert found[policy] == pytest.approx(efe, abs=1e-4)


def test_the_terms_are_what_can_be_reckoned_by_hand() -> None:
    model = tmaze()
    efe = expected_free_energy(model, model.D)
    first = model.policies.index(("stay", "stay")), model.policies.index(("cue", "cue"))
    assert efe.information_gain[list(first)] == pytest.approx([0, 2 * np.log(2)], abs=1e-12)
    assert efe.utility[first[0]] == pytest.approx(efe.utility[first[1]], abs=1e-12)
    identity = efe.risk + efe.ambiguity + efe.information_gain + efe.utility
    assert np.abs(identity).max() < 1e-12


def test_it_looks_first_goes_where_the_food_is_and_nearly_always_wins() -> None:
    agent = ActiveInference(tmaze(), gamma=16, seed=1)
    rng = np.random.default_rng(0)
    episodes = [episode(agent, rng) for _ in range(EPISODES)]
    assert all(one.moves == ("cue", one.food) for one in episodes)
    assert sum(one.won for one in episodes) >= 0.97 * EPISODES
    assert not all(one.won for one in episodes)  # the food is there 98 times in 100
    assert {one.food for one in episodes} == {"left", "right"}


def test_a_cue_that_tells_nothing_is_not_preferred() -> None:
    model = tmaze(cue=0.5)
    weights = dict.fromkeys(PLACES, 0.0)
    for policy in ActiveInference(model).plan():
        weights[policy.action] += policy.q
    assert weights["cue"] == pytest.approx(weights["stay"], abs=1e-12)
    agent, rng = ActiveInference(model, seed=1), np.random.default_rng(0)
    firsts = [episode(agent, rng).moves[0] for _ in range(EPISODES)]
    assert 0.42 < firsts.count("cue") / EPISODES < 0.58


@pytest.mark.parametrize("given", [{"reward": 1.1}, {"cue": -0.1}, {"cue": np.nan}])
def test_what_is_no_probability_is_refused(given: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="must be a probability"):
        tmaze(**given)
