"""What the host is: its names, its release of NixOS, the settings of Nix."""

from sovereign.expectations.system import Identity, NixosRelease, NixSetting
from sovereign.suite.nixos import System
from sovereign.suite.vantage import Vantage, quoted, require

_ZONES = "zoneinfo/"


def test_identity(expectation: Identity, inside: Vantage) -> None:
    """The host says that it is who it must be."""
    zone = inside.run("readlink", "/etc/localtime").out.strip()
    found = {
        "name": inside.output("cat", "/proc/sys/kernel/hostname").strip(),
        "domain": inside.run("hostname", "--domain").out.strip(),
        "host id": inside.output("hostid").strip(),
        "time zone": zone.partition(_ZONES)[2].removeprefix("Etc/") or "UTC",
    }
    expected = {
        "name": expectation.name,
        "domain": expectation.domain,
        "host id": expectation.host_id,
        "time zone": expectation.time_zone.removeprefix("Etc/"),
    }
    wrong = [
        f"the {what} must be {quoted(value)}, and is {quoted(found[what])}"
        for what, value in expected.items()
        if found[what] != value
    ]
    require(not wrong, "; ".join(wrong))


def test_nixos_release(expectation: NixosRelease, inside: Vantage) -> None:
    """The system that runs is of this release."""
    found = System(inside).release
    require(
        found is not None and found.split("pre")[0].startswith(expectation.release),
        f"NixOS {expectation.release} must run, and {found or 'no NixOS'} does",
    )


def test_nix_setting(expectation: NixSetting, inside: Vantage) -> None:
    """The words are among the setting's."""
    name = expectation.name
    found = inside.output("nix", "config", "show", name).strip()
    missing = sorted(set(expectation.value.split()) - set(found.split()))
    require(
        not missing,
        f"{name} of Nix must hold {' '.join(missing)}, and is {quoted(found)}",
    )
