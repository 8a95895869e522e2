"""How much noise an item memory takes: 1,000 random items, asked for with some of their bits flipped.

Every bit of a query is flipped with the same probability, so that its distance from its item is
binomially distributed; a random vector's distance is too, around half of the bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from bench.hdc.pictures.svg import COLOURS, INK, Axes, Picture

from emily.instinct.hdc import Hypervectors, ItemMemory

Floats = npt.NDArray[np.float64]

DIMS = (1_000, 10_000)
ITEMS = 1_000
SHARES = (*(place / 50 for place in range(17)), *(place / 200 for place in range(68, 101)))
SEED = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares of queries by share of flipped bits, and how often a wrong item was accepted at all."""

    dim: int
    nearest: list[float]
    accepted: list[float]
    wrong: int


def picture() -> Picture:
    """Measure both dimensions and draw them over what theory expects."""
    found = [measure(dim) for dim in DIMS]
    wrong, queries = sum(one.wrong for one in found), ITEMS * len(SHARES) * len(DIMS)

    def panel(axes: Axes) -> None:
        for one, colour in zip(found, COLOURS, strict=False):
            _draw(axes, one, colour)
        axes.text(1, 0.03, f"wrong items accepted: {wrong} of {queries:,}")
        ticks = list(range(0, 51, 10))
        axes.set(
            xlabel="bits flipped",
            ylabel="right item found",
            xlim=(0, 50),
            ylim=(0, 1.03),
            xticks=ticks,
            xticklabels=[f"{tick} %" for tick in ticks],
            yticks=[0, 0.25, 0.5, 0.75, 1],
            yticklabels=["0", "25 %", "50 %", "75 %", "100 %"],
        )
        axes.grid(alpha=0.15, color=INK, linewidth=0.6)

    label = (
        f"Share of {ITEMS:,} items that are recalled, against the share of flipped bits,"
        " in 1,000 and 10,000 dimensions, measured and expected"
    )
    return Picture(label, (panel,), columns=2)


def measure(dim: int) -> Measured:
    """Ask for every item at every share of flipped bits; accepted is what cleanup would accept."""
    generator = np.random.default_rng((SEED, dim))
    items = Hypervectors.random(ITEMS, dim, seed=generator)
    memory = ItemMemory(dim)
    ids = memory.add(items)
    limit = memory.threshold()
    nearest, accepted, wrong = [], [], 0
    for share in SHARES:
        flips = Hypervectors.from_bits(generator.random((ITEMS, dim)) < share)
        matches = memory.search(items ^ flips)
        right, near = matches.ids[:, 0] == ids, matches.distances[:, 0] <= limit
        nearest.append(float(right.mean()))
        accepted.append(float((right & near).mean()))
        wrong += int((near & ~right).sum())
    return Measured(dim, nearest, accepted, wrong)


def expect_accepted(dim: int, limit: int, share: float) -> float:
    """How likely a query is within the limit of its item."""
    return float(_binomial(dim, share)[: limit + 1].sum())


def expect_nearest(dim: int, share: float) -> float:
    """How likely a query is nearer to its item than to all others."""
    farther = 1 - _binomial(dim, 0.5).cumsum()
    others = np.clip(farther, 0, 1) ** (ITEMS - 1)
    return float((_binomial(dim, share) * others).sum())


def _binomial(dim: int, share: float) -> Floats:
    """The probabilities of 0 to dim flipped bits, when a share above 0 is flipped on average."""
    flipped = np.arange(dim + 1)
    ways = np.array([math.lgamma(number + 1) for number in range(dim + 1)])
    logarithm = ways[-1] - ways - ways[::-1]
    logarithm += flipped * math.log(share) + (dim - flipped) * math.log1p(-share)
    density: Floats = np.exp(logarithm)
    return density


def _draw(axes: Axes, found: Measured, colour: str) -> None:
    limit = ItemMemory(found.dim)
    limit.add(Hypervectors.zeros(ITEMS, found.dim))
    fine = [place / 1000 for place in range(1, 501)]
    accepted = [expect_accepted(found.dim, limit.threshold(), share) for share in fine]
    nearest = [expect_nearest(found.dim, share) for share in fine]
    name = f"{found.dim:,} bits"
    _curve(axes, fine, accepted, colour, "-")
    _curve(axes, fine, nearest, colour, "--")
    _points(axes, found.accepted, colour, colour, f"{name}, accepted by cleanup")
    _points(axes, found.nearest, colour, "none", f"{name}, nearest by search")


def _curve(axes: Axes, x: Sequence[float], y: Sequence[float], colour: str, style: str) -> None:
    axes.plot([100 * share for share in x], y, color=colour, linestyle=style, linewidth=1)


def _points(axes: Axes, y: Sequence[float], colour: str, fill: str, label: str) -> None:
    x = [100 * share for share in SHARES]
    style = {"markeredgecolor": colour, "markerfacecolor": fill, "markersize": 3}
    axes.plot(x, y, linestyle="", marker="o", label=label, **style)
