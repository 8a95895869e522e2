"""Draw the picture of docs/emily/gflownet.md: `python bench/emily/pictures/gflownet.py`.

It trains on three grids, for two minutes. Needs matplotlib.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.hdc.pictures.svg import Axes, Picture

    from emily.cognition.gflownet import Hypergrid, Policy, Recipe

ROOT = Path(__file__).resolve().parents[3]
WIDEST = 19.0
"""The diameter in points of a state that holds a tenth of all probability."""


def main() -> None:
    """Train and draw."""
    from bench.hdc.pictures import svg

    try:
        drawn = svg.draw("gflownet", training())
    except ImportError as error:
        sys.exit(f"{error}; bench/hdc/peers.txt lists what the benchmarks need")
    (ROOT / "docs" / "emily" / "gflownet.svg").write_text(drawn, "utf-8")


def training() -> "Picture":
    """The distance from the reward as training goes on, and where trajectories end on the way."""
    from bench.hdc.pictures.svg import COLOURS, Picture

    from emily.cognition.gflownet import Hypergrid, Recipe

    small = Hypergrid(8, 2)
    courses = {
        "8x8": (small, Recipe(steps=400)),
        "16x16": (Hypergrid(16, 2), Recipe(steps=1000)),
        "8x8x8x8, as shipped": (Hypergrid(8, 4), Recipe()),
    }
    lines = {name: _course(grid, recipe) for name, (grid, recipe) in courses.items()}

    def distances(axes: "Axes") -> None:
        for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
            axes.plot(*zip(*line, strict=True), color=colour, label=name)
        axes.set(xscale="log", yscale="log", xlabel="steps of 64 trajectories", title="exact L1")
        axes.set(xlim=(10, 10_000))
        axes.minorticks_off()

    return Picture(
        "L1 distance between what is sampled and the reward during training on three grids; "
        "the 8x8 grid with a ring for the reward of each state, filled by what is sampled",
        (distances, _ends(small, 20), _ends(small, 400)),
        columns=3,
        height=2.9,
    )


def _course(grid: "Hypergrid", recipe: "Recipe") -> list[tuple[int, float]]:
    """The L1 distance at steps that are evenly far apart on a logarithmic axis."""
    from emily.cognition.gflownet import evaluate
    from scf.training.gflownet import train

    line, shown = [], {round(10 ** (tenth / 20)) for tenth in range(20, 81)} | {recipe.steps}

    def note(step: int, _: float, policy: "Policy") -> None:
        if step in shown:
            line.append((step, evaluate(policy).l1))

    train(grid, recipe, note)
    return line


def _ends(grid: "Hypergrid", at: int) -> "Callable[[Axes], None]":
    """A ring around each state, as large as its share of the reward, and in it what is sampled."""
    import numpy as np
    from bench.hdc.pictures.svg import COLOURS, INK

    from emily.cognition.gflownet import Recipe
    from emily.cognition.gflownet.exact import terminal_distribution
    from scf.training.gflownet import train

    kept: list[Policy] = []
    train(
        grid,
        Recipe(steps=400),
        lambda step, _, policy: kept.append(policy) if step == at else None,
    )
    found = terminal_distribution(grid, kept[0].probabilities(np.arange(grid.size)))

    def panel(axes: "Axes") -> None:
        disc = {"color": COLOURS[0], "markeredgewidth": 0}
        ring = {"markeredgecolor": INK, "markerfacecolor": "none", "markeredgewidth": 0.8}
        for style, shares in ((disc, found), (ring, grid.target)):
            sizes = np.round(4 * WIDEST * np.sqrt(shares / 0.1)) / 4
            for size in np.unique(sizes):
                x, y = grid.coordinates[sizes == size].T.tolist()
                axes.plot(x, y, marker="o", linewidth=0, markersize=float(size), **style)
        axes.set(title=f"8x8, step {at}", aspect="equal", xticks=range(8), yticks=range(8))
        axes.set(xlim=(-0.8, 7.8), ylim=(-0.8, 7.8))

    return panel


if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    sys.path[0] = str(ROOT)
    sys.path.insert(1, str(ROOT / "py"))
    main()
