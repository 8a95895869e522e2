"""The suite against a guest: the same checks as on the live host."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sovereign.rehearse.vm.proof import Proof, Tell, expect, prove
from sovereign.run import run
from sovereign.suite.result import read_results

_TIMEOUT_S = 900


def run_suite(
    folder: Path,
    spec: str,
    concern: str,
    unproven: Mapping[str, str],
    stand_ins: Mapping[str, str],
    tell: Tell,
    more: Sequence[str] = (),
) -> Iterator[Proof]:
    """Run the checks of one concern, or several with commas between: a proof for each.

    `folder` holds expectations.json, and keeps results.json. `unproven` and `stand_ins` map patterns
    of expectation ids to a text.
    """
    results = folder / "results.json"
    notes = {
        "unproven": [{"id": key, "reason": text} for key, text in unproven.items()],
        "stand-ins": [{"id": key, "text": text} for key, text in stand_ins.items()],
    }
    words = [sys.executable, "-m", "sovereign.suite", "--inside", spec, "--only", concern]
    words += ["--expectations", str(folder / "expectations.json"), "--results", str(results)]
    words += more
    for name, rows in notes.items():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(rows, indent=1))
        words += [f"--{name}", str(file)]

    def attempt() -> str:
        done = run(words, timeout=_TIMEOUT_S, check=False)
        expect(results.exists(), f"it did not run: {done.err.strip()[-500:]}")
        return f"exit code {done.code}"

    ran = prove(f"the suite looks at {concern}", attempt, tell)
    yield ran
    if ran.outcome == "passed":
        for result in read_results(results).results:
            yield Proof(
                result.id,
                result.outcome,
                result.message,
                result.seconds,
                result.key,
                result.shared,
                result.stand_in,
            )
