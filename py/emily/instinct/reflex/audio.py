"""What is heard of a frame: how far its bands are above the background, and how novel that is.

The background is followed by itself. While something is louder or quieter than it, it stays as it
was; what goes on for a second is the background from then on, as an animal stops being startled
(habituation: Thompson & Spencer 1966, Psychological Review 73(1)).
"""

import numpy as np

from emily.instinct.reflex import novelty
from emily.instinct.reflex.bands import BANDS, SHAPES, energies, levels, statistic
from emily.instinct.reflex.framing import Frame
from emily.instinct.reflex.novelty import Floats

SETTLED_FRAMES = 50
"""Until so many frames were heard nothing is novel; a new background is the median of as many."""

HABITUATION_FRAMES = 100
"""For so many frames in a row something is other than the background; then that is the background."""

COLOUR_RATE, LEVEL_RATE = 1 / 64, 1 / 10
"""What of a difference goes into the floors a frame: a band's own, and that of all bands together.

All bands together are known well from few frames, so that a drifting level is followed closely.
"""

MOST_RATIO = 4.0
"""What is louder than its floor by more counts for this much in it."""

# the median of a gamma distribution over its mean (Wilson & Hilferty 1931, PNAS 17(12))
_MEDIANS = (1 - 1 / (9 * SHAPES)) ** 3
_SHARES = SHAPES / SHAPES.sum()


class FrontEnd:
    """Hears one frame after another.

    `false_alarm` is the probability that `novelty` is above 1 in a frame of mere background.
    """

    def __init__(self, false_alarm: float = 1e-6) -> None:
        self.threshold = novelty.threshold(BANDS, false_alarm)
        """Of the statistic in `novelty.Statistic`."""
        self.novelty = 0.0
        """The statistic of the newest frame over the threshold; 0 until the background is known."""
        self.frames = 1
        """How many of the last frames, 1 to 3, the novelty is surest of."""
        self.floor = np.ones(BANDS)
        """The mean energies of the background."""
        self._statistic = statistic()
        self._history = np.zeros((SETTLED_FRAMES, BANDS))
        self._heard = 0
        self._changed = 0
        """For how many frames now it has been louder or quieter than the background."""

    @property
    def settled(self) -> bool:
        """Whether the background is known."""
        return self._heard >= SETTLED_FRAMES

    def levels(self) -> Floats:
        """How far the last two frames together are above the background: `bands.levels`, (BANDS,)."""
        return levels(self._statistic.mean(2))

    def hear(self, frame: Frame) -> float:
        """Take the next frame; returns its novelty."""
        if frame.after_break:
            self._statistic.forget()
        heard = energies(frame.samples)
        self._history[self._heard % SETTLED_FRAMES] = heard
        self._heard += 1
        if not self.settled:
            return 0.0
        if self._heard == SETTLED_FRAMES:
            self._learn_anew()
        ratios = heard / self.floor
        self._statistic.push(ratios)
        rise, self.frames = self._statistic.rise()
        self.novelty = rise / self.threshold
        if self.novelty > 1 or self._statistic.fall() > self.threshold:
            self._changed += 1
            if self._changed >= HABITUATION_FRAMES:
                self._learn_anew()
        else:
            self._changed = 0
            self._follow(ratios)
        return self.novelty

    def _follow(self, ratios: Floats) -> None:
        np.minimum(ratios, MOST_RATIO, out=ratios)
        level = float(ratios @ _SHARES) - 1
        ratios -= 1
        ratios *= COLOUR_RATE
        ratios += 1 + LEVEL_RATE * level
        self.floor *= ratios

    def _learn_anew(self) -> None:
        self.floor = np.median(self._history, axis=0) / _MEDIANS
        self._statistic.forget()
        self._changed, self.novelty = 0, 0.0
