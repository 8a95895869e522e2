"""Arousal: how awake the instinct is, from salient events at irregular times."""

import math

import numpy as np

from emily.instinct.liquid.arrays import spans
from emily.instinct.liquid.errors import ShapeError
from emily.instinct.liquid.ltc import UNFOLDS, Ltc, LtcWeights

EVENT_S = 0.1
"""How long an event acts: the length of a clap."""

WEIGHTS = LtcWeights(
    # the burst follows events; the tone follows bursts
    input=np.array([[8.5], [0.0]]),
    # a tone makes bursts easier, so that what repeats rouses more; a burst lifts the tone
    recurrent=np.array([[0.0, 2.0], [9.0, 0.0]]),
    # silence gives a rate of sigmoid(-8.5), nearly none; a full event gives half of the largest
    bias=np.array([-8.5, -8.5]),
    # a burst is over in seconds, a tone in a minute
    tau_s=np.array([2.0, 60.0]),
    # a full event takes a burst to 3/4 within EVENT_S; a tone rises over several
    rate_hz=np.array([30.0, 0.5]),
    # both between 0 and 1
    reversal=np.array([1.0, 1.0]),
)
"""Set by hand. Two neurons as the two modes of the locus coeruleus, phasic and tonic (Aston-Jones & Cohen
2005, Annu. Rev. Neurosci. 28)."""

_SHARES = np.array([0.7, 0.3])
"""Of burst and tone in the level: a single event counts more than what went before."""

_FINE_S = 0.25
"""Solver steps in silence are this long, so that it matters little how often arousal is asked for."""

_MOST_UNFOLDS = 48
"""After 12 s a burst is over, and coarser steps do for the tone."""


class Arousal:
    """A level in [0, 1] that rises within an event and falls over seconds to a minute.

    Two liquid neurons: the time constant is short under a salient event and long in silence.
    """

    def __init__(self) -> None:
        self._state = np.zeros(len(WEIGHTS.bias))

    @property
    def level(self) -> float:
        """Arousal now."""
        return float(np.clip(self._state @ _SHARES, 0, 1))

    def feel(self, salience: float, dt_s: float) -> float:
        """The level after dt_s seconds of silence and an event; a salience of 0 is none.

        Raises ShapeError when the salience is not in [0, 1], TimeSpanError when dt_s is negative, not
        finite or above 1e9 s; the level is then as it was.
        """
        if not (math.isfinite(salience) and 0 <= salience <= 1):
            raise ShapeError(f"salience must be from 0 to 1, not {salience}")
        silence_s = float(spans(dt_s, ()))
        unfolds = min(max(UNFOLDS, math.ceil(silence_s / _FINE_S)), _MOST_UNFOLDS)
        state = Ltc(WEIGHTS, unfolds=unfolds).step(self._state, [0.0], silence_s)
        if salience > 0:
            roused = Ltc(WEIGHTS).step(state, [salience], EVENT_S)
            state = np.maximum(state, roused)  # a faint event calms nobody
        self._state = state
        return self.level
