"""Units: their state, and the settings in force on them."""

import pytest

from sovereign.expectations.unit import Unit, UnitSetting
from sovereign.suite.nixos import System
from sovereign.suite.request import Request
from sovereign.suite.systemd import Settings, properties
from sovereign.suite.vantage import Vantage, quoted, require

_ASKED = (
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "ExecMainExitTimestampMonotonic",
    "MainPID",
)


@pytest.fixture(scope="module")
def system(inside: Vantage) -> System:
    """The system that runs, whose closure is asked for once."""
    return System(inside)


def test_unit(expectation: Unit, inside: Vantage, system: System) -> None:
    """The unit is in its state; on NixOS a service runs a program of the system that runs."""
    name = expectation.name
    found = properties(inside, name, *_ASKED)
    require(
        _is(found, expectation.state), f"{name} must be {expectation.state}, and is {_said(found)}"
    )
    pid = found.get("MainPID", "0")
    strange = system.strange_program(pid) if expectation.state == "active" and pid != "0" else None
    require(
        strange is None,
        f"{name} still runs {strange}, which is not of the system that runs: restart it",
    )


@pytest.fixture(scope="session")
def settings(request_of_suite: Request) -> Settings:
    """What all checks of settings need, a look at each unit."""
    return Settings(request_of_suite)


def test_unit_setting(expectation: UnitSetting, settings: Settings) -> None:
    """The property has its value, words in any order."""
    name, setting = expectation.name, expectation.setting
    found = settings.of(name)
    require(found["LoadState"] == "loaded", f"{name} is not there ({found['LoadState']})")
    value = found.get(setting)
    require(
        value is not None and sorted(value.split()) == sorted(expectation.value.split()),
        f"{setting} of {name} must be {quoted(expectation.value)}, and is {quoted(value)}",
    )


def _is(found: dict[str, str], state: str) -> bool:
    loaded, active = found["LoadState"], found["ActiveState"]
    if state == "absent":
        return loaded == "not-found"
    if loaded != "loaded":
        return False
    if state == "exited":
        ran = found.get("ExecMainExitTimestampMonotonic", "0") != "0"
        ended = active == "inactive" and found.get("Result") == "success" and ran
        return ended or (active == "active" and found["SubState"] == "exited")
    return active == state


def _said(found: dict[str, str]) -> str:
    if found["LoadState"] != "loaded":
        return found["LoadState"]
    result = found.get("Result", "success")
    return f"{found['ActiveState']} ({found['SubState']}{'' if result == 'success' else f', {result}'})"
