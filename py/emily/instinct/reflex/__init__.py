"""Reflexes: what must be answered before anybody has thought about it, within 50 ms of its onset.

An `Ear` turns 16 kHz sound into firings of a `ReflexRegistry`, whose rows say what raises a reflex,
what is done, and when it may not fire. `built_in` makes a registry that knows a clap, an alarm and a
voice.
"""

from emily.instinct.reflex.ear import Ear
from emily.instinct.reflex.encoder import Range
from emily.instinct.reflex.entries import AUDIO, Condition, Firing, Match, Reflex
from emily.instinct.reflex.errors import EntryError, ReflexError, RegistryFileError, SignalError
from emily.instinct.reflex.framing import Faults
from emily.instinct.reflex.prototypes import built_in
from emily.instinct.reflex.registry import ReflexRegistry, salience
from emily.instinct.reflex.sounds import RATE_HZ

__all__ = [
    "AUDIO",
    "RATE_HZ",
    "Condition",
    "Ear",
    "EntryError",
    "Faults",
    "Firing",
    "Match",
    "Range",
    "Reflex",
    "ReflexError",
    "ReflexRegistry",
    "RegistryFileError",
    "SignalError",
    "built_in",
    "salience",
]
