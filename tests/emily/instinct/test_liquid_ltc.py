"""Liquid time-constant networks keep what their theory promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emily.instinct.liquid import Cell, Cfc, CfcWeights, Ltc, LtcWeights, ShapeError, TimeSpanError
from emily.instinct.liquid.arrays import Array

WEIGHTS = LtcWeights.random(3, 16, np.random.default_rng(0))
NETWORK = Ltc(WEIGHTS)
INPUT = np.array([1.0, -0.5, 0.3])
START = WEIGHTS.reversal / 2
BOUNDS = np.minimum(0, WEIGHTS.reversal), np.maximum(0, WEIGHTS.reversal)
ROUNDING = 1e-12

CELLS: list[Cell] = [NETWORK, Cfc(CfcWeights.random(3, 16, 8, np.random.default_rng(1)))]


def derivative(x: Array) -> Array:
    """The differential equation of the paper, written down once more."""
    w = WEIGHTS
    f = w.rate_hz / (1 + np.exp(-(w.input @ INPUT + w.recurrent @ x + w.bias)))
    return -(1 / w.tau_s + f) * x + f * w.reversal


def runge_kutta(x: Array, span_s: float, steps: int) -> Array:
    h = span_s / steps
    for _ in range(steps):
        k1 = derivative(x)
        k2 = derivative(x + h / 2 * k1)
        k3 = derivative(x + h / 2 * k2)
        k4 = derivative(x + h * k3)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x


def test_the_state_stays_between_rest_and_reversal_under_wild_inputs() -> None:
    rng = np.random.default_rng(2)
    states = NETWORK.run(rng.normal(0, 100, (20_000, 3)), rng.exponential(0.5, 20_000))
    low, high = BOUNDS
    assert ((states < low - ROUNDING) | (states > high + ROUNDING)).sum() == 0
    assert np.ptp(states, axis=0).max() > 0.5  # and it did move


@given(
    arrays(np.float64, 3, elements=st.floats(-1e50, 1e50)),
    st.floats(0, 1e9),
    arrays(np.float64, 16, elements=st.floats(0, 1)),
)
def test_the_state_stays_in_its_bounds_from_anywhere_for_any_input_and_span(
    inputs: Array, dt_s: float, where: Array
) -> None:
    low, high = BOUNDS
    after = NETWORK.step(low + where * (high - low), inputs, dt_s)
    assert ((low - ROUNDING <= after) & (after <= high + ROUNDING)).all()


def test_the_fused_solver_is_of_first_order() -> None:
    exact = runge_kutta(START, 1.0, 2000)
    errors = [
        np.abs(Ltc(WEIGHTS, unfolds=unfolds).step(START, INPUT, 1.0) - exact).max()
        for unfolds in (20, 40, 80, 160)
    ]
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert ((orders > 0.9) & (orders < 1.1)).all(), orders


def test_without_recurrence_it_converges_to_the_exact_solution() -> None:
    weights = replace(WEIGHTS, recurrent=np.zeros((16, 16)))
    f = weights.rate_hz / (1 + np.exp(-(weights.input @ INPUT + weights.bias)))
    settled = f * weights.reversal / (1 / weights.tau_s + f)
    exact = settled + (START - settled) * np.exp(-(1 / weights.tau_s + f))
    errors = [
        np.abs(Ltc(weights, unfolds=unfolds).step(START, INPUT, 1.0) - exact).max()
        for unfolds in (10, 100, 1000, 10_000)
    ]
    assert errors[0] < 0.04
    assert np.divide(errors[:-1], errors[1:]) == pytest.approx(10, rel=0.1)


def test_time_constants_are_what_a_small_disturbance_shows() -> None:
    weights = replace(WEIGHTS, recurrent=np.zeros((16, 16)))
    network = Ltc(weights, unfolds=1000)
    dt_s = 0.01
    apart = network.step(START, INPUT, dt_s) - network.step(START + 1e-3, INPUT, dt_s)
    measured = -dt_s / np.log(-apart / 1e-3)
    assert network.time_constants_s(START, INPUT) == pytest.approx(measured, rel=1e-3)


def test_input_makes_a_neuron_faster() -> None:
    network = Ltc(
        LtcWeights(
            *(np.array(values) for values in ([[5.0]], [[0.0]], [-5.0], [2.0], [1.0], [1.0]))
        )
    )
    quiet, loud = (network.time_constants_s([0.0], [drive])[0] for drive in (0.0, 3.0))
    assert quiet == pytest.approx(2, rel=0.02)  # tau
    assert loud == pytest.approx(2 / 3, rel=0.02)  # tau / (1 + tau)


@pytest.mark.parametrize("cell", CELLS, ids=["ltc", "cfc"])
class TestBothNetworks:
    def test_a_run_is_its_steps(self, cell: Cell) -> None:
        rng = np.random.default_rng(3)
        inputs, spans = rng.normal(size=(7, 3)), rng.exponential(size=7)
        state = cell.rest()
        for states, drive, span in zip(cell.run(inputs, spans), inputs, spans, strict=True):
            state = cell.step(state, drive, span)
            assert (states == state).all()

    def test_a_batch_is_its_sequences(self, cell: Cell) -> None:
        rng = np.random.default_rng(4)
        inputs, spans = rng.normal(size=(5, 7, 3)), rng.exponential(size=(5, 7))
        starts = rng.uniform(-0.5, 0.5, (5, 16))
        together = cell.run(inputs, spans, state=starts)
        for row, one in enumerate(together):
            alone = cell.run(inputs[row], spans[row], state=starts[row])
            assert one == pytest.approx(alone, abs=1e-12)

    def test_one_state_serves_a_batch_of_inputs_and_one_input_a_batch_of_states(
        self, cell: Cell
    ) -> None:
        assert cell.step(cell.rest(), np.ones((5, 3)), 0.1).shape == (5, 16)
        assert cell.step(np.zeros((5, 16)), np.ones(3), np.full(5, 0.1)).shape == (5, 16)
        assert cell.run(np.ones((7, 3)), 0.1, state=np.zeros((5, 16))).shape == (5, 7, 16)

    def test_when_a_state_is_asked_for_matters(self, cell: Cell) -> None:
        soon, late = (cell.step(cell.rest(), INPUT, dt_s) for dt_s in (0.1, 2.0))
        assert np.abs(soon - late).max() > 0.05

    @pytest.mark.parametrize(
        ("state", "inputs", "dt_s", "error", "message"),
        [
            (np.zeros(15), INPUT, 1, ShapeError, "state must be of shape"),
            (np.zeros((0, 16)), INPUT, 1, ShapeError, "state must be of shape"),
            (np.full(16, np.nan), INPUT, 1, ShapeError, "state must be finite"),
            (np.zeros(16), np.zeros(4), 1, ShapeError, "inputs must be of shape"),
            (np.zeros(16), [1, np.inf, 0], 1, ShapeError, "inputs must be finite"),
            (np.zeros(16), [1e200, 0, 0], 1, ShapeError, "at most 1e\\+100"),
            (np.zeros(16), ["a", "b", "c"], 1, ShapeError, "array of numbers"),
            (np.zeros((2, 16)), np.zeros((3, 3)), 1, ShapeError, "2 states do not go with 3"),
            (np.zeros(16), INPUT, -1e-9, TimeSpanError, "dt_s must be finite seconds"),
            (np.zeros(16), INPUT, np.nan, TimeSpanError, "dt_s must be finite seconds"),
            (np.zeros(16), INPUT, 1e10, TimeSpanError, "dt_s must be finite seconds"),
            (np.zeros(16), INPUT, [1, 2], TimeSpanError, "one number"),
            (np.zeros(16), INPUT, "soon", TimeSpanError, "one number"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self,
        cell: Cell,
        state: Array,
        inputs: object,
        dt_s: object,
        error: type[ValueError],
        message: str,
    ) -> None:
        with pytest.raises(error, match=message):
            cell.step(state, inputs, dt_s)

    @pytest.mark.parametrize("inputs", [np.zeros((0, 3)), np.zeros(3), np.zeros((2, 4))])
    def test_a_run_of_no_sequence_is_refused(self, cell: Cell, inputs: Array) -> None:
        with pytest.raises(ShapeError, match="inputs must be of shape"):
            cell.run(inputs, 0.1)


def test_no_time_changes_nothing() -> None:
    assert (NETWORK.step(START, INPUT, 0) == START).all()


def test_a_solver_without_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="unfolds must be at least 1"):
        Ltc(WEIGHTS, unfolds=0)
