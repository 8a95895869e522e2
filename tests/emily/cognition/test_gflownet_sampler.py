"""Hypotheses on demand: what the founding document asks of them, and what chance allows."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emily.cognition.gflownet import GFlowNet, SampleError
from emily.cognition.gflownet.diversity import unique_of
from emily.cognition.gflownet.exact import terminal_distribution

SEEDS = st.integers(0, 2**64 - 1)


@pytest.fixture(scope="module")
def sampler() -> GFlowNet:
    return GFlowNet.load()


def test_of_a_hundred_hypotheses_96_are_expected_to_differ(sampler: GFlowNet) -> None:
    distribution = terminal_distribution(sampler.grid, sampler.probabilities)
    assert unique_of(distribution, 100) == pytest.approx(96.7, abs=0.1)


def test_more_than_90_of_a_hundred_differ(sampler: GFlowNet) -> None:
    # A faithful sampler draws 90 or fewer in 2 of 1,000 calls.
    unique = [sampler.generate(100, seed).unique for seed in range(500)]
    assert np.mean(unique) == pytest.approx(96.7, abs=0.5)
    assert sum(one <= 90 for one in unique) <= 8
    assert max(unique) <= 100


@settings(deadline=None)
@given(SEEDS)
def test_more_than_90_of_a_hundred_differ_whatever_the_seed(sampler: GFlowNet, seed: int) -> None:
    # One call may fall short by chance; the median of seven does so less often than once in 1e9.
    assert median(sampler.generate(100, seed + call).unique for call in range(7)) > 90


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=5, max_size=20), st.randoms())
def test_the_order_of_inputs_does_not_change_how_diverse_hypotheses_are(
    sampler: GFlowNet, inputs: list[float], random
) -> None:
    shuffled = random.sample(inputs, len(inputs))
    for order in (inputs, shuffled):
        calls = [sampler.generate(100, seed, query=str(order)) for seed in range(7)]
        assert median(call.unique for call in calls) > 90
        assert median(call.diversity for call in calls) > 0.8


@settings(deadline=None)
@given(SEEDS, st.text(), st.integers(1, 300))
def test_equal_arguments_give_equal_hypotheses(
    sampler: GFlowNet, seed: int, query: str, count: int
) -> None:
    drawn = sampler.generate(count, seed, query)
    assert drawn == sampler.generate(count, seed, query)
    assert len(drawn.hypotheses) == count
    assert all(len(one) == 4 and set(one) <= set(range(8)) for one in drawn.hypotheses)


def test_the_query_takes_part_in_the_seed_alone(sampler: GFlowNet) -> None:
    queries = ["", "a", "b", "ab", "a\0", "\ud800", "x" * 100_000]
    drawn = {sampler.generate(100, seed, query).hypotheses for query in queries for seed in (0, 1)}
    assert len(drawn) == 2 * len(queries)

    # whatever is asked, each state is as likely: no query's modes are another's
    count = 5000
    shares = [
        np.mean([sampler.grid.is_mode[state] for state in numbers(sampler, query, count)])
        for query in ("storm", "calm")
    ]
    share = float(sampler.grid.target[sampler.grid.is_mode].sum())
    assert shares == pytest.approx([share] * 2, abs=6 * (share / count) ** 0.5)


def numbers(sampler: GFlowNet, query: str, count: int) -> list[int]:
    drawn = np.array(sampler.generate(count, query=query).hypotheses)
    return (drawn @ sampler.grid.strides).tolist()


def test_another_process_draws_the_same(sampler: GFlowNet) -> None:
    program = (
        "from emily.cognition.gflownet import GFlowNet;"
        "print(hash('query') and GFlowNet.load().generate(20, 3, 'query').hypotheses)"
    )
    other = subprocess.run(  # its str hashes are salted differently
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == str(sampler.generate(20, 3, "query").hypotheses)


def test_samples_follow_the_exact_distribution(sampler: GFlowNet) -> None:
    count = 100_000
    found = np.bincount(numbers(sampler, "", count), minlength=sampler.grid.size)
    expected = count * terminal_distribution(sampler.grid, sampler.probabilities)
    assert (np.abs(found - expected) < 6.5 * np.sqrt(expected) + 6).all()
    chi_square = float(((found - expected) ** 2 / expected).sum())
    freedom = sampler.grid.size - 1
    assert abs(chi_square - freedom) < 6 * (2 * freedom) ** 0.5


def test_threads_do_not_disturb_one_another(sampler: GFlowNet) -> None:
    alone = [sampler.generate(200, seed) for seed in range(64)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda seed: sampler.generate(200, seed), range(64)))
    assert together == alone
    with pytest.raises(ValueError, match="read-only"):
        sampler.probabilities[0] = 0


@pytest.mark.parametrize(
    ("count", "seed", "what"),
    [
        (0, 0, "1 to 100000 hypotheses"),
        (-1, 0, "1 to 100000 hypotheses"),
        (100_001, 0, "1 to 100000 hypotheses"),
        (10, -1, "a seed is at least 0"),
    ],
)
def test_numbers_that_are_not_allowed_are_refused(
    sampler: GFlowNet, count: int, seed: int, what: str
) -> None:
    with pytest.raises(SampleError, match=what):
        sampler.generate(count, seed)
