"""The table as Markdown: goals, then each work with its floor, ours and every peer."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.hdc.goals import GOALS, Goal
from bench.hdc.results import Results, Run, collect, label

BEGIN, END = "<!-- table -->", "<!-- end of table -->"
TITLES = {
    "single": "One query, top-10",
    "batch": "256 queries, top-10",
    "threads": "256 queries, top-10, two threads",
    "bundle": "Majority",
    "bulk bind": "XOR of many pairs",
    "distance": "Distance of two vectors",
    "bind": "XOR of two vectors",
    "permute": "Rotation by 777 bits",
}


def summary(run: Run) -> str:
    """Everything that README.md shows."""
    results = collect(run.processes)
    parts = [
        f"{run.machine}.\n\n{run.versions}.",
        "\n".join(_goals(results, run)),
        *("\n".join(_work(results, work)) for work in results.works()),
        "\n".join(_absent(results)),
    ]
    return "\n\n".join(part for part in parts if part)


def replace(path: Path, text: str) -> None:
    """Put the text between the marks of a file."""
    whole = path.read_text("utf-8")
    before, _, rest = whole.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


def details(run: Run) -> str:
    """Every figure: both clocks, the spread, the number of samples, the setup."""
    results = collect(run.processes)
    return (
        "# Every figure\n\n"
        + "\n\n".join("\n".join(_details(results, work)) for work in results.works())
        + "\n"
    )


def _goals(results: Results, run: Run) -> Iterator[str]:
    yield "| work | size | goal | measured | verdict |"
    yield "|---|---|---|---|---|"
    for goal in GOALS:
        ratios = goal.measured(results)
        if ratios:
            low, high = min(ratios), max(ratios)
            shown = ", ".join(dict.fromkeys((_times(low), _times(high))))
            verdict = _verdict(goal, ratios, idle=run.idle) if run.judged else ""
            yield f"| {goal.title} | {goal.size:,} | {goal.text} | {shown} | {verdict} |"
        elif results.of(goal.work, goal.size):
            yield f"| {goal.title} | {goal.size:,} | {goal.text} | not measured | |"


def _verdict(goal: Goal, ratios: list[float], *, idle: bool) -> str:
    if goal.work == "threads" and not idle:
        return "not judged: the machine was busy"
    return "met" if goal.met(median(ratios)) else "**missed**"


def _work(results: Results, work: str) -> Iterator[str]:
    sizes = results.sizes(work)
    yield f"### {TITLES.get(work, work)}\n"
    yield f"| | {' | '.join(f'{size:,}' for size in sizes)} |"
    yield f"|---|{'---|' * len(sizes)}"
    for who in _entrants(results, work):
        cells = (_cell(results, work, size, who) for size in sizes)
        yield f"| {who} | {' | '.join(cells)} |"


def _cell(results: Results, work: str, size: int, who: str) -> str:
    best = results.better(work, size, who)
    if best is None:
        return ""
    figure, spread = best
    ours = [seconds for lane in results.of(work, size) if (seconds := lane.ours()) is not None]
    if figure.role == "ours" or not ours:
        return f"**{duration(spread.median)}**"
    return f"{duration(spread.median)} ({_times(spread.median / min(ours))})"


def _absent(results: Results) -> Iterator[str]:
    """Who took no part, with the reason, once for all sizes."""
    reasons: dict[str, set[int]] = {}
    for (_, size), lanes in results.lanes.items():
        for figure in lanes[0].figures:
            if figure.timing is None:
                reasons.setdefault(f"{figure.who}: {figure.reason}", set()).add(size)
    if reasons:
        yield "Not run:\n"
    for reason, sizes in reasons.items():
        yield f"- {reason} ({', '.join(f'{size:,}' for size in sorted(sizes))})"


def _details(results: Results, work: str) -> Iterator[str]:
    yield f"## {TITLES.get(work, work)}\n"
    yield "| size | who | clock | min | median | p99 | samples | wall | processor | setup |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for size in results.sizes(work):
        for number, lane in enumerate(results.of(work, size), 1):
            clock = "processor" if lane.by_cpu else "wall"
            for figure in lane.figures:
                spread, timing = lane.spread(figure), figure.timing
                if spread is None or timing is None:
                    continue
                times = (spread.min, spread.median, spread.p99)
                cells = (
                    f"{size:,}, process {number}",
                    label(figure),
                    clock,
                    *map(duration, times),
                    str(timing.samples),
                    duration(timing.wall.median),
                    duration(timing.cpu.median),
                    duration(figure.setup) if figure.setup else "",
                )
                yield f"| {' | '.join(cells)} |"


def _entrants(results: Results, work: str) -> list[str]:
    """Those that were timed at any size, floors first."""
    timed = [
        figure
        for size in results.sizes(work)
        for lane in results.of(work, size)
        for figure in lane.figures
        if figure.timing
    ]
    roles = ("floor", "ours", "peer")
    return list(dict.fromkeys(map(label, sorted(timed, key=lambda it: roles.index(it.role)))))


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.3g}x" if ratio >= 10 else f"{ratio:.3f}x"


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:#.3g}".rstrip(".") + f" {unit}"
    return f"{seconds * 1e9:.0f} ns"
