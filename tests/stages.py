"""The stages of ./test: lint, types, floors and tests; each is timed, and the first failure is named."""

import subprocess
import sys
import time
from dataclasses import dataclass

_COVERAGE_FLOOR = 90


@dataclass(frozen=True)
class Stage:
    """A command to run from the project's root."""

    name: str
    argv: tuple[str, ...]


_PYTEST = ("-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal")

STAGES = (
    Stage("lint", ("-m", "ruff", "check", "--quiet", ".")),
    Stage("format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    Stage("types", ("-m", "mypy")),
    Stage("floors", ("-m", "importlinter.cli", "lint")),
    Stage("tests", ("-m", "coverage", "run", *_PYTEST)),
)


def main(names: list[str]) -> int:
    """Run the named stages, or all; return the number of those that failed."""
    unknown = set(names) - {stage.name for stage in STAGES}
    if unknown:
        print(f"no such stage: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [stage for stage in STAGES if not names or stage.name in names]
    rows = [(stage.name, *_timed(stage)) for stage in chosen]
    print("\nstage      seconds  result")
    for name, seconds, code in rows:
        print(f"{name:<10} {seconds:7.1f}  {'ok' if code == 0 else f'exit {code}'}")
    return sum(code != 0 for _, _, code in rows)


def _timed(stage: Stage) -> tuple[float, int]:
    print(f"== {stage.name}", flush=True)
    start = time.monotonic()
    code = subprocess.run((sys.executable, *stage.argv), check=False).returncode
    return time.monotonic() - start, code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
