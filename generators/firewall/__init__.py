"""firewall: who reaches this host's services, and what it lets through from zone to zone.

`zones.nft` is the content of a table of our own that judges what comes from a zone and goes on; its
rules are the fleet's policy. NixOS's firewall does the rest: what is meant for this host, by ports
per interface, and what comes from no zone. Why two tables: docs/adr/0006.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from sovereign.generators.module import header, module
from sovereign.generators.output import Output
from sovereign.inventory.access import Ssh
from sovereign.inventory.database import Postgresql
from sovereign.inventory.emily import Emily
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.samba import Samba
from sovereign.inventory.topology import interfaces_by_zone, links
from sovereign.text.environment import render
from sovereign.text.nft import NFT, Interface, Name

_T = TypeVar("_T")
_Interfaces: TypeAlias = Interface | tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One protocol that a zone may speak to another."""

    sources: _Interfaces
    targets: _Interfaces
    protocol: Name
    ports: int | tuple[int, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class _Zones:
    interfaces: _Interfaces
    rules: tuple[_Rule, ...]


@dataclass(frozen=True, slots=True)
class _Opening:
    """Ports that are open on an interface, and the option that opens them."""

    interface: str
    option: str
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _View:
    openings: tuple[_Opening, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `firewall.nix`, `zones.nft` and `forward.nft`."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    standing = interfaces_by_zone(fleet, host)
    zones = _Zones(
        interfaces=_named(link.interface for link in links(fleet, host)),
        rules=tuple(_rules(fleet, standing)),
    )
    yield module("firewall", name, _View(tuple(_openings(fleet, host, standing))))
    for file in ("zones.nft", "forward.nft"):
        yield Output(file, header(name) + render(NFT, f"firewall/{file}.j2", zones))


def _rules(fleet: Fleet, standing: Mapping[str, tuple[str, ...]]) -> Iterator[_Rule]:
    for source, row in fleet.policy.items():
        for target, services in row.items():
            if source not in standing or target not in standing:
                continue
            by_protocol: dict[str, set[int]] = {}
            for service in services:
                entry = fleet.ports[service]
                by_protocol.setdefault(entry.protocol, set()).add(entry.port)
            for protocol, ports in sorted(by_protocol.items()):
                yield _Rule(
                    sources=_named(standing[source]),
                    targets=_named(standing[target]),
                    protocol=Name(protocol),
                    ports=_one_or_many(sorted(ports)),
                    comment=f"{source} to {target}",
                )


def _named(names: Iterable[str]) -> _Interfaces:
    return _one_or_many([Interface(name) for name in sorted(names)])


def _one_or_many(values: Sequence[_T]) -> _T | tuple[_T, ...]:
    """nftables writes a set of one as the thing itself."""
    return values[0] if len(values) == 1 else tuple(values)


def _openings(
    fleet: Fleet, host: Host, standing: Mapping[str, tuple[str, ...]]
) -> Iterator[_Opening]:
    opened: dict[tuple[str, str], set[int]] = {}
    for interface, service in _services(fleet, host, standing):
        entry = fleet.ports[service]
        option = f"allowed{entry.protocol.upper()}Ports"
        opened.setdefault((interface, option), set()).add(entry.port)
    for (interface, option), ports in sorted(opened.items()):
        yield _Opening(interface, option, tuple(sorted(ports)))


def _services(
    fleet: Fleet, host: Host, standing: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """Each interface with the ledger's name of a service that is reached through it."""
    services: list[Ssh | Samba | Postgresql | Emily | None]
    services = [host.access.ssh, host.samba, host.database, host.emily]
    for service in services:
        if service is None:
            continue
        for zone in service.zones:
            for interface in standing.get(zone, ()):
                yield interface, service.port
    for tunnel in host.network.tunnels:
        yield host.network.uplink.nic, fleet.tunnels[tunnel].port
