"""How surely the sound of the last frames is not the background: constant false alarms.

A band's energy in stationary noise follows a gamma distribution, whose shape is half the band's
degrees of freedom whatever the noise's level. The statistic is twice the logarithm of the likelihood
ratio of "each band at its floor or louder by a factor of its own" to "each band at its floor" (Kay
1998, "Fundamentals of Statistical Signal Processing II", 6.5). In the background alone it is a
mixture of chi-squares (Self & Liang 1987, JASA 82(398)), so that one threshold serves noise of any
level and colour.
"""

import math

import numpy as np
from numpy.typing import NDArray

from emily.instinct.reflex.errors import ReflexError

Floats = NDArray[np.float64]


def shapes(window: Floats, edges: NDArray[np.int64]) -> Floats:
    """The gamma distribution's shape of each band's energy in white noise: (bands,).

    `edges`, (bands + 1,), are the first bins of the bands and the end of the last. A window makes
    neighbouring bins alike, so that n bins have a shape below n.
    """
    whole = window * window
    shape: Floats = (np.diff(edges) * whole.sum()) ** 2 / _squares(whole, len(window), edges)
    return shape


def hop_correlations(window: Floats, hop: int, edges: NDArray[np.int64]) -> Floats:
    """The correlation of each band's energies in two frames that begin `hop` samples apart."""
    shared = window[hop:] * window[:-hop]
    whole = window * window
    ratio: Floats = _squares(shared, len(window), edges) / _squares(whole, len(window), edges)
    return ratio


def threshold(bands: int, false_alarm: float) -> float:
    """What the statistic of so many bands exceeds in the background with this probability.

    Raises ReflexError unless 0 < false_alarm < 1 / 2.
    """
    if not 0 < false_alarm < 0.5:
        raise ReflexError(f"false_alarm is a probability between 0 and 0.5, not {false_alarm}")
    low, high = 0.0, 1500.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if exceeds(bands, middle) > false_alarm else (low, middle)
    return high


def exceeds(bands: int, value: float) -> float:
    """The probability that the statistic of so many bands exceeds a value in the background.

    Each band is above its floor or not, with probability 1 / 2: as many as are above are the degrees
    of freedom of the chi-square.
    """
    return math.fsum(
        math.comb(bands, above) * 2.0**-bands * _chi_square_exceeds(above, value)
        for above in range(1, bands + 1)
    )


def _chi_square_exceeds(freedom: int, value: float) -> float:
    half = value / 2
    odd = freedom % 2
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    term = math.exp(-half) * (math.sqrt(half) / math.gamma(1.5) if odd else 1.0)
    for step in range(freedom // 2):
        total += term
        term *= half / (step + (1.5 if odd else 1.0))
    return total


def _squares(product: Floats, size: int, edges: NDArray[np.int64]) -> Floats:
    """The squared correlations of all pairs of a band's bins in white noise, summed, by band."""
    squares = np.abs(np.fft.fft(product, size)) ** 2
    sums = []
    for bins in np.diff(edges):
        apart = np.arange(1, bins)
        sums.append(bins * squares[0] + 2 * ((bins - apart) * squares[apart]).sum())
    return np.array(sums)


def evidence(ratios: Floats, weights: Floats) -> Floats:
    """The statistic of energies over their floors, (..., bands): what exceeds them, in shape (...).

    `weights` are twice the shapes of the gamma distributions.
    """
    louder = np.maximum(ratios, 1)
    total: Floats = (weights * (louder - 1 - np.log(louder))).sum(axis=-1)
    return total


class Statistic:
    """The statistic of the last one, two and three frames: quiet sounds need more than one."""

    SPANS = 3

    def __init__(self, shape: Floats, correlation: Floats) -> None:
        spans = np.arange(1.0, self.SPANS + 1)[:, np.newaxis]
        # two frames that overlap hold less than twice the freedom of one
        self.weights: Floats = 2 * spans * shape / (1 + 2 * (spans - 1) / spans * correlation)
        """For means over 1 to SPANS frames: (SPANS, bands)."""
        self._spans = spans
        self._recent = np.ones((self.SPANS, len(shape)))
        self._means = np.ones((self.SPANS, len(shape)))

    def push(self, ratios: Floats) -> None:
        """Take the energies of the newest frame over the floors, (bands,)."""
        self._recent[1:] = self._recent[:-1]
        self._recent[0] = ratios
        np.cumsum(self._recent, axis=0, out=self._means)
        self._means /= self._spans

    def forget(self) -> None:
        """Take the frames before for background."""
        self._recent[:] = self._means[:] = 1

    def rise(self) -> tuple[float, int]:
        """How surely something is louder than the background, and in how many last frames surest."""
        values = evidence(self._means, self.weights)
        surest = int(values.argmax())
        return float(values[surest]), surest + 1

    def fall(self) -> float:
        """How surely the background itself became quieter, in the last frames together."""
        quieter = np.minimum(self._means[-1], 1)
        return float((self.weights[-1] * (quieter - 1 - np.log(quieter))).sum())

    def mean(self, frames: int) -> Floats:
        """The ratios of the last 1 to SPANS frames, averaged: (bands,)."""
        mean: Floats = self._means[frames - 1].copy()
        return mean
