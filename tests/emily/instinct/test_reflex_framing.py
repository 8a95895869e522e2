"""Frames know when they were, whatever happens to the blocks and to their clock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.instinct.reflex import SignalError
from emily.instinct.reflex.framing import FRAME, HOP, SAMPLE_NS, Framer

Cut = tuple[list[float], int, int, bool]


def samples(count: int, start: int = 0) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.int16)


def cut(framer: Framer, count: int, start: int, t0_ns: int | None = None) -> list[Cut]:
    """Frames of samples that are numbered, in time unless told otherwise."""
    t0_ns = start * SAMPLE_NS if t0_ns is None else t0_ns
    frames = framer.frames(samples(count, start), t0_ns)
    return [(list(f.samples), f.t0_ns, f.end_ns, f.after_break) for f in frames]


@given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
def test_however_samples_are_cut_the_frames_are_the_same(lengths: list[int]) -> None:
    framer, found, start = Framer(), [], 0
    for length in lengths:
        found += cut(framer, length, start)
        start += length
    wanted = range(0, sum(lengths) - FRAME + 1, HOP)
    assert [frame[0] for frame in found] == [list(range(at, at + FRAME)) for at in wanted]
    assert [frame[1] for frame in found] == [at * SAMPLE_NS for at in wanted]
    assert all(end - begin == FRAME * SAMPLE_NS for _, begin, end, _ in found)
    assert [frame[3] for frame in found] == [number == 0 for number in range(len(found))]


def test_a_trembling_clock_loses_nothing_and_frames_follow_it() -> None:
    framer = Framer()
    cut(framer, 320, 0)
    (frame,) = cut(framer, 160, 320, 320 * SAMPLE_NS + 2_000_000)
    assert frame[:3] == (list(range(160, 480)), 12_000_000, 32_000_000)
    assert framer.faults.gaps == framer.faults.overlaps == 0


def test_after_lost_blocks_frames_begin_anew() -> None:
    framer = Framer()
    cut(framer, 400, 0)
    frames = cut(framer, 480, 1600)
    assert [(f[1], f[3]) for f in frames] == [(100_000_000, True), (110_000_000, False)]
    assert frames[0][0] == list(range(1600, 1920))
    assert framer.faults.gaps == 1


def test_samples_that_come_twice_are_left_out() -> None:
    framer = Framer()
    first = cut(framer, 480, 0)
    again = cut(framer, 480, 160)
    assert [f[1] for f in first + again] == [0, 10_000_000, 20_000_000]
    assert again[0][0] == list(range(320, 640))
    assert cut(framer, 160, 320) == []
    assert framer.faults.overlaps == 2


@pytest.mark.parametrize("t0_ns", [0, 3 * 10**9])
def test_a_clock_that_is_set_back_is_followed(t0_ns: int) -> None:
    framer = Framer()
    cut(framer, 480, 0, 10 * 10**9)
    (frame,) = cut(framer, 320, 0, t0_ns)
    assert frame[1:] == (t0_ns, t0_ns + 20_000_000, True)
    assert framer.faults.jumps == 1


def test_one_foreign_time_costs_no_more_than_its_block() -> None:
    framer = Framer()
    cut(framer, 480, 0)
    cut(framer, 160, 480, 2**62)
    assert [f[1] for f in cut(framer, 480, 640)] == [40_000_000, 50_000_000]


@pytest.mark.parametrize("time_ns", [-1, 0.5, True, "now", None])
def test_what_is_no_time_is_refused(time_ns: object) -> None:
    framer = Framer()
    with pytest.raises(SignalError, match="t0_ns"):
        framer.frames(samples(160), time_ns)  # type: ignore[arg-type]  # that is the point
    assert framer.faults.refused == 1
