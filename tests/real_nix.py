"""The real Nix, for tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sovereign.run import Completed, run


@dataclass(frozen=True)
class Nix:
    """The real Nix with a store of its own, so that a test changes nothing on the machine."""

    env: Mapping[str, str]

    def run(self, *argv: str | Path, stdin: str = "", check: bool = True) -> Completed:
        """Run `nix …` or another of its programs, named by the first word."""
        return run(argv, stdin=stdin, env=self.env, check=check)

    def eval_json(self, expression: str) -> str:
        """Evaluate an expression to JSON text."""
        return self.run("nix", "eval", "--impure", "--json", "--expr", expression).out
