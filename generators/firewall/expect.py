"""What must be true of the firewall: who reaches which port of the host, and of whom behind it."""

from collections.abc import Iterator, Mapping

from sovereign.expectations.base import Expectation
from sovereign.expectations.flow import Flow
from sovereign.expectations.origin import Origin, Origins
from sovereign.expectations.socket import OnlySockets
from sovereign.expectations.standing import (
    Service,
    address_in,
    member_of,
    services,
    zones_of,
)
from sovereign.expectations.unit import Unit
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory

_LLMNR, _MDNS, _DHCP, _DHCPV6 = 5355, 5353, 68, 546
"""What systemd-resolved and systemd-networkd listen on; the firewall lets nobody that far."""


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the firewall."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin = Origins.of("firewall", inventory, name)
    yield Unit(
        **origin.shared("policy", otherwise=("zones",)), name="nftables.service", state="exited"
    )
    yield from _only_sockets(fleet, host, origin)
    ports = frozenset(entry.port for entry in fleet.ports.values() if entry.protocol == "tcp")
    own = {zone: address_in(fleet, host, zone) for zone in zones_of(fleet, host)}
    others = {zone: member_of(inventory, name, zone) for zone in own}
    for zone in own:
        yield from _to_host(services(fleet, host), origin, zone, own, ports)
        for target, address in others.items():
            if target != zone:
                yield from _through(fleet, origin, (zone, target), address, ports)


def _only_sockets(fleet: Fleet, host: Host, origin: Origins) -> Iterator[Expectation]:
    reached = {it.port for it in services(fleet, host) if it.zones or it.key == ("access", "ssh")}
    tunnels = {fleet.ports[fleet.tunnels[name].port].port for name in host.network.tunnels}
    key = origin.shared("ports", otherwise=("zones",))
    yield OnlySockets(**key, protocol="tcp", ports=tuple(sorted({*reached, _LLMNR})))
    udp = {*tunnels, _LLMNR, _MDNS, _DHCP, _DHCPV6}
    yield OnlySockets(**key, protocol="udp", ports=tuple(sorted(udp)))


def _to_host(
    known: tuple[Service, ...],
    origin: Origins,
    zone: str,
    own: Mapping[str, str],
    ports: frozenset[int],
) -> Iterator[Flow]:
    """What a zone reaches of the host, and what it does not: of each service, and of no service."""
    open_here = {service.port for service in known if zone in service.zones}
    judged = set(open_here)
    for service in known:
        allowed = zone in service.zones
        if allowed or service.port not in judged:
            judged.add(service.port)
            yield Flow(
                **_asks(origin, service, zone),
                source=zone,
                destination="host",
                address=own[zone],
                ports=(service.port,),
                allowed=allowed,
            )
    if rest := ports - judged:
        yield _closed(origin, zone, own[zone], rest)
    # The host's other addresses open nothing more: what counts is where a packet comes in.
    shut = ports - open_here
    for other, address in own.items():
        if other != zone and address and shut:
            yield _closed(origin, zone, address, shut)


def _closed(origin: Origins, zone: str, address: str, ports: frozenset[int]) -> Flow:
    return Flow(
        **origin.shared("ports"),
        source=zone,
        destination="host",
        address=address,
        ports=tuple(sorted(ports)),
        allowed=False,
    )


def _asks(origin: Origins, service: Service, zone: str) -> Origin:
    if service.key == ("emily", "bus"):
        return origin.own(*service.key)
    where = (service.zones.index(zone),) if zone in service.zones else ()
    return origin.own(*service.key, "zones", *where)


def _through(
    fleet: Fleet, origin: Origins, pair: tuple[str, str], address: str, ports: frozenset[int]
) -> Iterator[Flow]:
    """What a zone reaches of another through the host, by the policy, and what it does not."""
    source, target = pair
    named = fleet.policy.get(source, {}).get(target, ())
    allowed: set[int] = set()
    for index, service in enumerate(named):
        entry = fleet.ports[service]
        if entry.protocol == "tcp" and entry.port not in allowed:
            allowed.add(entry.port)
            yield Flow(
                **origin.shared("policy", source, target, index),
                source=source,
                destination=target,
                address=address,
                ports=(entry.port,),
                allowed=True,
            )
    if rest := ports - allowed:
        yield Flow(
            **origin.shared("policy", source, target, otherwise=("zones", source)),
            source=source,
            destination=target,
            address=address,
            ports=tuple(sorted(rest)),
            allowed=False,
        )
