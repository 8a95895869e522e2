"""Draw the picture of docs/emily/reflex.md: `python bench/emily/pictures/reflex.py`.

It listens to two thousand events, for a minute. Needs matplotlib.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.hdc.pictures.svg import Axes, Picture

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    """Listen and draw."""
    from bench.hdc.pictures import svg

    try:
        drawn = svg.draw("reflex", latencies())
    except ImportError as error:
        sys.exit(f"{error}; bench/hdc/peers.txt lists what the benchmarks need")
    (ROOT / "docs" / "emily" / "reflex.svg").write_text(drawn, "utf-8")


def latencies() -> "Picture":
    """How long events of each noise wait for their reflex."""
    import numpy as np
    from bench.emily.reflex_offline import LINE_MS, events
    from bench.hdc.pictures.svg import COLOURS, INK, Picture

    waits = {
        "white noise": events(1000, "white", seed=1).latencies_ms,
        "pink noise": events(1000, "pink", seed=1).latencies_ms,
    }
    edges = np.arange(0, 51, 2.0)

    def histogram(axes: "Axes") -> None:
        highest = 0
        for (name, waited), colour in zip(waits.items(), COLOURS, strict=False):
            counts = np.histogram(waited, edges)[0]
            highest = max(highest, int(counts.max()))
            steps = np.repeat(edges, 2)[1:-1].tolist()
            heights = np.repeat(counts, 2).tolist()
            axes.fill_between(steps, heights, 0, color=colour, alpha=0.2, linewidth=0)
            axes.plot(steps, heights, color=colour, label=name)
        axes.plot([LINE_MS, LINE_MS], [0, highest], color=INK, linewidth=0.8, linestyle="--")
        axes.text(LINE_MS - 0.5, highest, "10 ms left", color=INK, ha="right", va="top")
        axes.set(xlim=(0, 50), ylim=(0, highest * 1.1))
        axes.set(xlabel="ms from the onset to the end of the block", ylabel="of 1,000 events")

    return Picture(
        "Milliseconds from the onset of 1,000 events at 0 dB in white noise, and of 1,000 in pink "
        "noise, to the reflex: most take 12 to 30 ms, nearly all less than 40 ms",
        (histogram,),
        columns=2,
        height=2.7,
    )


if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    sys.path[0] = str(ROOT)
    sys.path.insert(1, str(ROOT / "py"))
    main()
