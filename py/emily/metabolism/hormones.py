"""Cortisol and melatonin as curves of the circadian phase, and the compute that they allow.

Their times are published: dim-light melatonin onset 7 h before the temperature minimum (Benloucif
et al. 2005, Journal of Biological Rhythms 20(2)), cortisol's peak about 2.5 h after it, near
waking. That they are von Mises curves is our choice, and so is the multiplier made of them.
"""

import math

from emily.metabolism import checks
from emily.metabolism.errors import SettingError

CORTISOL_PEAK_HOURS, CORTISOL_SHARPNESS = 2.5, 1.0
MELATONIN_ONSET_HOURS, MELATONIN_PEAK_HOURS = -7.0, -2.0
ONSET_LEVEL = 0.25
LEAST_COMPUTE = 0.25


def cortisol(phase_hours: float) -> float:
    """The clock's part of cortisol in (0, 1], 1 at its peak; hours after the temperature minimum."""
    return _von_mises(phase_hours - CORTISOL_PEAK_HOURS, CORTISOL_SHARPNESS)


def melatonin(phase_hours: float) -> float:
    """Melatonin in (0, 1], 1 at its peak and a quarter of it at its onset."""
    return _von_mises(phase_hours - MELATONIN_PEAK_HOURS, _MELATONIN_SHARPNESS)


def compute_multiplier(phase_hours: float, least: float = LEAST_COMPUTE) -> float:
    """The share of full compute that the phase allows, in [`least`, 1].

    Linear in cortisol - melatonin, `least` and 1 where that is lowest and highest in the day.
    """
    floor = checks.within("least", least, 0.0, 1.0, SettingError)
    low, high = _RANGE
    share = (cortisol(phase_hours) - melatonin(phase_hours) - low) / (high - low)
    return floor + (1.0 - floor) * min(1.0, max(0.0, share))


def _von_mises(hours: float, sharpness: float) -> float:
    return math.exp(sharpness * (math.cos(hours * math.pi / 12.0) - 1.0))


_MELATONIN_SHARPNESS = math.log(ONSET_LEVEL) / (
    math.cos((MELATONIN_ONSET_HOURS - MELATONIN_PEAK_HOURS) * math.pi / 12.0) - 1.0
)
_DAY = [cortisol(minute / 60.0) - melatonin(minute / 60.0) for minute in range(24 * 60)]
_RANGE = (min(_DAY), max(_DAY))
