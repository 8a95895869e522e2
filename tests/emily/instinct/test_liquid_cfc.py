"""Closed-form networks, their training, and why time spans are worth having."""

import numpy as np
import pytest

from emily.instinct.liquid import Cfc, CfcWeights, LiquidError, ShapeError
from emily.instinct.liquid.sines import foretelling_error, sines
from emily.instinct.liquid.training import Parameters, loss_and_gradient, train

TASK = sines(3, 6, np.random.default_rng(0))
SMALL = Parameters.random(1, 1, np.random.default_rng(1), neurons=4, units=5)


def test_a_step_is_the_published_formula() -> None:
    rng = np.random.default_rng(2)
    w = CfcWeights.random(2, 3, 4, rng)
    x, inputs, dt = rng.normal(size=3), rng.normal(size=2), 0.7
    backbone = np.tanh(w.backbone_input @ inputs + w.backbone_state @ x + w.backbone_bias)
    g, k, t_a, t_b = w.heads @ backbone + w.heads_bias
    s = 1 / (1 + np.exp(t_a * dt + t_b))
    expected = s * np.tanh(g) + (1 - s) * np.tanh(k)
    assert Cfc(w).step(x, inputs, dt) == pytest.approx(expected, abs=1e-14)


def test_the_state_stays_between_minus_one_and_one() -> None:
    rng = np.random.default_rng(3)
    network = Cfc(CfcWeights.random(3, 16, 8, rng))
    states = network.run(rng.normal(0, 100, (2000, 3)), rng.exponential(10, 2000))
    assert np.abs(states).max() <= 1


def test_the_gradient_is_that_of_finite_differences() -> None:
    def loss(vector: np.ndarray) -> float:
        found = SMALL.replaced(vector)
        return loss_and_gradient(found, TASK.samples, TASK.spans_s, TASK.following, skip=1)[0]

    _, gradient = loss_and_gradient(SMALL, TASK.samples, TASK.spans_s, TASK.following, skip=1)
    at = SMALL.vector()
    steps = 1e-6 * np.eye(len(at))
    numeric = np.array([(loss(at + step) - loss(at - step)) / 2e-6 for step in steps])
    assert len(at) == 131
    assert gradient.vector() == pytest.approx(numeric, abs=1e-8)
    assert np.abs(numeric).max() > 0.01


def test_the_loss_is_the_error_of_what_is_predicted() -> None:
    loss, _ = loss_and_gradient(SMALL, TASK.samples, TASK.spans_s, TASK.following, skip=2)
    errors = SMALL.predict(TASK.samples, TASK.spans_s) - TASK.following
    assert loss == pytest.approx((errors[:, 2:] ** 2).mean(), rel=1e-12)


def test_who_is_told_the_time_spans_foretells_irregular_sines_far_better() -> None:
    timed, blind = (foretelling_error(timed=timed, seed=1) for timed in (True, False))
    assert timed < 0.01
    assert blind / timed >= 4


def test_training_is_repeatable() -> None:
    first, second = (foretelling_error(timed=True, seed=5, steps=3) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": TASK.samples[..., 0:0]}, "inputs, spans_s and targets must be of shape"),
        ({"spans_s": TASK.spans_s[:, 1:]}, "inputs, spans_s and targets must be of shape"),
        ({"targets": TASK.following[:1]}, "inputs, spans_s and targets must be of shape"),
        ({"skip": 6}, "skip must be from 0 to 5"),
        ({"skip": -1}, "skip must be from 0 to 5"),
    ],
)
def test_lessons_that_do_not_fit_are_refused(change: dict[str, object], message: str) -> None:
    lesson = {"inputs": TASK.samples, "spans_s": TASK.spans_s, "targets": TASK.following}
    with pytest.raises(ShapeError, match=message):
        loss_and_gradient(SMALL, **(lesson | change))


@pytest.mark.parametrize("change", [{"steps": 0}, {"rate": 0.0}, {"largest_gradient": np.nan}])
def test_training_that_trains_nothing_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(LiquidError, match="steps must be at least 1"):
        train(
            SMALL, lambda: (TASK.samples, TASK.spans_s, TASK.following), **({"steps": 1} | change)
        )
