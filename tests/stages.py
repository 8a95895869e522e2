"""The stages of ./test: each is timed, the tests' coverage and skips are counted, failures named."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

COVERAGE_FLOOR = 90
"""Per cent of the lines of py/sovereign, py/emily and generators that the tests must run."""


@dataclass(frozen=True)
class Stage:
    """A module to run with Python from the project's root; `marker` selects tests.

    `asked` marks what runs only when it is asked for; `workers` are pytest's, beside each other.
    """

    name: str
    argv: tuple[str, ...] = ()
    marker: str = ""
    asked: bool = False
    workers: str = "auto"


@dataclass(frozen=True)
class Result:
    """How a stage went."""

    name: str
    seconds: float
    code: int
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    coverage: str = ""


STAGES = (
    Stage("lint", ("ruff", "check", "--quiet", ".")),
    Stage("format", ("ruff", "format", "--check", "--quiet", ".")),
    Stage("types", ("mypy",)),
    Stage("floors", ("importlinter.cli", "lint", "--no-logo")),
    Stage("docs", ("mkdocs", "build", "--strict", "--quiet")),
    Stage("unit", marker="not nix and not kernel and not rehearsal"),
    Stage("nix", marker="nix and not rehearsal"),
    Stage("kernel", marker="kernel and not nix and not rehearsal"),
    # one world serves all of its tests
    Stage("rehearsal", marker="rehearsal", asked=True, workers="0"),
)
REHEARSE = "--rehearse"


def main(words: list[str]) -> int:
    """Run the named stages, or all, with --rehearse the rehearsal too; return 0 when all went well."""
    names = [word for word in words if word != REHEARSE]
    asked = REHEARSE in words
    unknown = set(names) - {stage.name for stage in STAGES}
    if unknown:
        print(f"no such stage: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [
        stage
        for stage in STAGES
        if (stage.name in names if names else not stage.asked) or (stage.asked and asked)
    ]
    with TemporaryDirectory() as scratch:
        results = [_run(stage, Path(scratch)) for stage in chosen]
        if {one.name for one in STAGES if one.marker and not one.asked} <= {
            one.name for one in chosen
        }:
            results.append(_all_coverage(Path(scratch)))
    _print(results)
    return int(any(result.code for result in results))


def _run(stage: Stage, scratch: Path) -> Result:
    print(f"== {stage.name}", flush=True)
    start = time.monotonic()
    if not stage.marker:
        argv = (sys.executable, "-m", *stage.argv)
        code = subprocess.run(argv, check=False).returncode
        return Result(stage.name, time.monotonic() - start, code)
    data, counts = scratch / f"coverage.{stage.name}", scratch / f"{stage.name}.xml"
    # tests run beside each other already: NumPy is to use one thread in each
    env = os.environ | {"COVERAGE_FILE": str(data), "OPENBLAS_NUM_THREADS": "1"}
    pytest = ("-m", "pytest", "-q", "-n", stage.workers, "--cov", "--cov-report=")
    code = _python(*pytest, "-m", stage.marker, f"--junitxml={counts}", env=env)
    seconds = time.monotonic() - start
    return Result(stage.name, seconds, code, *_counts(counts), _percent(env))


def _all_coverage(scratch: Path) -> Result:
    env = os.environ | {"COVERAGE_FILE": str(scratch / "coverage")}
    files = [str(path) for path in scratch.glob("coverage.*")]
    _python("-m", "coverage", "combine", "--quiet", *files, env=env)
    code = _python("-m", "coverage", "report", f"--fail-under={COVERAGE_FLOOR}", env=env)
    return Result("coverage", 0, code, coverage=_percent(env))


def _python(*argv: str, env: Mapping[str, str]) -> int:
    return subprocess.run((sys.executable, *argv), env=env, check=False).returncode


def _percent(env: Mapping[str, str]) -> str:
    argv = (sys.executable, "-m", "coverage", "report", "--format=total")
    done = subprocess.run(argv, env=env, check=False, capture_output=True, text=True)
    return f"{done.stdout.strip()} %" if done.returncode == 0 else "none"


def _counts(file: Path) -> tuple[int, int, int]:
    """Tests that passed, failed and were skipped, from pytest's JUnit file."""
    suite = ElementTree.parse(file).getroot().find("testsuite") if file.exists() else None
    if suite is None:
        return 0, 0, 0
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    return int(suite.get("tests", 0)) - failed - skipped, failed, skipped


def _print(results: list[Result]) -> None:
    print("\nstage      seconds  result   passed   failed  skipped  coverage")
    for result in results:
        verdict = "ok" if result.code == 0 else f"exit {result.code}"
        counts = (result.passed, result.failed, result.skipped)
        shown = "".join(f"{count:>9}" for count in counts) if any(counts) else " " * 27
        print(
            f"{result.name:<10} {result.seconds:7.1f}  {verdict:<6}{shown}  {result.coverage}".rstrip()
        )
    print(f"{sum(r.seconds for r in results):.0f} s in all")
    broken = [result.name for result in results if result.code and not result.failed]
    if broken:
        print(f"failed without a test: {', '.join(broken)}")
    failed = sum(result.failed for result in results) + len(broken)
    passed, skipped = sum(r.passed for r in results), sum(r.skipped for r in results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
