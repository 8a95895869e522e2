"""How long one query takes over N rows, and how much longer than reading these rows."""

from collections.abc import Callable, Mapping
from statistics import median

from bench.hdc.pictures.svg import COLOURS, INK, Axes, Picture
from bench.hdc.race import Figure
from bench.hdc.results import Lane, Results

WORK = "single"
FLOOR = "read floor"
SHOWN = ("emily", "faiss", "simsimd", "numkong", "usearch", "numpy", "torchhd")
NAMES = {
    "emily": "Emily",
    "faiss": "FAISS",
    "simsimd": "SimSIMD",
    "numkong": "NumKong",
    "usearch": "USearch",
    "numpy": "NumPy",
    "torchhd": "torchhd",
}
COLOUR = dict(zip(SHOWN, COLOURS, strict=True))
DURATIONS = {1e-5: "10 µs", 1e-4: "100 µs", 1e-3: "1 ms", 1e-2: "10 ms", 1e-1: "100 ms", 1: "1 s"}
MOST_RATIO = 4.0

Value = Callable[[Lane, float], float | None]


def picture(results: Results) -> Picture:
    """Both panels; of each library the best way that returns a sorted top-10."""
    sizes = results.sizes(WORK)
    if not sizes:
        raise SystemExit("the results have no single queries: run with --only search")
    times = {name: _series(results, name, lambda _, seconds: seconds) for name in (FLOOR, *SHOWN)}
    ratios = {name: _series(results, name, _to_floor) for name in SHOWN}

    def left(axes: Axes) -> None:
        _draw_times(axes, times)
        _scale(axes, sizes)

    def right(axes: Axes) -> None:
        _draw_ratios(axes, ratios)
        _scale(axes, sizes)

    label = (
        "Time of one query, and its ratio to reading the rows, against the number of rows,"
        f" for {', '.join(NAMES[name] for name in SHOWN if times[name])}"
    )
    return Picture(label, (left, right), columns=4)


def _series(results: Results, library: str, value: Value) -> dict[int, float]:
    """By number of rows, the median of all processes."""
    series = {}
    for size in results.sizes(WORK):
        found = [
            number
            for lane in results.of(WORK, size)
            if (seconds := _best(lane, library)) is not None
            and (number := value(lane, seconds)) is not None
        ]
        if found:
            series[size] = median(found)
    return series


def _best(lane: Lane, library: str) -> float | None:
    def wanted(figure: Figure) -> bool:
        return figure.library == library and not figure.kind

    return lane.floor() if library == FLOOR else lane.best(wanted)


def _to_floor(lane: Lane, seconds: float) -> float | None:
    floor = lane.floor()
    return seconds / floor if floor else None


def _draw_times(axes: Axes, times: Mapping[str, Mapping[int, float]]) -> None:
    floor = times[FLOOR]
    rows, seconds = list(floor), list(floor.values())
    low, high = 5e-6, 2 * max(max(series.values(), default=0) for series in times.values())
    axes.fill_between(rows, seconds, low, color=INK, alpha=0.12, linewidth=0, label=FLOOR)
    for name in SHOWN:
        _line(axes, name, times[name])
    ticks = {place: text for place, text in DURATIONS.items() if place <= high}
    axes.set(
        title="one query, top-10",
        yscale="log",
        ylim=(low, high),
        yticks=list(ticks),
        yticklabels=list(ticks.values()),
    )


def _draw_ratios(axes: Axes, ratios: Mapping[str, Mapping[int, float]]) -> None:
    rows = list(ratios[SHOWN[0]])
    axes.fill_between(rows, [1.0] * len(rows), 0, color=INK, alpha=0.12, linewidth=0)
    for name in SHOWN:
        near = {size: ratio for size, ratio in ratios[name].items() if ratio <= MOST_RATIO}
        _line(axes, name, near)
    axes.set(
        title="divided by the read floor",
        ylim=(0, MOST_RATIO),
        yticks=[0, 1, 2, 3, 4],
        yticklabels=["0", "1", "2", "3", "4"],
    )


def _line(axes: Axes, name: str, series: Mapping[int, float]) -> None:
    ours = name == SHOWN[0]
    axes.plot(
        list(series),
        list(series.values()),
        color=COLOUR[name],
        label=NAMES[name] if series else None,
        linewidth=2.5 if ours else 1.2,
        marker="o",
        markersize=5 if ours else 3,
        zorder=3 if ours else 2,
    )


def _scale(axes: Axes, sizes: list[int]) -> None:
    axes.set(xscale="log", xlabel="rows of 10,000 bits")
    axes.set(xticks=sizes, xticklabels=[f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.grid(alpha=0.15, color=INK, linewidth=0.6)
