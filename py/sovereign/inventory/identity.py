"""Who a host is, and what its system is set to."""

from typing import Annotated, Literal, TypeAlias

from sovereign.inventory.base import (
    Account,
    Address,
    Calendar,
    HostId,
    Many,
    Model,
    Name,
    Text,
    spelled,
)
from sovereign.units import Duration

TimeZone: TypeAlias = Annotated[
    str, *spelled(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}", "Europe/Berlin", 64)
]


class Identity(Model):
    """Who the host is."""

    host_id: HostId
    """ZFS's host id: 8 hexadecimal digits, unique in the fleet and never changed."""

    description: Text = ""
    node_type: Text = ""
    """The provider's label of the hardware; a label only."""

    tags: Many[Name] = ()
    """Words that select hosts: `@gpu`."""


class NixSettings(Model):
    """The Nix daemon and its garbage collection."""

    collect: Calendar = "weekly"
    keep: Duration = Duration.parse("30d")
    """Generations younger than this stay."""

    trusted_users: Many[Account] = ()


class System(Model):
    """Platform, release of first installation, time and name servers."""

    platform: Literal["x86_64-linux", "aarch64-linux"] = "x86_64-linux"
    state_version: Annotated[str, *spelled(r"[0-9]{2}\.(?:05|11)", "26.05", 5)]
    """The NixOS release that the host was first installed with; never changed afterwards."""

    time_zone: TimeZone = "UTC"
    locale: Annotated[str, *spelled(r"[a-z]{2,3}_[A-Z]{2}\.UTF-8", "en_US.UTF-8", 12)] = (
        "en_US.UTF-8"
    )
    name_servers: Many[Address] = ()
    nix: NixSettings = NixSettings()
