"""No setting that a module makes is left out of what is expected."""

import re
from collections.abc import Mapping

import pytest

from fleets import ROOT
from sovereign.expectations.base import Expectation
from sovereign.expectations.sysctl import Sysctl
from sovereign.expectations.unit import UnitSetting
from sovereign.expectations.user import SshSetting

GENERATED = ROOT / "hosts" / "cloudlab" / "generated"
UNITS = ROOT / "nix" / "modules" / "emily-units.nix"

# systemd counts times in microseconds, and says so in the name
SHOWN = {
    "RestartSec": "RestartUSec",
    "TimeoutStopSec": "TimeoutStopUSec",
    "WatchdogSec": "WatchdogUSec",
    "startLimitBurst": "StartLimitBurst",
    "startLimitIntervalSec": "StartLimitIntervalUSec",
}
# what looks at it instead
ELSEWHERE = {
    "ExecStart": "the unit is active, and of the system that runs",
    "LoadCredential": "who has the token is let in",
    "SystemCallFilter": "confinement: the kernel has a filter",
}

VALUES = {
    "ssh-setting: hostkey": (
        "/persist/etc/ssh/ssh_host_ed25519_key /persist/etc/ssh/ssh_host_rsa_key"
    ),
    "unit-setting: emily-instinct.service CPUWeight": "1000",
    "unit-setting: emily-instinct.service CPUSchedulingPolicy": "2",
    "unit-setting: emily-cognition.service CPUWeight": "100",
    "unit-setting: emily-cognition.service CPUSchedulingPolicy": "0",
    "unit-setting: emily-api.service NotifyAccess": "main",
    "unit-setting: emily-api.service StartLimitBurst": "10",
    "unit-setting: emily-api.service StartLimitIntervalUSec": "1min",
}


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_is_expected_to_be(name: str, cloudlab: Mapping[str, Expectation]) -> None:
    assert cloudlab[name].model_dump()["value"] == VALUES[name]


def test_every_kernel_setting_of_a_module_is_expected(cloudlab: Mapping[str, Expectation]) -> None:
    expected = {one.name for one in cloudlab.values() if isinstance(one, Sysctl)}
    made = {
        name
        for file in ("boot.nix", "network.nix")
        for name in re.findall(r'"([a-z0-9_]+(?:\.[a-z0-9_]+)+)" =', (GENERATED / file).read_text())
    }
    assert len(made) > 10
    assert made == expected


def test_every_setting_of_emily_s_units_is_expected(cloudlab: Mapping[str, Expectation]) -> None:
    expected = {
        one.setting
        for one in cloudlab.values()
        if isinstance(one, UnitSetting) and one.name.startswith("emily-")
    }
    named = re.findall(
        r"^\s+(?:serviceConfig\.)?([A-Z][A-Za-z]+|startLimit\w+) =", UNITS.read_text(), re.M
    )
    made = {SHOWN.get(name, name) for name in named} - set(ELSEWHERE)
    assert len(made) > 30
    assert made == expected


def test_every_setting_of_sshd_is_expected(cloudlab: Mapping[str, Expectation]) -> None:
    expected = {one.name for one in cloudlab.values() if isinstance(one, SshSetting)}
    module = (GENERATED / "access.nix").read_text()
    settings = re.search(r"settings = \{(.*?)\};", module, re.S)
    assert settings
    made = {name.lower() for name in re.findall(r"^\s+([A-Z]\w+) =", settings[1], re.M)}
    assert len(made) > 4
    assert made <= expected
    # hostKeys, ports, authorizedKeysInHomedir, and how anybody gets in at all
    assert expected - made == {"hostkey", "port", "authorizedkeysfile", "pubkeyauthentication"}
