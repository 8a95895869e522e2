"""How often a job is tried that kills what tries it: what gets further, or was asked to end, is not counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scf.worker_toy import job

from scf.worker.tries import MOST, Tries

START = Tries(job=job().id)


@pytest.mark.parametrize(
    ("steps", "too_many"),
    [
        ((0,) * MOST, False),
        ((0,) * (MOST + 1), True),
        ((0,) * MOST + (1,) + (0, 1) * 2, False),
        ((4,) + (0,) * MOST, False),
        ((4, 0, 4, 3, 1, 2, 4), True),
        (tuple(range(1, 50)), False),
    ],
)
def test_it_counts_those_in_a_row_that_got_no_further(
    steps: tuple[int, ...], too_many: bool
) -> None:
    tries = START
    for attempt, step in enumerate(steps, 1):
        tries = tries.again(attempt, step, asked=False)
    assert bool(tries.too_many) is too_many, tries
    assert tries.step == max(steps)


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())))
def test_what_was_asked_to_end_is_as_if_it_had_not_been(ended: list[tuple[int, bool]]) -> None:
    with_asked, without = START, START
    for attempt, (step, asked) in enumerate(ended, 1):
        with_asked = with_asked.again(attempt, step if not asked else 0, asked=asked)
        if not asked:
            without = without.again(attempt, step, asked=False)
    assert (with_asked.step, with_asked.died) == (without.step, without.died)
    assert Tries.parse(with_asked.canonical(), source="tries") == with_asked
