"""What a step of a liquid network takes, and what it gains from time spans."""

import time
from collections.abc import Callable

import numpy as np
from bench.emily.rows import Row

from emily.instinct.liquid import Arousal, Cell, Cfc, CfcWeights, Ltc, LtcWeights
from emily.instinct.liquid.sines import foretelling_error

NEURONS = 16
STEPS = 2000


def rows() -> list[Row]:
    """Bounds, times and the irregularly sampled sines."""
    rng = np.random.default_rng(0)
    ltc = Ltc(LtcWeights.random(3, NEURONS, rng))
    cfc = Cfc(CfcWeights.random(3, NEURONS, NEURONS, rng))
    return [_bounds(ltc), *_steps("LTC", ltc), *_steps("CfC", cfc), _arousal(), *_sines()]


def _bounds(network: Ltc) -> Row:
    rng = np.random.default_rng(1)
    states = network.run(rng.normal(0, 100, (20_000, 3)), rng.exponential(0.5, 20_000))
    low, high = np.minimum(0, network.weights.reversal), np.maximum(0, network.weights.reversal)
    outside = int(((states < low - 1e-12) | (states > high + 1e-12)).sum())
    return Row("LTC: states out of bounds in 20,000 steps", str(outside), "0", outside == 0)


def _steps(name: str, network: Cell) -> list[Row]:
    one, many = np.ones(3), np.ones((64, 3))
    if not np.allclose(
        network.step(network.rest(), many, 0.1), network.step(network.rest(), one, 0.1)
    ):
        raise RuntimeError(f"{name}: a batch is not its rows")
    return [
        Row(
            f"{name}: a step of {NEURONS} neurons",
            _us(lambda: network.step(network.rest(), one, 0.1)),
        ),
        Row(
            f"{name}: a step of a batch of 64", _us(lambda: network.step(network.rest(), many, 0.1))
        ),
    ]


def _arousal() -> Row:
    arousal = Arousal()
    return Row("Arousal: an event", _us(lambda: arousal.feel(0.8, 0.3)))


def _sines() -> list[Row]:
    begin = time.perf_counter()
    timed = foretelling_error(timed=True, seed=1)
    trained_s = time.perf_counter() - begin
    blind = foretelling_error(timed=False, seed=1)
    return [
        Row("Irregular sines: mean square error with time spans", f"{timed:.4f}"),
        Row(
            "Irregular sines: the same without, times as much",
            f"{blind / timed:.0f}",
            ">= 4",
            blind / timed >= 4,
        ),
        Row(
            "Irregular sines: training 400 batches", f"{trained_s:.1f} s", "< 25 s", trained_s < 25
        ),
    ]


def _us(call: Callable[[], object]) -> str:
    times = []
    for _ in range(STEPS):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return f"{np.median(times) * 1e6:.0f} µs"
