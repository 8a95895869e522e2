"""One process of the benchmark: one work at one size; its figures go into a file."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from bench.hdc import results
from bench.hdc.race import Figure, Pace

Run = Callable[[int, Pace], Iterator[Figure]]


@dataclass(frozen=True, slots=True)
class Work:
    """A module of works/, and the sizes it is done at."""

    module: str
    sizes: tuple[int, ...]
    rows: bool = False  # whether a size is a number of rows to be searched


WORKS: Mapping[str, Work] = {
    "search": Work("search", (1_000, 10_000, 100_000, 1_000_000), rows=True),
    "prune": Work("prune", (1_000_000,), rows=True),
    "bundle": Work("bundle", (21, 101, 1001)),
    "bind": Work("bind", (100_000,)),
    "calls": Work("pairs", (2,)),
    "hrr": Work("holographic", (1024, 4096)),
}


def main(name: str, size: str, seconds: str, turns: str, path: str) -> None:
    """Do the work and write its figures."""
    module = import_module(f"bench.hdc.works.{WORKS[name].module}")
    run = cast("Run", module.run)
    results.write(Path(path), run(int(size), Pace(float(seconds), int(turns))))


if __name__ == "__main__":
    main(*sys.argv[1:])
