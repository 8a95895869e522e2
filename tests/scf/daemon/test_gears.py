"""Gears: four periods, on a grid that does not drift."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scf.daemon.gears import Beat, Gear


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("gear", "period_s"),
    [
        (Gear.STANDARD, 5),
        (Gear.ACCELERATED, 1),
        (Gear.HYPER, 0.1),
        (Gear.SINGULARITY, 0.05),
    ],
)
def test_each_gear_has_its_period(gear: Gear, period_s: float) -> None:
    assert gear.period_s == period_s


@pytest.mark.parametrize("gear", list(Gear))
def test_forty_cycles_take_forty_periods_whatever_each_cycle_takes(gear: Gear) -> None:
    clock = Clock()
    beat = Beat(gear, clock)
    for cycle in range(40):
        clock.now += beat.wait_s()
        assert clock.now == pytest.approx(100 + (cycle + 1) * gear.period_s)
        clock.now += gear.period_s * (cycle % 9) / 10
    assert clock.now <= 100 + 41 * gear.period_s


@given(st.lists(st.floats(0, 20), min_size=1, max_size=30))
def test_missed_moments_are_left_out_and_the_grid_is_kept(works_s: list[float]) -> None:
    clock = Clock()
    beat = Beat(Gear.ACCELERATED, clock)
    for work_s in works_s:
        wait = beat.wait_s()
        assert 0 <= wait <= 1 + 1e-9
        clock.now += wait
        assert (clock.now - 100) % 1 == pytest.approx(0, abs=1e-6) or (
            clock.now - 100
        ) % 1 == pytest.approx(1, abs=1e-6)
        clock.now += work_s


def test_a_shift_counts_from_now() -> None:
    clock = Clock()
    beat = Beat(Gear.STANDARD, clock)
    clock.now += 3
    beat.shift(Gear.HYPER)
    assert beat.wait_s() == pytest.approx(0.1)
    beat.shift(Gear.HYPER)
    assert beat.wait_s() == pytest.approx(0.2)
