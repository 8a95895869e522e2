"""Where a host stands: its services, its address in each zone, and one of somebody else there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from sovereign.diagnostics import KeyPath
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import interfaces_by_zone, links, tunnel_peers

_ANYBODY = (IPv4Address("203.0.113.10"), IPv4Address("198.51.100.10"))
"""Stands for the internet, whose addresses nobody lists: from TEST-NET-3 (RFC 5737)."""

_USUAL = 10
"""Of a zone in which nobody is known, the member at this place in its prefix stands for all."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something on the host that listens: the table that describes it, its port, who may connect."""

    key: KeyPath
    port: int
    zones: tuple[str, ...]


def services(fleet: Fleet, host: Host) -> tuple[Service, ...]:
    """The services of a host."""
    found = [
        Service(("access", "ssh"), fleet.ports[host.access.ssh.port].port, host.access.ssh.zones)
    ]
    if host.samba:
        found.append(Service(("samba",), fleet.ports[host.samba.port].port, host.samba.zones))
    if host.database:
        port = fleet.ports[host.database.port].port
        found.append(Service(("database",), port, host.database.zones))
    if host.emily:
        found.append(Service(("emily",), fleet.ports[host.emily.port].port, host.emily.zones))
        found.append(Service(("emily", "bus"), fleet.ports[host.emily.bus].port, ()))
    return tuple(found)


def zones_of(fleet: Fleet, host: Host) -> tuple[str, ...]:
    """The zones that a host stands in."""
    return tuple(interfaces_by_zone(fleet, host))


def standing_in(fleet: Fleet, host: Host, zones: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Of a list of zones those that the host stands in, each once, with their places in the list."""
    here, seen = zones_of(fleet, host), set[str]()
    for index, zone in enumerate(zones):
        if zone in here and zone not in seen:
            seen.add(zone)
            yield index, zone


def address_in(fleet: Fleet, host: Host, zone: str) -> str:
    """The host's address in a zone that it stands in; empty where DHCP gives it."""
    addresses = [link.address for link in links(fleet, host) if link.zone == zone]
    return next((str(address.ip) for address in addresses if address), "")


def addresses_in(fleet: Fleet, host: Host, zones: Iterable[str]) -> tuple[str, ...] | None:
    """All addresses of the host in some zones; None where DHCP gives one of them."""
    wanted = frozenset(zones)
    addresses = [link.address for link in links(fleet, host) if link.zone in wanted]
    known = tuple(str(address.ip) for address in addresses if address)
    return known if len(known) == len(addresses) else None


def member_of(inventory: Inventory, name: str, zone: str) -> str:
    """The address of somebody else in a zone: where an operator or a peer is, else a usual one."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    own = {link.address.ip for link in links(fleet, host) if link.address}
    return str(next(found for found in _members(inventory, name, zone) if found not in own))


def _members(inventory: Inventory, name: str, zone: str) -> Iterator[IPv4Address]:
    fleet, host = inventory.fleet, inventory.hosts[name]
    prefix = fleet.zones[zone].prefix
    for operator in fleet.operators.values():
        yield from (reach.address for reach in operator.reach if reach.zone == zone)
    for tunnel in host.network.tunnels:
        if fleet.tunnels[tunnel].zone == zone:
            for peer in tunnel_peers(inventory, name, tunnel):
                for network in peer.allowed_ips:
                    if prefix is None or network.subnet_of(prefix):
                        yield network[0] if network.num_addresses == 1 else network[1]
    if prefix is not None:
        yield from (prefix[at] for at in range(_USUAL, prefix.num_addresses - 1))
        yield from (prefix[at] for at in range(1, min(_USUAL, prefix.num_addresses)))
    yield from _ANYBODY
