"""What tests share: the real Nix and the option index, or a skip that says what is missing."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from headless_browser import BROWSERS, browser_path, started_browser
from real_nix import Nix
from sovereign.run import run

# what nohup and the background of a shell have their programs ignore, tests send to programs of theirs
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser, for no longer than a module: it keeps the thread's event loop running."""
    path = browser_path()
    if path is None:
        reason = f"missing: a browser ({', '.join(BROWSERS)})"
        if os.environ.get("SOVEREIGN_REQUIRE_BROWSER"):
            pytest.fail(f"SOVEREIGN_REQUIRE_BROWSER is set; {reason}")
        pytest.skip(reason)
    with started_browser(path) as browser:
        yield browser


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the times to recover that the tests of faults recorded."""
    told = [
        str(value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "recovered_ms"
    ]
    if told:
        terminalreporter.section("times to recover")
        terminalreporter.write_line("\n".join(sorted(told)))
