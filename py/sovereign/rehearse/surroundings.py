"""What stands around a rehearsed host: a machine in each of its zones, and the far ends of its tunnels."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from sovereign.expectations.base import Expectation
from sovereign.expectations.flow import Flow
from sovereign.inventory.load import Inventory
from sovereign.inventory.secret import Secret
from sovereign.inventory.topology import tunnel_interface, tunnel_peers

_INTERNET = IPv4Network("198.51.100.0/24")
"""What the uplink's other end uses where DHCP gives the host its address (RFC 5737)."""
_MEMBER = 10
"""The host number of a zone's machine whose address nobody names."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A machine at the other end of one of the host's interfaces, in whose zone it stands."""

    zone: str
    host_interface: str
    mac: str | None
    addresses: tuple[IPv4Interface, ...]
    host_address: IPv4Address


@dataclass(frozen=True, slots=True)
class FarEnd:
    """A peer of a tunnel: where it is called, and what it calls."""

    name: str
    zone: str
    interface: str
    """Of the tunnel, on the host."""
    address: IPv4Address
    """On the internet."""
    endpoint: str | None
    """The name by which the host calls it, and the port that it then listens on."""
    port: int | None
    inner: tuple[IPv4Interface, ...]
    public_key: str
    preshared_key: Secret | None
    host_public_key: str
    host_inner: IPv4Address
    host_port: int
    keepalive_s: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it. `uplink` is the first neighbour: whoever stands at the host's way to the internet."""

    host: str
    uplink: Neighbour
    dhcp: bool
    neighbours: tuple[Neighbour, ...]
    far_ends: tuple[FarEnd, ...]
    routes: tuple[IPv4Network, ...]
    """What is reached through the host."""

    @property
    def names(self) -> Mapping[str, str]:
        """The machines that are called by name, by their address."""
        return {end.endpoint: str(end.address) for end in self.far_ends if end.endpoint}


def surroundings(
    inventory: Inventory, name: str, expectations: Iterable[Expectation]
) -> Surroundings:
    """Compute them; a zone's machine has the addresses that the expectations call there."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    called: dict[str, set[IPv4Address]] = {}
    for one in expectations:
        if isinstance(one, Flow) and one.destination != "host" and one.address:
            called.setdefault(one.destination, set()).add(IPv4Address(one.address))
    own = host.network.uplink
    first = own.address or IPv4Interface(f"{_INTERNET[2]}/{_INTERNET.prefixlen}")
    gateway = own.gateway or first.network[1]
    macs = {nic: described.mac for nic, described in host.hardware.nics.items()}
    uplink = Neighbour(
        own.zone,
        own.nic,
        str(macs[own.nic]) if own.nic in macs else None,
        (
            IPv4Interface(f"{gateway}/{first.network.prefixlen}"),
            *(IPv4Interface(a) for a in sorted(called.get(own.zone, set())) if a != gateway),
        ),
        first.ip,
    )
    vlans = tuple(
        Neighbour(
            zone, zone, None, _members(vlan.address, called.get(zone, set())), vlan.address.ip
        )
        for zone, vlan in host.network.vlans.items()
    )
    prefixes = (zone.prefix for zone in fleet.zones.values())
    return Surroundings(
        host=name,
        uplink=uplink,
        dhcp=own.address is None,
        neighbours=vlans,
        far_ends=tuple(
            _far_ends(inventory, name, first.network, {first.ip, *(a.ip for a in uplink.addresses)})
        ),
        routes=tuple(prefix for prefix in prefixes if prefix is not None),
    )


def _members(own: IPv4Interface, called: set[IPv4Address]) -> tuple[IPv4Interface, ...]:
    there = sorted(address for address in called if address in own.network and address != own.ip)
    if not there:
        there = [next(a for a in (own.network[_MEMBER], own.network[_MEMBER + 1]) if a != own.ip)]
    return tuple(IPv4Interface(f"{address}/{own.network.prefixlen}") for address in there)


def _far_ends(
    inventory: Inventory, name: str, internet: IPv4Network, taken: set[IPv4Address]
) -> Iterator[FarEnd]:
    fleet, host = inventory.fleet, inventory.hosts[name]
    free = (address for address in internet.hosts() if address not in taken)
    for tunnel, end in host.network.tunnels.items():
        for peer in tunnel_peers(inventory, name, tunnel):
            called = str(peer.endpoint).rpartition(":") if peer.endpoint else None
            yield FarEnd(
                name=peer.name,
                zone=fleet.tunnels[tunnel].zone,
                interface=tunnel_interface(tunnel),
                address=next(free),
                endpoint=called[0] if called else None,
                port=int(called[2]) if called else None,
                inner=tuple(_inside(network) for network in peer.allowed_ips),
                public_key=str(peer.public_key),
                preshared_key=peer.preshared_key,
                host_public_key=str(end.public_key),
                host_inner=end.address.ip,
                host_port=fleet.ports[fleet.tunnels[tunnel].port].port,
                keepalive_s=5,
            )


def _inside(network: IPv4Network) -> IPv4Interface:
    """Return an address in a network that is led to a peer."""
    first = network[0] if network.prefixlen >= 31 else network[1]
    return IPv4Interface(f"{first}/{network.prefixlen}")
