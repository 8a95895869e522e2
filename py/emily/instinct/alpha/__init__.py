"""Attention gated by the phase of an alpha oscillation (7 to 13 Hz)."""

from emily.instinct.alpha.attention import AlphaOscillatoryAttention, Diagnostics
from emily.instinct.alpha.errors import AlphaError, SettingError, SignalError, TimeError
from emily.instinct.alpha.firing import Firing, Gated

__all__ = [
    "AlphaError",
    "AlphaOscillatoryAttention",
    "Diagnostics",
    "Firing",
    "Gated",
    "SettingError",
    "SignalError",
    "TimeError",
]
