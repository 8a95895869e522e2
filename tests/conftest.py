"""What tests share: the real Nix and the option index, or a skip that says what is missing."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sovereign.run import Completed, run

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it needs; ./test runs the marks as stages of their own."""
    for item in items:
        for need in {"nix", "kernel"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(need)


@pytest.fixture(scope="session")
def kernel() -> None:
    """Root and network namespaces, or a skip."""
    probe = f"sov-probe-{os.getpid()}"
    missing = [name for name in ("ip", "nft") if shutil.which(name) is None]
    if os.geteuid() != 0:
        missing.append("root")
    elif not missing and run(["ip", "netns", "add", probe], check=False).code != 0:
        missing.append("network namespaces")
    if not missing:
        run(["ip", "netns", "delete", probe])
        return
    reason = f"missing: {', '.join(missing)}"
    if os.environ.get("SOVEREIGN_REQUIRE_KERNEL"):
        pytest.fail(f"SOVEREIGN_REQUIRE_KERNEL is set; {reason}")
    pytest.skip(reason)


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


@pytest.fixture(scope="session")
def nix(tmp_path_factory: pytest.TempPathFactory) -> Nix:
    if shutil.which("nix") is None:
        if os.environ.get("SOVEREIGN_REQUIRE_NIX"):
            pytest.fail("SOVEREIGN_REQUIRE_NIX is set and nix is not on PATH")
        pytest.skip("nix is not on PATH")
    home = tmp_path_factory.mktemp("nix")
    return Nix(
        {
            "NIX_STORE_DIR": str(home / "store"),
            "NIX_STATE_DIR": str(home / "state"),
            "NIX_LOG_DIR": str(home / "log"),
            "HOME": str(home),
            "NIX_CONFIG": "experimental-features = nix-command flakes\nsubstituters =\n"
            "flake-registry =\nbuild-users-group =\nsandbox = false",
        }
    )


@pytest.fixture(scope="session")
def option_index() -> Path:
    """The NixOS option index that SOVEREIGN_OPTION_INDEX names."""
    named = os.environ.get("SOVEREIGN_OPTION_INDEX")
    if not named:
        if os.environ.get("SOVEREIGN_REQUIRE_NIX"):
            pytest.fail("SOVEREIGN_REQUIRE_NIX is set and SOVEREIGN_OPTION_INDEX is not")
        pytest.skip("SOVEREIGN_OPTION_INDEX names no option index")
    return Path(named)
