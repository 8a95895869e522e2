"""What the rules ask about zones: which are public, and where in a host's file a link stands."""

from dataclasses import dataclass

from sovereign.diagnostics import KeyPath
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.topology import Link, links


@dataclass(frozen=True, slots=True)
class PlacedLink:
    """A network interface of a host and the key that describes it."""

    link: Link
    at: KeyPath
    tunnel: str | None = None


def public(fleet: Fleet, zone: str) -> bool:
    """Whether a zone is the internet: its members are whoever has an address."""
    return fleet.zones[zone].prefix is None


def placed_links(fleet: Fleet, host: Host) -> tuple[PlacedLink, ...]:
    """All interfaces of a host, each with its key."""
    keys: list[tuple[KeyPath, str | None]] = [(("network", "uplink"), None)]
    keys += [(("network", "vlans", zone), None) for zone in host.network.vlans]
    keys += [(("network", "tunnels", name), name) for name in host.network.tunnels]
    return tuple(
        PlacedLink(link, at, tunnel)
        for link, (at, tunnel) in zip(links(fleet, host), keys, strict=True)
    )
