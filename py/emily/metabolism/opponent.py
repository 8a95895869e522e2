"""Opponent processes: what a drive raises calls up what lowers it again, the more the more it is used.

Solomon & Corbit 1974, Psychological Review 81(2). With a drive u in [-1, 1] that is constant over a
step, the primary process a, the opponent b and its strength k follow

    a' = (u - a) / ta      b' = (k a - b) / tb      k' = |u| / tu - (k - k_rest) / tk,   k <= k_max

and their sum a - b is what is felt. The equations of a and k are linear and b is fed by their product,
a sum of exponentials, so that a step of any length is exact.
"""

import math
from dataclasses import dataclass

from emily.metabolism import checks
from emily.metabolism.errors import SettingError

LIMIT = 1.0 + 1e-9
"""How far a process can be from 0, and what rounding may add."""


@dataclass(frozen=True, slots=True)
class Kinetics:
    """How fast the processes are, in seconds, and how strong the opponent is.

    `primary_s` is ta, `opponent_s` tb, `forgetting_s` tk; `use_s` (tu) is how long a full drive
    takes to raise the strength by 1. The strength lies in [`rest`, `most`]; with `most` at 1 or
    below, no drive, however long, ends below the setpoint.
    """

    primary_s: float
    opponent_s: float
    use_s: float
    forgetting_s: float
    rest: float
    most: float

    def __post_init__(self) -> None:
        for name in ("primary_s", "opponent_s", "use_s", "forgetting_s"):
            checks.within(name, getattr(self, name), 1e-3, 1e9, SettingError)
        checks.within("rest", self.rest, 0.0, 1.0, SettingError)
        checks.within("most", self.most, self.rest, 1.0, SettingError)

    @classmethod
    def of(cls, primary_s: float) -> "Kinetics":
        """The kinetics of this system, all of one shape, for a primary process of `primary_s`.

        Our choice: over six full drives of 25 `primary_s`, 90 apart, (peak, plateau, after-effect)
        go from (.93, .71, -.21) to (.81, .15, -.68), the habituation of Solomon & Corbit.
        """
        return cls(
            primary_s,
            opponent_s=12.5 * primary_s,
            use_s=175.0 * primary_s,
            forgetting_s=7000.0 * primary_s,
            rest=0.24,
            most=1.0,
        )


@dataclass(frozen=True, slots=True)
class Opponent:
    """The processes of one transmitter: `a`, `b` and the opponent's `strength`."""

    a: float
    b: float
    strength: float

    @classmethod
    def at_rest(cls, kinetics: Kinetics) -> "Opponent":
        """Nothing has ever happened."""
        return cls(0.0, 0.0, kinetics.rest)

    @property
    def deviation(self) -> float:
        """a - b: how far the level is from its setpoint."""
        return self.a - self.b

    def after(self, dt_s: float, drive: float, kinetics: Kinetics) -> "Opponent":
        """The processes after `dt_s` seconds of a constant `drive` in [-1, 1]: exact."""
        tk = kinetics.forgetting_s
        target = kinetics.rest + abs(drive) * tk / kinetics.use_s
        if target <= kinetics.most:
            return _linear(self, dt_s, drive, kinetics, target, tk)
        full_after = tk * math.log((target - self.strength) / (target - kinetics.most))
        if dt_s < full_after:
            return _linear(self, dt_s, drive, kinetics, target, tk)
        full = _linear(self, full_after, drive, kinetics, target, tk)
        full = Opponent(full.a, full.b, kinetics.most)
        return _linear(full, dt_s - full_after, drive, kinetics, kinetics.most, tk)

    def to_dict(self) -> dict[str, float]:
        """The state as plain numbers."""
        return {"a": self.a, "b": self.b, "strength": self.strength}

    @classmethod
    def from_dict(cls, state: object, kinetics: Kinetics) -> "Opponent":
        """A state that was saved by `to_dict`; StateError if it is not one."""
        held = checks.saved("a transmitter", state, ("a", "b", "strength"))
        return cls(
            a=checks.saved_number("a", held["a"], -LIMIT, LIMIT),
            b=checks.saved_number("b", held["b"], -LIMIT, LIMIT),
            strength=checks.saved_number(
                "strength", held["strength"], kinetics.rest, kinetics.most
            ),
        )


def _linear(
    start: Opponent, dt: float, drive: float, kinetics: Kinetics, target: float, tk: float
) -> Opponent:
    """The solution while the strength relaxes to `target` with nothing in its way."""
    fast, slow, forget = 1 / kinetics.primary_s, 1 / kinetics.opponent_s, 1 / tk
    off, weak = start.a - drive, start.strength - target
    fed = (
        target * drive * _filtered(0.0, slow, dt)
        + target * off * _filtered(fast, slow, dt)
        + weak * drive * _filtered(forget, slow, dt)
        + weak * off * _filtered(fast + forget, slow, dt)
    )
    strength = target + weak * math.exp(-forget * dt)
    return Opponent(
        a=drive + off * math.exp(-fast * dt),
        b=start.b * math.exp(-slow * dt) + slow * fed,
        strength=max(kinetics.rest, min(kinetics.most, strength)),
    )


def _filtered(r: float, s: float, t: float) -> float:
    """The integral over [0, t] of exp(-r x) exp(-s (t - x)), without cancellation or overflow."""
    gap = abs(r - s)
    width = -math.expm1(-gap * t) / gap if gap else t
    return math.exp(-min(r, s) * t) * width
