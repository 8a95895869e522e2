"""network: links by address, uplink, VLANs, routes, forwarding and TCP tuning, by systemd-networkd."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import Link, interfaces_by_zone, links, tunnel_interface
from sovereign.nix.value import NixValue

_DEFAULT_MTU = 1500


@dataclass(frozen=True, slots=True)
class _Nic:
    unit: str
    mac: str
    name: str


@dataclass(frozen=True, slots=True)
class _Vlan:
    unit: str
    name: str
    id: int


@dataclass(frozen=True, slots=True)
class _Network:
    """A .network unit; without a match it adds to the one that NixOS writes for a tunnel."""

    unit: str
    match: str | None
    trunk: bool = False
    dhcp: bool = False
    address: str | None = None
    gateway: str | None = None
    vlans: tuple[str, ...] = ()
    vlan: bool = False
    mtu: str | None = None
    waited_for: bool = False
    routes: tuple[Mapping[str, NixValue], ...] = ()


@dataclass(frozen=True, slots=True)
class _View:
    nics: tuple[_Nic, ...]
    vlans: tuple[_Vlan, ...]
    networks: tuple[_Network, ...]
    forwards: bool
    binds_early: bool
    bbr: bool
    congestion: str
    qdisc: str
    ecn: bool
    receive_buffer: int
    send_buffer: int
    receive_buffers: str
    send_buffers: str


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `network.nix`."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    tuning = host.network.tuning
    yield module(
        "network",
        name,
        _View(
            nics=tuple(
                _Nic(f"10-{nic}", described.mac, nic)
                for nic, described in host.hardware.nics.items()
            ),
            vlans=tuple(_vlans(fleet, host)),
            networks=tuple(_networks(fleet, host)),
            forwards=_forwards(fleet, host),
            binds_early=bool(host.access.ssh.listen or (host.database and host.database.zones)),
            bbr=tuning.congestion == "bbr",
            congestion=tuning.congestion,
            qdisc=tuning.qdisc,
            ecn=tuning.ecn,
            receive_buffer=int(tuning.receive_buffer),
            send_buffer=int(tuning.send_buffer),
            # Least, first and largest size; the first two are the kernel's own.
            receive_buffers=f"4096 131072 {int(tuning.receive_buffer)}",
            send_buffers=f"4096 16384 {int(tuning.send_buffer)}",
        ),
    )


def _tunnel_unit(interface: str) -> str:
    """The unit that NixOS writes for a tunnel (nixpkgs, services/networking/wireguard-networkd.nix).

    Before NixOS 25.11 it had no number in front: https://github.com/NixOS/nixpkgs/pull/451581
    """
    return f"40-{interface}"


def _vlans(fleet: Fleet, host: Host) -> Iterator[_Vlan]:
    for zone in host.network.vlans:
        tag = fleet.zones[zone].vlan
        if tag is not None:
            yield _Vlan(f"20-{zone}", zone, tag)


def _networks(fleet: Fleet, host: Host) -> Iterator[_Network]:
    uplink, vlans = host.network.uplink, host.network.vlans
    routes = _routes(fleet, host)
    waited_for = _waited_for(fleet, host)
    for nic in sorted({uplink.nic, *(vlan.nic for vlan in vlans.values())}):
        is_uplink = nic == uplink.nic
        yield _Network(
            unit=f"30-{nic}",
            match=nic,
            trunk=not is_uplink,
            dhcp=is_uplink and uplink.address is None,
            address=str(uplink.address) if is_uplink and uplink.address else None,
            gateway=str(uplink.gateway) if is_uplink and uplink.gateway else None,
            vlans=tuple(zone for zone, vlan in vlans.items() if vlan.nic == nic),
            mtu=str(uplink.mtu) if is_uplink and uplink.mtu != _DEFAULT_MTU else None,
            waited_for=nic in waited_for,
            routes=routes.get(nic, ()),
        )
    for zone, vlan in vlans.items():
        yield _Network(
            unit=f"40-{zone}",
            match=zone,
            address=str(vlan.address),
            vlan=True,
            waited_for=zone in waited_for,
            routes=routes.get(zone, ()),
        )
    for interface in map(tunnel_interface, host.network.tunnels):
        if interface not in waited_for or interface in routes:
            yield _Network(
                unit=_tunnel_unit(interface),
                match=None,
                waited_for=interface in waited_for,
                routes=routes.get(interface, ()),
            )


def _waited_for(fleet: Fleet, host: Host) -> frozenset[str]:
    """The interfaces without which the host is not online.

    Samba's are among them: smbd binds once, to the interfaces that it finds. Of the others a dead
    port must not hold up the boot.
    """
    standing = interfaces_by_zone(fleet, host)
    samba = host.samba.zones if host.samba else ()
    shared = (interface for zone in samba for interface in standing.get(zone, ()))
    return frozenset((host.network.uplink.nic, *shared))


def _routes(fleet: Fleet, host: Host) -> Mapping[str, tuple[Mapping[str, NixValue], ...]]:
    """Interface → its static routes: those whose gateway is in its network, else the uplink."""
    known = tuple(links(fleet, host))
    placed: dict[str, tuple[Mapping[str, NixValue], ...]] = {}
    for route in host.network.routes:
        interface = _towards(known, route.via) or host.network.uplink.nic
        entry = {"Destination": str(route.to), "Gateway": str(route.via)}
        placed[interface] = (*placed.get(interface, ()), entry)
    return placed


def _towards(known: tuple[Link, ...], gateway: IPv4Address) -> str | None:
    for link in known:
        if link.address and gateway in link.address.network:
            return link.interface
    return None


def _forwards(fleet: Fleet, host: Host) -> bool:
    """Whether the policy lets anything through from one of the host's zones to another."""
    standing = interfaces_by_zone(fleet, host)
    return any(
        services and source in standing and target in standing
        for source, row in fleet.policy.items()
        for target, services in row.items()
    )
