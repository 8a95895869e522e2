"""What must be true of the system: who it is, its release, the Nix daemon and its garbage collection."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.origin import Origins
from sovereign.expectations.system import Identity, NixosRelease, NixSetting
from sovereign.expectations.timer import Timer
from sovereign.inventory.load import Inventory


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the system."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin, system = Origins.of("system", inventory, name), host.system
    yield Identity(
        **origin.own("identity", "host_id"),
        name=name,
        domain=fleet.domain,
        host_id=host.identity.host_id,
        time_zone=system.time_zone,
    )
    yield NixosRelease(**origin.shared("release", "nixos"), release=fleet.release.nixos)
    yield NixSetting(
        **origin.own("system"), name="experimental-features", value="nix-command flakes"
    )
    yield NixSetting(
        **origin.own("system", "nix", "trusted_users"),
        name="trusted-users",
        value=" ".join(("root", *system.nix.trusted_users)),
    )
    yield Timer(
        **origin.own("system", "nix", "collect"), name="nix-gc.timer", calendar=system.nix.collect
    )
