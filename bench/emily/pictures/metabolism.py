"""Draw the pictures of docs/emily/metabolism.md and alpha.md: `python bench/emily/pictures/metabolism.py`.

Needs matplotlib.
"""

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.hdc.pictures.svg import Axes, Picture

ROOT = Path(__file__).resolve().parents[3]
START_HOUR, HOURS, STEP_HOURS = 12.0, 48.0, 0.2
SIGNALS = (0.1, 0.5, 0.9)


def main() -> None:
    """Draw them all."""
    from bench.hdc.pictures import svg

    to = ROOT / "docs" / "emily"
    pictures = {"day": day(), "opponent": opponent(), "alpha": alpha()}
    try:
        for name, picture in pictures.items():
            (to / f"{name}.svg").write_text(svg.draw(name, picture), "utf-8")
    except ImportError as error:
        sys.exit(f"{error}; bench/hdc/peers.txt lists what the benchmarks need")


def day() -> "Picture":
    """Two days: pressure, melatonin and compute, and when one sleeps."""
    from bench.hdc.pictures.svg import COLOURS, INK, Picture

    from emily.metabolism import Body

    body = Body.entrained(START_HOUR)
    hours = [START_HOUR + STEP_HOURS * step for step in range(1, round(HOURS / STEP_HOURS) + 1)]
    states = [body.advance(3600 * STEP_HOURS, hour % 24, {}) for hour in hours]
    series = {
        "sleep pressure": [state.pressure for state in states],
        "melatonin": [state.melatonin for state in states],
        "compute": [state.multiplier for state in states],
        "norepinephrine": [state.levels.norepinephrine for state in states],
    }

    def panel(axes: "Axes") -> None:
        asleep = [float(state.asleep) for state in states]
        axes.fill_between(
            hours, asleep, 0, color=INK, alpha=0.12, linewidth=0, step="mid", label="asleep"
        )
        for (name, values), colour in zip(series.items(), COLOURS, strict=False):
            axes.plot(hours, values, color=colour, label=name)
        ticks = list(range(12, 61, 6))
        axes.set(
            xlabel="local hour",
            xlim=(hours[0], hours[-1]),
            ylim=(0, 1.03),
            xticks=ticks,
            xticklabels=[f"{tick % 24:02}" for tick in ticks],
        )

    return Picture(
        "Sleep pressure, melatonin, compute multiplier and norepinephrine over two days, with the hours asleep",
        (panel,),
        columns=5,
    )


def opponent() -> "Picture":
    """The first and the sixth exposure to the same drive."""
    from bench.emily.metabolism import EXPOSURE_S, REST_S, exposures
    from bench.hdc.pictures.svg import COLOURS, INK, Picture

    courses = exposures(6)
    half = len(courses[0]) // 2
    at = [EXPOSURE_S * (i + 1) / half for i in range(half)]
    at += [EXPOSURE_S + REST_S * (i + 1) / half for i in range(half)]

    def panel(axes: "Axes") -> None:
        axes.fill_between(
            [0, EXPOSURE_S], [1, 1], 0, color=INK, alpha=0.12, linewidth=0, label="drive"
        )
        for number, colour in ((1, COLOURS[0]), (3, COLOURS[1]), (6, COLOURS[2])):
            axes.plot([0, *at], [0, *courses[number - 1]], color=colour, label=f"exposure {number}")
        axes.plot([0, at[-1]], [0, 0], color=INK, linewidth=0.6)
        axes.set(
            xlabel="time in primary time constants",
            ylabel="level above its setpoint",
            xlim=(0, at[-1]),
        )

    return Picture(
        "Deviation of a transmitter during and after a full drive, at the first, third and sixth exposure",
        (panel,),
        columns=4,
    )


def alpha() -> "Picture":
    """Inhibition over the release half cycle, and where three signals fire on it."""
    from bench.hdc.pictures.svg import COLOURS, INK, Picture

    from emily.instinct.alpha import AlphaOscillatoryAttention

    attention = AlphaOscillatoryAttention()
    firings = attention.fire(SIGNALS)
    times: Sequence[float] = [62.5 * step / 200 for step in range(201)]

    def panel(axes: "Axes") -> None:
        for power, width in ((1.0, 2.5), (3.0, 1.2), (0.3, 1.2)):
            curve = [((1 + math.cos(math.pi * t / 62.5)) / 2) ** (1 / power) for t in times]
            label = f"inhibition, power gain {power:g}"
            colour = INK if power == 1.0 else COLOURS[3 if power > 1 else 4]
            axes.plot(times, curve, color=colour, linewidth=width, label=label)
        for firing, colour in zip(firings, COLOURS, strict=False):
            strength = firing.value / max(SIGNALS)
            axes.plot([0, firing.t_ms], [strength, strength], color=colour, linewidth=0.8)
            axes.plot(
                [firing.t_ms],
                [strength],
                color=colour,
                marker="o",
                linewidth=0,
                label=f"{firing.value} fires",
            )
        axes.set(
            xlabel="ms after the cycle begins, at 8 Hz",
            ylabel="strength, of the strongest",
            xlim=(-1, 63.5),
            ylim=(0, 1.03),
        )

    return Picture(
        "Inhibition falls over half an alpha cycle, and each of three signals fires where it meets its strength",
        (panel,),
        columns=3,
    )


if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    sys.path[0] = str(ROOT)
    sys.path.insert(1, str(ROOT / "py"))
    main()
