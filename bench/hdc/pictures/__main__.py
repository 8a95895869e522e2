"""Draw the pictures of docs/emily: `python bench/hdc/pictures RESULTS.json`.

RESULTS.json is what `python bench/hdc --json` kept. Needs matplotlib.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    """Read the command line and draw."""
    from bench.hdc.pictures import latency, recall, svg
    from bench.hdc.results import RUN, collect

    parser = argparse.ArgumentParser(prog="python bench/hdc/pictures", description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "emily", help="the folder")
    words = parser.parse_args()
    results = collect(RUN.validate_json(words.results.read_bytes()).processes)
    try:
        for name, picture in (("latency", latency.picture(results)), ("recall", recall.picture())):
            (words.to / f"{name}.svg").write_text(svg.draw(name, picture), "utf-8")
    except ImportError as error:
        sys.exit(f"{error}; bench/hdc/peers.txt lists what the benchmarks need")


if __name__ == "__main__":
    # Started by its path, Python looks for modules beside this file; the package begins above it.
    sys.path[0] = str(ROOT)
    main()
