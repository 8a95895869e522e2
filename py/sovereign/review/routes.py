"""The routes that a host has, each with the key that makes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from sovereign.diagnostics import KeyPath
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import tunnel_interface
from sovereign.review.zones import placed_links

_EVERYWHERE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True)
class Place:
    """A key in a host's file or, where `host` is None, in fleet.toml."""

    host: str | None
    at: KeyPath


@dataclass(frozen=True, slots=True)
class Route:
    """A route of a host: what is sent to a network leaves by an interface."""

    network: IPv4Network
    interface: str
    place: Place


def routes(inventory: Inventory, name: str) -> Iterator[Route]:
    """The routes of a host: its own networks, what lies behind sites, static ones, the default."""
    host = inventory.hosts[name]
    own = []
    for placed in placed_links(inventory.fleet, host):
        if placed.link.address is not None:
            place = Place(name, (*placed.at, "address"))
            own.append(Route(placed.link.address.network, placed.link.interface, place))
    yield from own
    for tunnel, end in host.network.tunnels.items():
        for site in end.peers:
            at: KeyPath = ("tunnels", tunnel, "peers", site, "allowed_ips")
            for index, network in enumerate(
                inventory.fleet.tunnels[tunnel].peers[site].allowed_ips
            ):
                yield Route(network, tunnel_interface(tunnel), Place(None, (*at, index)))
    uplink = host.network.uplink
    for index, route in enumerate(host.network.routes):
        via = (link.interface for link in own if route.via in link.network)
        yield Route(route.to, next(via, uplink.nic), Place(name, ("network", "routes", index)))
    if uplink.address is None or uplink.gateway is not None:
        yield Route(_EVERYWHERE, uplink.nic, Place(name, ("network", "uplink")))
