"""How long a large fleet takes: `python bench/fleet [--hosts 1000] [--runs 3] [--options FILE]`.

Every figure is of a whole process, and every result is checked before its time counts. The table is
Markdown; ratios are to `tomllib` alone reading the same files in the same run.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from make import make
from measure import Run, median, program, sovereign

MIB = 1024**2
READ = """
import sys, tomllib, pathlib
files = sorted(pathlib.Path(sys.argv[1]).glob("hosts/**/*.toml"))
print(sum(len(tomllib.loads(file.read_text("utf-8"))) > 0 for file in files))
"""
CREATE = """
import os, pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
for file in sorted(source.glob("hosts/*/generated/*")):
    place = target / file.relative_to(source)
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name("." + place.name)
    new.write_bytes(b"x" * file.stat().st_size)
    new.replace(place)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--options", type=Path, help="an option index, to time the option check")
    words = parser.parse_args()
    print("| work | wall | per host | to tomllib | processor | memory | goal |")
    print("|---|---|---|---|---|---|---|")
    with TemporaryDirectory() as scratch:
        for row in _rows(Path(scratch), words.hosts, words.runs, words.options):
            print(row, flush=True)


def _rows(scratch: Path, hosts: int, runs: int, index: Path | None) -> Iterator[str]:
    large, small = scratch / "large", scratch / "small"
    make(large, hosts)
    make(small, hosts // 10)

    toml = median(runs, lambda: _read(large, hosts))

    def row(name: str, run: Run, goal: str, count: int = hosts) -> str:
        cells = (
            name,
            f"{run.wall:.2f} s",
            f"{run.wall / count * 1000:.2f} ms",
            f"{run.wall / toml.wall:.1f}x",
            f"{run.cpu:.2f} s",
            f"{run.memory / MIB:.0f} MiB",
            goal,
        )
        return f"| {' | '.join(cells)} |"

    yield row(f"tomllib alone, {hosts} hosts", toml, "")
    first = median(runs, lambda: _generate_anew(large, hosts))
    yield row(f"load, review, generate {hosts} hosts", first, "10 ms a host, 400 MiB")
    yield row("creating as many files of the same sizes, one process", _create(large), "")
    tenth = median(runs, lambda: _generate_anew(small, hosts // 10))
    yield row(f"the same, {hosts // 10} hosts", tenth, "", hosts // 10)
    same = median(runs, lambda: _generate_again(large, hosts, "--no-cache"))
    yield row("nothing changed, without the cache", same, "4 s")
    _generate_again(large, hosts)
    cached = median(runs, lambda: _generate_again(large, hosts))
    yield row("nothing changed", cached, "2 s")
    _restores_a_hand_edited_file(large)
    if shutil.which("nix-instantiate"):
        yield row("nix-instantiate --parse of what was generated", _parse(large, hosts), "")
    yield row("sovereign --help", median(9, lambda: sovereign("--help")), "150 ms", 1)
    if index:
        plain = median(9, lambda: sovereign("check", "node-1", "--root", small))
        checked = median(
            9, lambda: sovereign("check", "node-1", "--options", index, "--root", small)
        )
        added = Run(checked.wall - plain.wall, checked.cpu - plain.cpu, checked.memory, "")
        yield row("option check of one host, beyond its review", added, "0.3 s", 1)
    growth = f"{first.wall / tenth.wall:.1f}x"
    yield f"| growth from {hosts // 10} to {hosts} hosts | {growth} | | | | | 11x |"


def _read(root: Path, hosts: int) -> Run:
    run = program([sys.executable, "-c", READ, root])
    _require(run.out.strip() == str(hosts + 1), f"tomllib read {run.out}")
    return run


def _generate_anew(root: Path, hosts: int) -> Run:
    for folder in root.glob("hosts/*/generated"):
        shutil.rmtree(folder)
    run = sovereign("generate", "--no-cache", "--root", root)
    files = len(list(root.glob("hosts/*/generated/*")))
    _require(f"{hosts} hosts: {files} files written, 0 unchanged" in run.out, run.out)
    return run


def _create(root: Path) -> Run:
    with TemporaryDirectory(dir=root.parent) as target:
        return program([sys.executable, "-c", CREATE, root, target])


def _generate_again(root: Path, hosts: int, *words: str) -> Run:
    before = _stamps(root)
    run = sovereign("generate", *words, "--root", root)
    _require(_stamps(root) == before, "a file was touched")
    _require(f"{hosts} hosts: " in run.out, run.out)
    return run


def _restores_a_hand_edited_file(root: Path) -> None:
    file = root / "hosts" / "node-7" / "generated" / "boot.nix"
    right = file.read_text("utf-8")
    file.write_text(right + "# by hand\n", "utf-8")
    sovereign("generate", "--root", root)
    _require(file.read_text("utf-8") == right, "a hand-edited file was not restored")


def _parse(root: Path, hosts: int) -> Run:
    files = sorted(root.glob("hosts/*/generated/*.nix"))
    listed = root / "files"
    listed.write_text("\0".join(map(str, files)), "utf-8")
    run = program(["xargs", "-0", "-n", "500", "-a", listed, "nix-instantiate", "--parse"])
    _require(run.out.count("hostPlatform") == hosts, "not every host was parsed")
    return run


def _stamps(root: Path) -> dict[Path, tuple[int, int]]:
    stats = {path: path.stat() for path in root.glob("hosts/*/generated/*")}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


def _require(truth: bool, message: str) -> None:
    if not truth:
        sys.exit(f"wrong result: {message}")


if __name__ == "__main__":
    main()
