"""The slow rhythms that set gain, thresholds and compute of the tiers."""

from emily.metabolism.allostasis import NAMES, TRANSMITTERS, Allostasis, Levels
from emily.metabolism.body import Body, BodyState
from emily.metabolism.circadian import Circadian, Pacemaker
from emily.metabolism.daylight import LightDark, local_hour
from emily.metabolism.errors import (
    ClockError,
    DriveError,
    LightError,
    MetabolismError,
    SettingError,
    StateError,
    TimeStepError,
)
from emily.metabolism.hormones import compute_multiplier
from emily.metabolism.modulation import Modulation, modulation
from emily.metabolism.sleep import Rest, Sleep

__all__ = [
    "NAMES",
    "TRANSMITTERS",
    "Allostasis",
    "Body",
    "BodyState",
    "Circadian",
    "ClockError",
    "DriveError",
    "Levels",
    "LightDark",
    "LightError",
    "MetabolismError",
    "Modulation",
    "Pacemaker",
    "Rest",
    "SettingError",
    "Sleep",
    "StateError",
    "TimeStepError",
    "compute_multiplier",
    "local_hour",
    "modulation",
]
