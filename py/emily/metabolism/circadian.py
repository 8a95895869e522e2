"""The circadian pacemaker: a van der Pol oscillator that light resets.

The simpler model of Forger, Jewett & Kronauer 1999, Journal of Biological Rhythms 14(6), with the
process L that turns light into a drive of the oscillator. Times are in hours, light is in lux.
"""

import math
from dataclasses import dataclass

from emily.metabolism import checks
from emily.metabolism.errors import LightError

STIFFNESS = 0.23
LIGHT_TO_STIFFNESS = 0.55
INTRINSIC_PERIOD_HOURS = 24.2
RESTORING = (24.0 / (0.99669 * INTRINSIC_PERIOD_HOURS)) ** 2

ACTIVATION, HALF_BRIGHT_LUX = 0.05, 9500.0
RECOVERY = 0.0075
LIGHT_GAIN = 33.75
PER_HOUR = 60.0

BRIGHTEST_LUX = 200_000.0
LONGEST_STEP_HOURS = 24.0 * 7 * 10
SUBSTEP_HOURS = 0.05

TEMPERATURE_LAG_HOURS = 0.8
"""The minimum of core body temperature follows that of x by this much (Forger et al. 1999)."""


@dataclass(frozen=True, slots=True)
class Pacemaker:
    """The oscillator's state: `x` follows core temperature, `xc` complements it, `n` is used light.

    By default it is where 16 h of light a day, from 07:00, have it at 08:25, on waking.
    """

    x: float = -0.674
    xc: float = 0.902
    n: float = 0.009

    @property
    def phase_hours(self) -> float:
        """Circadian hours, in [0, 24), since the minimum of core body temperature."""
        since_minimum = math.atan2(self.xc, -self.x) * 12.0 / math.pi
        return (since_minimum - TEMPERATURE_LAG_HOURS) % 24.0

    def to_dict(self) -> dict[str, float]:
        """The state as plain numbers."""
        return {"x": self.x, "xc": self.xc, "n": self.n}

    @classmethod
    def from_dict(cls, state: object) -> "Pacemaker":
        """A state that was saved by `to_dict`; StateError if it is not one."""
        held = checks.saved("the pacemaker", state, ("x", "xc", "n"))
        return cls(
            x=checks.saved_number("x", held["x"], -2.0, 2.0),
            xc=checks.saved_number("xc", held["xc"], -2.0, 2.0),
            n=checks.saved_number("n", held["n"], 0.0, 1.0),
        )


class Circadian:
    """The pacemaker as time passes."""

    def __init__(self, state: Pacemaker | None = None) -> None:
        self.state = state or Pacemaker()

    def advance(self, dt_hours: float, light_lux: float) -> Pacemaker:
        """Let `dt_hours` pass in a light of `light_lux`; the state after them.

        Steps up to ten weeks are taken as they come (TimeStepError), light up to 200,000 lux
        (LightError). Fourth-order Runge-Kutta in substeps of 3 minutes at most.
        """
        dt = checks.step("dt_hours", dt_hours, LONGEST_STEP_HOURS)
        light = checks.within("light_lux", light_lux, 0.0, BRIGHTEST_LUX, LightError)
        substeps = math.ceil(dt / SUBSTEP_HOURS)
        for _ in range(substeps):
            self.state = _runge_kutta(self.state, activation(light), dt / substeps)
        return self.state


def activation(light_lux: float) -> float:
    """The rate, per minute, at which light uses up what is ready for it."""
    return ACTIVATION * math.sqrt(light_lux / HALF_BRIGHT_LUX)


def _runge_kutta(state: Pacemaker, rate: float, h: float) -> Pacemaker:
    x, xc, n = state.x, state.xc, state.n
    ax, axc, an = _slope(x, xc, n, rate)
    bx, bxc, bn = _slope(x + h / 2 * ax, xc + h / 2 * axc, n + h / 2 * an, rate)
    cx, cxc, cn = _slope(x + h / 2 * bx, xc + h / 2 * bxc, n + h / 2 * bn, rate)
    dx, dxc, dn = _slope(x + h * cx, xc + h * cxc, n + h * cn, rate)
    return Pacemaker(
        x + h / 6 * (ax + 2 * bx + 2 * cx + dx),
        xc + h / 6 * (axc + 2 * bxc + 2 * cxc + dxc),
        n + h / 6 * (an + 2 * bn + 2 * cn + dn),
    )


def _slope(x: float, xc: float, n: float, rate: float) -> tuple[float, float, float]:
    drive = LIGHT_GAIN * rate * (1 - n) * (1 - 0.4 * x) * (1 - 0.4 * xc)
    return (
        math.pi / 12 * (xc + drive),
        math.pi
        / 12
        * (STIFFNESS * (xc - 4 / 3 * xc**3) - x * (RESTORING + LIGHT_TO_STIFFNESS * drive)),
        PER_HOUR * (rate * (1 - n) - RECOVERY * n),
    )
