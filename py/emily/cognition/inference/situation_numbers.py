"""What Emily believes of the situations she may be in: every number, with its reason.

A row is one distribution. Where numbers are not measured, only their order matters to what she does; the
tests of situation.py say what that is.
"""

from typing import Literal, get_args

Situation = Literal["quiet", "presence", "danger", "discovery"]
Kind = Literal["nothing", "clap", "voice", "alarm", "visual"]
Action = Literal["wait", "look", "greet", "alert", "rest"]

SITUATIONS: tuple[Situation, ...] = get_args(Situation)
KINDS: tuple[Kind, ...] = get_args(Kind)
ACTIONS: tuple[Action, ...] = get_args(Action)

HIGH_SALIENCE = 0.85
"""From here on a content is salient: half way between the workspace's threshold 0.7 and the maximum."""

START = (0.70, 0.12, 0.06, 0.12)
"""P(situation) before anything is perceived: most moments are quiet, danger is the rarest."""

PERCEIVED: dict[Situation, tuple[float, ...]] = {
    # P(kind | situation) of whoever is not looking: nothing, clap, voice, alarm, visual
    "quiet": (0.959, 0.020, 0.008, 0.001, 0.012),  # noise is taken for a sound now and then
    "presence": (0.330, 0.160, 0.400, 0.004, 0.106),  # people are heard more than seen
    "danger": (0.250, 0.150, 0.030, 0.520, 0.050),  # an alarm is made to be heard; it bangs, too
    "discovery": (0.400, 0.200, 0.020, 0.004, 0.376),  # a new thing is seen, or falls
}

LOOKED_AT: dict[Situation, tuple[float, ...]] = {
    # the same after a look: what is there shows itself by what it is known for
    "quiet": (0.979, 0.005, 0.005, 0.001, 0.010),  # a look confirms that nothing is there
    "presence": (0.050, 0.060, 0.620, 0.004, 0.266),  # who is looked at speaks, or is seen
    "danger": (0.060, 0.080, 0.040, 0.780, 0.040),  # its source is found
    "discovery": (0.050, 0.050, 0.010, 0.010, 0.880),  # it comes into view
}

GREETED_PRESENCE = (0.035, 0.025, 0.890, 0.004, 0.046)
"""P(kind | presence) after a greeting: people answer. Anything else does not."""

SALIENT: dict[Situation, float] = {
    # P(salient | situation) of what is perceived
    "quiet": 0.10,  # noise seldom startles
    "presence": 0.55,  # people are near or far
    "danger": 0.70,  # danger is loud
    "discovery": 0.45,  # novelty is of any size
}

CHANGES: dict[Situation, tuple[float, ...]] = {
    # P(next situation | situation) from one decision to the next, whatever is done
    "quiet": (0.88, 0.05, 0.02, 0.05),  # it ends in any way
    "presence": (0.10, 0.86, 0.02, 0.02),  # people stay for a while
    "danger": (0.04, 0.02, 0.93, 0.01),  # danger does not go by itself
    "discovery": (0.12, 0.04, 0.02, 0.82),  # a new thing is soon an old one
}

ALERTED_DANGER = (0.75, 0.15, 0.10, 0.00)
"""P(next situation | danger) after an alert: mostly someone ends it, sometimes they are there now."""

LIKED: dict[Kind, tuple[float, float]] = {
    # preference for a kind in nats, not salient and salient
    "nothing": (0.0, 0.0),  # what the others are measured by
    "clap": (-0.2, -0.5),  # a bang is a little unpleasant
    "voice": (1.2, 1.6),  # company is good
    "alarm": (-4.0, -5.0),  # as the shock of the T-maze: to be avoided at nearly any price
    "visual": (0.4, 0.5),  # novelty is good, company better
}

COST_AWAKE: dict[Action, float] = {
    # preference for doing it in nats
    "wait": 0.0,  # what the others are measured by
    "look": -0.35,  # turning costs little
    "greet": -0.5,  # talking to nobody is embarrassing
    "alert": -2.0,  # a false alarm makes people come in vain
    "rest": -1.0,  # by day there is something to miss
}

COST_ASLEEP: dict[Action, float] = {
    "wait": -1.0,  # being awake for nothing
    "look": -1.2,  # that, and waking up
    "greet": -1.7,  # nobody expects it
    "alert": -2.2,  # hardly more than by day: danger does not sleep
    "rest": 0.0,  # what the night is for
}
