"""Frames of sound as the energies of bands, evenly apart as the ear hears pitch."""

import numpy as np
from numpy.typing import NDArray

from emily.instinct.reflex import novelty
from emily.instinct.reflex.framing import FRAME, HOP
from emily.instinct.reflex.novelty import Floats
from emily.instinct.reflex.sounds import RATE_HZ

BANDS = 24
LOW_HZ, HIGH_HZ = 100, 8000

LOW_LEVEL, MOST_LEVEL = -0.5, 4.0
"""Between these nepers of energy over the background (-2 and 17 dB) levels are told apart."""

QUIET_RMS = 1.0
"""Noise of one step of 16 bits is added to all energies: digital silence is that quiet."""

RISE, FALL = 160, 48
"""Samples of the window's ends. The short one is at what came last: an onset shows 2 ms earlier."""


def _window() -> Floats:
    window = np.ones(FRAME)
    window[:RISE] = np.sin(np.pi / 2 * (np.arange(RISE) + 0.5) / RISE)
    window[-FALL:] = np.cos(np.pi / 2 * (np.arange(FALL) + 0.5) / FALL)
    return window


def _edges() -> NDArray[np.int64]:
    """The first bins of the bands and the end of the last; no band has fewer than two bins of 50 Hz."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (LOW_HZ, HIGH_HZ))
    hz = 700 * (10 ** (np.linspace(low, high, BANDS + 1) / 2595) - 1)
    edges = np.rint(hz * FRAME / RATE_HZ).astype(np.int64)
    for band in range(BANDS):
        edges[band + 1] = max(edges[band + 1], edges[band] + 2)
    return edges


WINDOW, EDGES = _window(), _edges()
SHAPES = novelty.shapes(WINDOW, EDGES)
"""How exactly each band's energy is known from one frame: the gamma distribution's shapes."""

QUIET = QUIET_RMS**2 * (WINDOW**2).sum() * np.diff(EDGES)


def energies(samples: Floats) -> Floats:
    """The energy in each band of frames of shape (..., FRAME): (..., BANDS).

    A constant has none but that of silence. Bands are evenly apart in mel (O'Shaughnessy 1987,
    "Speech Communication").
    """
    windowed = samples - samples.mean(axis=-1, keepdims=True)
    windowed *= WINDOW
    spectrum = np.fft.rfft(windowed, axis=-1)
    power = spectrum.real**2
    power += spectrum.imag**2
    bands: Floats = np.add.reduceat(power[..., : EDGES[-1]], EDGES[:-1], axis=-1)
    bands += QUIET
    return bands


def levels(ratios: Floats) -> Floats:
    """Energies over the background, (..., BANDS), in nepers: the loudest is at most MOST_LEVEL.

    What is louder is taken down as a whole, so that its shape stays.
    """
    nepers: Floats = np.log(ratios)
    nepers -= np.maximum(nepers.max(axis=-1, keepdims=True) - MOST_LEVEL, 0)
    return nepers


def statistic() -> novelty.Statistic:
    """The statistic of novelty for energies of these bands."""
    return novelty.Statistic(SHAPES, novelty.hop_correlations(WINDOW, HOP, EDGES))
