"""What the metabolism does to the other tiers: gain, threshold and compute, as pure functions.

Which transmitter acts on what, and in which direction, follows the literature that each function
names. That the laws are exponential or linear, and their constants, is our choice.
"""

import math
from dataclasses import dataclass

from emily.metabolism import checks
from emily.metabolism.allostasis import TRANSMITTERS, Levels
from emily.metabolism.errors import SettingError

GAIN_SLOPE = 2.0
PRECISION_SLOPE = 2.0
IGNITION_THRESHOLD = 0.7
LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.4, 0.95
PATIENCE_SLOPE = 0.2
ASLEEP_THRESHOLD = 0.2
STRESS_COST = 0.5


@dataclass(frozen=True, slots=True)
class Modulation:
    """What the tiers are told: two factors of salience, a threshold, and a compute budget."""

    salience_gain: float
    social_gain: float
    ignition_threshold: float
    hypotheses: int
    planning_precision: float


def modulation(
    levels: Levels,
    setpoints: Levels,
    *,
    multiplier: float,
    asleep: bool,
    hypotheses: int = 100,
    precision: float = 1.0,
) -> Modulation:
    """What follows from levels, setpoints, the circadian compute multiplier and sleep.

    `hypotheses` and `precision` are what a rested, undriven system has in full light of day.
    """
    stress = levels.cortisol - setpoints.cortisol
    return Modulation(
        salience_gain=salience_gain(levels.norepinephrine),
        social_gain=social_gain(levels.oxytocin),
        ignition_threshold=ignition_threshold(levels.serotonin, asleep=asleep),
        hypotheses=hypothesis_budget(hypotheses, multiplier, stress),
        planning_precision=planning_precision(precision, levels.dopamine),
    )


def salience_gain(norepinephrine: float) -> float:
    """The factor of every salience: 1 at rest, higher with norepinephrine.

    It raises the gain of target neurons (Servan-Schreiber, Printz & Cohen 1990, Science 249;
    Aston-Jones & Cohen 2005, Annual Review of Neuroscience 28).
    """
    return math.exp(GAIN_SLOPE * _above_base("norepinephrine", norepinephrine))


def social_gain(oxytocin: float) -> float:
    """A further factor of what is social, a voice or a face: 1 at rest, higher with oxytocin.

    The social salience hypothesis (Shamay-Tsoory & Abu-Akel 2016, Biological Psychiatry 79(3)).
    """
    return math.exp(GAIN_SLOPE * _above_base("oxytocin", oxytocin))


def ignition_threshold(serotonin: float, *, asleep: bool) -> float:
    """The salience that enters the workspace: 0.7 at rest, in [0.4, 0.95].

    Serotonin holds back (Dayan & Huys 2009, Annual Review of Neuroscience 32), and a sleeper is
    woken by more than one who is awake notices (Rechtschaffen, Hauri & Zeitlin 1966, Perceptual
    and Motor Skills 22(3)).
    """
    threshold = IGNITION_THRESHOLD + PATIENCE_SLOPE * _above_base("serotonin", serotonin)
    if asleep:
        threshold += ASLEEP_THRESHOLD
    return min(HIGHEST_THRESHOLD, max(LOWEST_THRESHOLD, threshold))


def hypothesis_budget(full: int, multiplier: float, stress: float) -> int:
    """How many hypotheses to make: `full` by day and at ease, at least 1.

    `multiplier` in [0, 1] is the circadian one. `stress` in [-1, 1] is cortisol above its
    setpoint, which turns behaviour from goals to habits (Schwabe & Wolf 2009, Journal of
    Neuroscience 29(22)); below it, it does nothing.
    """
    if full < 1:
        raise SettingError(f"full must be at least 1 hypothesis, not {full}")
    share = checks.within("multiplier", multiplier, 0.0, 1.0, SettingError)
    cost = STRESS_COST * max(0.0, checks.within("stress", stress, -1.0, 1.0, SettingError))
    return max(1, round(full * share * (1.0 - cost)))


def planning_precision(at_rest: float, dopamine: float) -> float:
    """The precision gamma of policies: `at_rest` at rest, higher with dopamine.

    Dopamine as the precision of beliefs about policies (FitzGerald, Dolan & Friston 2015, Frontiers
    in Computational Neuroscience 9; Friston et al. 2017, Neural Computation 29(1)).
    """
    gamma = checks.within("at_rest", at_rest, 0.0, 1e6, SettingError)
    return gamma * math.exp(PRECISION_SLOPE * _above_base("dopamine", dopamine))


def _above_base(name: str, level: float) -> float:
    return checks.within(name, level, 0.0, 1.0, SettingError) - TRANSMITTERS[name].base
