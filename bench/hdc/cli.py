"""Measure and print the table: `python bench/hdc`.

A process for every size, twice over; figures are compared within a process only. The table is
Markdown on stdout, with --write also between the marks of README.md, and every figure in
figures.md beside it.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.hdc import machine, table
from bench.hdc.process import WORKS
from bench.hdc.race import Figure
from bench.hdc.results import RUN, Run, read

from emily.instinct.hdc.kernel import variant

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TURNS = 3
QUIET = 0.1  # share of the processors that may be busy with something else


def main() -> None:
    """Measure and print."""
    words = _words()
    run = RUN.validate_json(words.figures.read_bytes()) if words.figures else _measure(words)
    if words.json:
        words.json.write_bytes(RUN.dump_json(run, indent=1))
    text = table.summary(run)
    print(text)
    if words.write:
        table.replace(HERE / "README.md", text)
        (HERE / "figures.md").write_text(table.details(run), "utf-8")


def _measure(words: argparse.Namespace) -> Run:
    idle = machine.busy() <= QUIET
    with TemporaryDirectory() as folder:
        processes = list(_processes(Path(folder), words))
    described = f"{machine.describe()}; kernel `{variant()}`"
    judged = machine.has_vector_popcount()
    return Run(described, machine.versions(), judged, idle, processes)


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python bench/hdc", description=__doc__)
    parser.add_argument("--only", type=_names, default=list(WORKS), help=", ".join(WORKS))
    parser.add_argument("--rows", type=_numbers, help="numbers of rows to search, as 1000,10000")
    parser.add_argument("--processes", type=int, default=2, help="processes a size (2)")
    parser.add_argument("--seconds", type=float, default=0.6, help="for each figure (0.6)")
    parser.add_argument("--quick", action="store_true", help="few rows, one short process a size")
    parser.add_argument("--json", type=Path, help="keep every figure in this file")
    parser.add_argument("--figures", type=Path, help="measure nothing, use what --json kept")
    parser.add_argument("--write", action="store_true", help="replace the table in README.md")
    words = parser.parse_args()
    if words.quick:
        words.processes, words.seconds = 1, 0.2
        words.rows = words.rows or [1_000, 10_000]
    return words


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(WORKS):
        raise argparse.ArgumentTypeError(
            f"{', '.join(sorted(unknown))}: not among {', '.join(WORKS)}"
        )
    return names


def _numbers(text: str) -> list[int]:
    return [int(float(number)) for number in text.split(",")]


def _processes(folder: Path, words: argparse.Namespace) -> Iterator[list[Figure]]:
    for name in words.only:
        work = WORKS[name]
        for size in words.rows if work.rows and words.rows else work.sizes:
            for number in range(words.processes):
                print(f"{name}, {size:,}, process {number + 1}", file=sys.stderr, flush=True)
                path = folder / f"{name}-{size}-{number}.json"
                arguments = [name, size, words.seconds, TURNS, path]
                done = subprocess.run(
                    [sys.executable, "-m", "bench.hdc.process", *map(str, arguments)],
                    cwd=ROOT,
                    check=False,
                )
                if done.returncode != 0:
                    sys.exit(f"{name}, {size:,}: the process ended with {done.returncode}")
                yield read(path)
