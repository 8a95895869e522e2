"""The GFlowNet: how faithful and how fast training is, beside torchgfn's own targets, and sampling.

torchgfn publishes no table; its tests (tutorials/examples/test_scripts.py, test_hypergrid_tb) expect an
L1 distance after 32,000 trajectories, counted on 200,000 fresh samples. The same is counted here, with
what counting alone adds: a perfect sampler's L1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

import numpy as np
from bench.emily.rows import Row
from numpy.typing import NDArray

from emily.cognition.gflownet import Evaluation, GFlowNet, Hypergrid, Policy, Recipe
from emily.cognition.gflownet.exact import compare, terminal_distribution
from emily.cognition.gflownet.trajectories import roll_out
from scf.training.gflownet import train

FRESH_SAMPLES = 200_000
PEER_BUDGET = Recipe(steps=1000, batch=32)


@dataclass(frozen=True, slots=True)
class Case:
    """A grid, how it is trained, and what is held to: ours, and what torchgfn's test allows."""

    grid: Hypergrid
    recipe: Recipe
    most_l1: float
    peer: tuple[float, float] | None = None
    """Its target and tolerance."""


CASES = (
    Case(Hypergrid(8, 2, 0.1), Recipe(steps=400), most_l1=0.02, peer=(0.012, 0.015)),
    Case(Hypergrid(8, 2, 0.01), Recipe(steps=600), most_l1=0.02),
    Case(Hypergrid(16, 2, 0.1), Recipe(steps=1000), most_l1=0.02, peer=(0.052, 0.05)),
    Case(Hypergrid(8, 4, 0.1), Recipe(), most_l1=0.2, peer=(0.25, 0.35)),
)


def rows() -> list[Row]:
    """Train on every grid, then sample from the shipped weights."""
    found = []
    for case in CASES:
        found.append(_ours(case))
        if case.peer:
            found.append(_beside_peer(case.grid, *case.peer))
    return [*found, _load(), _sample()]


def _ours(case: Case) -> Row:
    policy, took = _trained(case.grid, case.recipe)
    exact = compare(case.grid, _distribution(policy))
    return Row(
        f"{_name(case.grid)}, {case.recipe.steps} steps of {case.recipe.batch}: exact L1, modes, CPU time",
        f"{exact.l1:.4f}, {_modes(exact, case.grid)}, {took:.1f} s",
        f"< {case.most_l1}, all modes",
        exact.l1 < case.most_l1 and exact.modes == case.grid.modes,
    )


def _beside_peer(grid: Hypergrid, target: float, tolerance: float) -> Row:
    policy, took = _trained(grid, PEER_BUDGET)
    exact, random = _distribution(policy), np.random.default_rng(1)
    sampled = roll_out(
        grid, policy.probabilities(np.arange(grid.size)).__getitem__, FRESH_SAMPLES, random
    )
    counted = _counted(grid, sampled.ends)
    perfect = _counted(grid, random.choice(grid.size, FRESH_SAMPLES, p=grid.target))
    l1 = compare(grid, counted).l1
    noise = compare(grid, perfect).l1
    _check(abs(counted - exact).sum() < 1.5 * noise + 0.01, "samples follow the exact distribution")
    return Row(
        f"{_name(grid)}, 32,000 trajectories: L1 of 200,000 samples (perfect: {noise:.3f}), CPU time",
        f"{l1:.3f} (exact {compare(grid, exact).l1:.4f}), {took:.1f} s",
        f"torchgfn's test: {target} ± {tolerance}",
        l1 <= target + tolerance,
    )


def _load() -> Row:
    took = _median_ms(GFlowNet.load, 5)
    return Row("shipped weights: load and evaluate every state", f"{took:.0f} ms")


def _sample() -> Row:
    sampler, seeds = GFlowNet.load(), iter(range(10**6))
    drawn = sampler.generate(100, seed=0)
    _check(len(drawn.hypotheses) == 100 and not drawn.mode_collapse, "a hundred hypotheses")
    took = _median_ms(lambda: sampler.generate(100, seed=next(seeds)), 100)
    return Row(
        "100 hypotheses of the shipped weights, judged", f"{took:.2f} ms", "< 20 ms", took < 20
    )


def _trained(grid: Hypergrid, recipe: Recipe) -> tuple[Policy, float]:
    start = process_time()
    policy = train(grid, recipe)
    return policy, process_time() - start


def _distribution(policy: Policy) -> NDArray[np.float64]:
    grid = policy.grid
    exact = terminal_distribution(grid, policy.probabilities(np.arange(grid.size)))
    _check(abs(exact.sum() - 1) < 1e-4, "all trajectories end somewhere")
    return exact


def _counted(grid: Hypergrid, states: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.bincount(states, minlength=grid.size) / len(states)


def _median_ms(work: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        start = perf_counter()
        work()
        took.append(perf_counter() - start)
    return 1000 * median(took)


def _name(grid: Hypergrid) -> str:
    return f"{grid.side}^{grid.dimensions}, R0 {grid.floor}"


def _modes(found: Evaluation, grid: Hypergrid) -> str:
    return f"{found.modes}/{grid.modes} modes"


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"no figures are reported: {what}, but not here")
