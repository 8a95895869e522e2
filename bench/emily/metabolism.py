"""What the metabolism does in a day, beside what its models are known for, and what a step costs."""

import math
from collections.abc import Callable
from time import perf_counter

from bench.emily.rows import Row

from emily.metabolism import Allostasis, Body, Circadian, LightDark
from emily.metabolism.opponent import Kinetics, Opponent

STEP_HOURS = 0.1
EXPOSURE_S, REST_S = 25.0, 90.0


def rows() -> list[Row]:
    """Periods, sleep, habituation and times."""
    return [*_clock(), _sleep(), *_habituation(), _invariance(), *_times()]


def temperature_minima(days: float, light: LightDark) -> list[float]:
    """The hours, from midnight of the first day, at which core body temperature was lowest."""
    circadian, hours, found = Circadian(), 8.0, []
    before = circadian.state.phase_hours
    while hours < 24 * days:
        circadian.advance(STEP_HOURS, light.light(hours + STEP_HOURS / 2))
        hours += STEP_HOURS
        after = circadian.state.phase_hours
        if after < before - 12:
            found.append(hours - STEP_HOURS * after / (after + 24 - before))
        before = after
    return found


def exposures(count: int, primary_s: float = 1.0, parts: int = 400) -> list[list[float]]:
    """The deviation over `count` full drives and the rests after them, `parts` values for each."""
    kinetics = Kinetics.of(primary_s)
    state, courses = Opponent.at_rest(kinetics), []
    for _ in range(count):
        course = []
        for drive, span in ((1.0, EXPOSURE_S), (0.0, REST_S)):
            for _ in range(parts):
                state = state.after(span * primary_s / parts, drive, kinetics)
                course.append(state.deviation)
        courses.append(course)
    return courses


def _clock() -> list[Row]:
    free = temperature_minima(50, LightDark(lux=0.0))[5:]
    free_hours = (free[-1] - free[0]) / (len(free) - 1)
    lit = temperature_minima(50, LightDark(8.0, 24.0, 1000.0))[-10:]
    lit_hours = (lit[-1] - lit[0]) / (len(lit) - 1)
    minimum = lit[-1] % 24
    return [
        _near("Circadian: free-running period, h", free_hours, 24.20, 0.02),
        _near("Circadian: period in 16 h of light a day, h", lit_hours, 24.0, 0.05),
        Row(
            "Circadian: temperature minimum, light from 08:00 to 24:00",
            f"{int(minimum):02}:{int(minimum % 1 * 60):02}",
            "04:00 to 07:00",
            4.0 <= minimum <= 7.0,
        ),
    ]


def _sleep() -> Row:
    body, days, step_s = Body.entrained(12.0), 10, 300.0
    steps = round(days * 86400 / step_s)
    asleep = sum(
        body.advance(step_s, (12.0 + step * step_s / 3600) % 24, {}).asleep
        for step in range(1, steps + 1)
    )
    hours = 24 * asleep / steps
    return Row("Sleep: hours a day", f"{hours:.2f}", "7 to 9", 7.0 <= hours <= 9.0)


def _habituation() -> list[Row]:
    courses = exposures(6)
    goals = {0: (0.917, 0.719, -0.209), 5: (0.813, 0.157, -0.687)}
    made = []
    for which, goal in goals.items():
        course = courses[which]
        figures = (max(course), course[len(course) // 2 - 1], min(course))
        made.append(
            Row(
                f"Allostasis: peak, plateau, after-effect of exposure {which + 1}",
                ", ".join(f"{figure:.3f}" for figure in figures),
                ", ".join(f"{figure:.3f}" for figure in goal) + " ± .012",
                all(abs(a - b) <= 0.012 for a, b in zip(figures, goal, strict=True)),
            )
        )
    return made


def _invariance() -> Row:
    coarse, fine = Allostasis(), Allostasis()
    for _ in range(100):
        coarse.advance(0.1, {"dopamine": 0.5})
    for _ in range(1000):
        fine.advance(0.01, {"dopamine": 0.5})
    gap = abs(coarse.levels.dopamine - fine.levels.dopamine)
    return Row(
        "Allostasis: steps of .1 s beside steps of .01 s", f"{gap:.0e}", "< 1e-9", gap < 1e-9
    )


def _times() -> list[Row]:
    allostasis, body = Allostasis(), Body()
    weeks = Body()
    week_ms = _seconds(lambda: weeks.advance(4 * 7 * 86400.0, 8.0, {}), 3) * 1e3
    if not math.isclose(
        weeks.state.phase_hours, Body.entrained(8.0).state.phase_hours, abs_tol=0.2
    ):
        raise RuntimeError("four weeks in one step are not four weeks")
    drive = {"dopamine": 0.3}
    return [
        Row(
            "Allostasis: a step", f"{_seconds(lambda: allostasis.advance(0.1, drive)) * 1e6:.0f} µs"
        ),
        Row("Body: a step", f"{_seconds(lambda: body.advance(1.0, 12.0, drive)) * 1e6:.0f} µs"),
        Row("Body: four weeks in one step", f"{week_ms:.0f} ms"),
    ]


def _near(what: str, measured: float, goal: float, tolerance: float) -> Row:
    met = abs(measured - goal) <= tolerance
    return Row(what, f"{measured:.4f}", f"{goal:.2f} ± {tolerance}", met)


def _seconds(work: Callable[[], object], times: int = 2000) -> float:
    best = math.inf
    for _ in range(5):
        begin = perf_counter()
        for _ in range(times):
            work()
        best = min(best, (perf_counter() - begin) / times)
    return best
