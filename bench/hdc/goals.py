"""The goals, as data: which ratio, of which figures, against what."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.hdc.peers import bhv, fft, usearch
from bench.hdc.race import Figure
from bench.hdc.results import Lane, Results
from bench.hdc.works import holographic, prune

Ratio = Callable[[Lane], float | None]
Wanted = Callable[[Figure], bool]


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio that is to be at most or at least so much, in one lane."""

    title: str
    work: str
    size: int
    text: str
    ratio: Ratio
    limit: float
    at_most: bool

    def measured(self, results: Results) -> list[float]:
        """The ratio in each process that has it."""
        ratios = (self.ratio(lane) for lane in results.of(self.work, self.size))
        return [ratio for ratio in ratios if ratio is not None]

    def met(self, ratio: float) -> bool:
        """Whether a ratio is good enough."""
        return ratio <= self.limit if self.at_most else ratio >= self.limit


def _over(low: float | None, high: float | None) -> float | None:
    return low / high if low is not None and high is not None else None


def _to_floor(lane: Lane) -> float | None:
    return _over(lane.ours(), lane.floor())


def _of_floor(lane: Lane) -> float | None:
    return _over(lane.floor(), lane.ours())


def _gain(wanted: Wanted) -> Ratio:
    return lambda lane: _over(lane.best(wanted), lane.ours())


def _library(name: str) -> Wanted:
    return lambda figure: figure.library == name


def _who(name: str) -> Wanted:
    return lambda figure: figure.who == name


def _simsimd_topk(figure: Figure) -> bool:
    return figure.library == "simsimd" and figure.kind == ""


def _best_topk(lane: Lane) -> float | None:
    """To the best of all who return a top-k, of whom FAISS must be there."""
    best = lane.best(lambda it: it.role == "peer" and it.kind == "")
    return _over(best, lane.ours()) if lane.best(_library("faiss")) else None


def _most(title: str, work: str, size: int, limit: float, ratio: Ratio, what: str) -> Goal:
    return Goal(title, work, size, f"<= {limit:g}x {what}", ratio, limit, at_most=True)


def _least(title: str, work: str, size: int, limit: float, ratio: Ratio, what: str) -> Goal:
    return Goal(title, work, size, f">= {limit:g}x {what}", ratio, limit, at_most=False)


def _single() -> list[Goal]:
    title, work, read = "single query, top-10", "single", "the read floor"
    big = 1_000_000
    return [
        _most(title, work, big, 1.05, _to_floor, read),
        _least(title, work, big, 1.3, _gain(_simsimd_topk), "simsimd + top-k"),
        _least(title, work, big, 1.4, _gain(_library("faiss")), "FAISS"),
        _least(title, work, big, 2.2, _gain(_who(usearch.Exact.name)), "USearch's exact search"),
        _least(title, work, big, 2.2, _gain(_who(usearch.IndexExact.name)), "USearch's index"),
        _most(title, work, 10_000, 1.1, _to_floor, read),
        _least(title, work, 10_000, 1.6, _best_topk, "the best peer with a top-k"),
        _most(title, work, 1_000, 1.2, _to_floor, read),
        _least(title, work, 1_000, 1.8, _best_topk, "the best peer with a top-k"),
    ]


def _batch() -> list[Goal]:
    title, work = "batch of 256, top-10", "batch"
    numkong, faiss = _gain(_library("numkong")), _gain(_library("faiss"))
    goals: list[Goal] = []
    for size in (1_000_000, 100_000):
        goals += [
            _least(title, work, size, 0.9, _of_floor, "the rate of the compute floor"),
            _least(title, work, size, 1.3, numkong, "NumKong"),
            _least(title, work, size, 5, faiss, "FAISS"),
        ]
    for size, most, least in ((10_000, 1.1, 1.2), (1_000, 1.2, 1.1)):
        goals += [
            _most(title, work, size, most, _to_floor, "the compute floor"),
            _least(title, work, size, least, numkong, "NumKong"),
        ]
    return goals


def _threads() -> list[Goal]:
    def gain(lane: Lane) -> float | None:
        return _over(lane.best(lambda it: it.role == "ours" and it.threads == 1), lane.ours())

    return [
        _least("two threads, batch of 256", "threads", size, 1.9, gain, "one thread")
        for size in (1_000_000, 100_000, 10_000)
    ]


def _prune() -> list[Goal]:
    def share(lane: Lane) -> float | None:
        return _over(lane.ours(), lane.best(lambda it: it.role == "peer"))

    limits = {5: 1.05, 10: 0.3, 25: 0.6, 33: 1.05, 40: 1.05, 45: 1.05}
    return [
        _most(
            "nearest of 1,000,000, pruned, by % flipped",
            prune.work(1_000_000),
            flips,
            limit,
            share,
            "the plain scan",
        )
        for flips, limit in limits.items()
    ]


def _bundle() -> list[Goal]:
    goals: list[Goal] = []
    for size, most in ((101, 1.4), (1001, 1.1)):
        goals += [
            _most("bundle", "bundle", size, most, _to_floor, "the read floor"),
            _least("bundle", "bundle", size, 2.5, _gain(_who(bhv.PublicMajority.name)), "bhv"),
            _least("bundle", "bundle", size, 2.5, _gain(_who(bhv.Majority.name)), "bhv's C class"),
            _least("bundle", "bundle", size, 40, _gain(_library("numpy")), "NumPy"),
        ]
    return goals


def _calls() -> list[Goal]:
    def overhead(lane: Lane) -> float | None:
        return _over(lane.best(_library("emily")), lane.floor())

    return [
        _most(f"call from Python: {work}", work, 2, 1.35, overhead, "a bare cffi call")
        for work in ("distance", "bind", "permute")
    ]


def _holographic() -> list[Goal]:
    pyfftw = {
        "pyFFTW planned": _gain(_library(fft.PyfftwCopied.library)),
        "pyFFTW planned, undivided, on arrays that stay": _gain(_library(fft.Pyfftw.library)),
    }
    return [
        _least(f"{work}, float32", work, size, 1, gain, what)
        for work in holographic.WORKS
        for size in (1024, 4096)
        for what, gain in pyfftw.items()
    ]


def _same_work() -> list[Goal]:
    works = {
        "single": (1_000, 10_000),
        "bundle": (101, 1001),
        "distance": (2,),
        "bind": (2,),
        "permute": (2,),
    }
    return [
        _least(f"same work: {work}", work, size, 100, _gain(_library(name)), name)
        for name in ("torchhd", "hdlib")
        for work, sizes in works.items()
        for size in sizes
    ]


GOALS: tuple[Goal, ...] = (
    *_single(),
    *_batch(),
    *_threads(),
    *_prune(),
    *_bundle(),
    *_calls(),
    *_holographic(),
    *_same_work(),
)
