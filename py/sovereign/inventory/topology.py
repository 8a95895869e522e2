"""How a host is wired: which interface stands in which zone, and who is on the far end of a tunnel."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, collapse_addresses

from sovereign.inventory.base import WireguardKey
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.secret import Secret
from sovereign.units import Duration


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface of a host. `address` is None where DHCP gives it."""

    interface: str
    zone: str
    address: IPv4Interface | None


@dataclass(frozen=True, slots=True)
class TunnelPeer:
    """The far end of a tunnel as one host sees it: another host, or a site."""

    name: str
    public_key: WireguardKey
    allowed_ips: tuple[IPv4Network, ...]
    endpoint: str | None
    keepalive: Duration | None
    preshared_key: Secret | None


def tunnel_interface(tunnel: str) -> str:
    """The interface of a tunnel."""
    return f"wg-{tunnel}"


def links(fleet: Fleet, host: Host) -> tuple[Link, ...]:
    """All interfaces: the uplink, VLANs by their zone's name, tunnels with `wg-` in front."""
    uplink = host.network.uplink
    return (
        Link(uplink.nic, uplink.zone, uplink.address),
        *(Link(zone, zone, vlan.address) for zone, vlan in host.network.vlans.items()),
        *(
            Link(tunnel_interface(name), fleet.tunnels[name].zone, end.address)
            for name, end in host.network.tunnels.items()
        ),
    )


def interfaces_by_zone(fleet: Fleet, host: Host) -> Mapping[str, tuple[str, ...]]:
    """Zone → the host's interfaces in it, for the zones that the host stands in."""
    zones: dict[str, tuple[str, ...]] = {}
    for link in links(fleet, host):
        zones[link.zone] = (*zones.get(link.zone, ()), link.interface)
    return zones


def tunnel_peers(inventory: Inventory, name: str, tunnel: str) -> Iterator[TunnelPeer]:
    """The peers of a host on a tunnel: first the sites it talks to, then the other hosts.

    Two hosts are peers when at least one of them can be called: has an endpoint.
    """
    own = inventory.hosts[name].network.tunnels[tunnel]
    for site in own.peers:
        peer = inventory.fleet.tunnels[tunnel].peers[site]
        yield TunnelPeer(
            site,
            peer.public_key,
            peer.allowed_ips,
            peer.endpoint,
            peer.keepalive,
            peer.preshared_key,
        )
    keepalive = inventory.fleet.tunnels[tunnel].keepalive
    members = inventory.tunnel_members if own.endpoint else inventory.reachable_members
    for other in members.get(tunnel, ()):
        if other != name:
            end = inventory.hosts[other].network.tunnels[tunnel]
            alone = IPv4Network(end.address.ip)
            yield TunnelPeer(other, end.public_key, (alone,), end.endpoint, keepalive, None)


def networks_of(
    inventory: Inventory, name: str, zones: Container[str]
) -> tuple[IPv4Network, ...] | None:
    """The addresses of some zones and of what lies behind their tunnels' peers, merged.

    None if a zone has no prefix: then there is nothing to tell its members by but the interface.
    """
    fleet, host = inventory.fleet, inventory.hosts[name]
    prefixes = [zone.prefix for key, zone in fleet.zones.items() if key in zones]
    for tunnel in host.network.tunnels:
        if fleet.tunnels[tunnel].zone in zones:
            for peer in tunnel_peers(inventory, name, tunnel):
                prefixes.extend(peer.allowed_ips)
    known = [prefix for prefix in prefixes if prefix is not None]
    return tuple(collapse_addresses(known)) if len(known) == len(prefixes) else None
