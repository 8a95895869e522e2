"""Blocks of samples, of any length and not always in time, as frames that know when they were."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emily.instinct.reflex.errors import SignalError
from emily.instinct.reflex.sounds import RATE_HZ

FRAME, HOP = 320, 160
"""Samples of a frame (20 ms) and from one to the next (10 ms)."""

SAMPLE_NS = 1_000_000_000 // RATE_HZ
JITTER_NS = 5_000_000
"""How far a block's time may be from where the last one ended, without samples being missing."""

LATE_NS = 100_000_000
"""A block that is older by more than this is not one that comes twice: the clock was set back."""

MOST_SAMPLES = 1_000_000

Block = NDArray[np.int16] | NDArray[np.floating]


@dataclass(slots=True)
class Faults:
    """What was wrong with the blocks until now, counted."""

    gaps: int = 0
    overlaps: int = 0
    jumps: int = 0
    refused: int = 0


class Frame(NamedTuple):
    """Samples of shape (FRAME,), good until the next frame; the times of its first sample and of
    the end of its last."""

    samples: NDArray[np.float64]
    t0_ns: int
    end_ns: int
    after_break: bool
    """Whether samples are missing between this frame and the one before."""


class Framer:
    """Cuts blocks into frames; after samples that are missing it begins anew."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._samples = np.zeros(FRAME)
        self._filled = 0
        self._next_ns: int | None = None
        self._broken = True

    def frames(self, block: Block, t0_ns: int) -> Iterator[Frame]:
        """The frames that are full with this block, the first sample of which was at `t0_ns`.

        `block` has the shape (n,), n up to MOST_SAMPLES: int16, or floats from -1 to 1, beyond which
        they are clipped. Raises SignalError.
        """
        try:
            samples, t0_ns = checked(block), _checked_time(t0_ns)
        except SignalError:
            self.faults.refused += 1
            raise
        return self._cut(samples, t0_ns) if len(samples) else iter(())

    def _cut(self, samples: Block, t0_ns: int) -> Iterator[Frame]:
        start = self._resynchronised(t0_ns)
        # kept first: a caller who does not take all frames loses these, not the time
        self._next_ns = max(t0_ns + len(samples) * SAMPLE_NS, t0_ns + start * SAMPLE_NS)
        integers = samples.dtype == np.int16
        while start < len(samples):
            taken = min(FRAME - self._filled, len(samples) - start)
            place = self._samples[self._filled : self._filled + taken]
            if integers:
                place[:] = samples[start : start + taken]
            else:
                np.clip(samples[start : start + taken], -1, 1, out=place)
                place *= 32768
            start += taken
            self._filled += taken
            if self._filled == FRAME:
                end_ns = t0_ns + start * SAMPLE_NS
                yield Frame(self._samples, end_ns - FRAME * SAMPLE_NS, end_ns, self._broken)
                self._broken = False
                self._samples[: FRAME - HOP] = self._samples[HOP:]
                self._filled = FRAME - HOP

    def _resynchronised(self, t0_ns: int) -> int:
        """How many samples of a block were heard before, where it is in time or overlaps."""
        if self._next_ns is None:
            return 0
        early_ns = self._next_ns - t0_ns
        if abs(early_ns) <= JITTER_NS:
            return 0
        if 0 < early_ns <= LATE_NS:
            self.faults.overlaps += 1
            return early_ns // SAMPLE_NS
        if early_ns < 0:
            self.faults.gaps += 1
        else:
            self.faults.jumps += 1
        self._filled, self._broken = 0, True
        return 0


def checked(block: object) -> Block:
    """A block of samples, when it is one; raises SignalError."""
    if not isinstance(block, np.ndarray) or block.ndim != 1:
        shape = block.shape if isinstance(block, np.ndarray) else type(block).__name__
        raise SignalError(f"block is one channel of samples, of shape (n,), not {shape}")
    if block.dtype != np.int16 and block.dtype.kind != "f":
        raise SignalError(f"block is int16, or floats from -1 to 1, not {block.dtype}")
    if len(block) > MOST_SAMPLES:
        raise SignalError(f"block has {len(block)} samples, more than {MOST_SAMPLES}")
    if block.dtype.kind == "f" and not np.isfinite(block).all():
        raise SignalError("block holds NaN or infinite samples; they are from -1 to 1")
    return block


def _checked_time(time_ns: object) -> int:
    if isinstance(time_ns, bool) or not isinstance(time_ns, int | np.integer):
        raise SignalError(f"t0_ns is whole nanoseconds, not {type(time_ns).__name__}")
    if time_ns < 0:
        raise SignalError(f"t0_ns is a monotonic time from 0 on, not {time_ns}")
    return int(time_ns)
