"""Ports: one owner for each in the fleet, one service for each on a host."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.load import Inventory
from sovereign.review.rule import Hit, Subject, fleet_rule, host_rule

_REGISTRY = (
    "https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml"
)


@fleet_rule(
    "PRT001",
    Severity.ERROR,
    "Two services claim the same port",
    why="Only one program of a host can listen on a port, and every service of the ledger may come"
    " to stand on any host. The second one to start fails to bind.",
    source="https://man7.org/linux/man-pages/man2/bind.2.html",
)
def same_port(inventory: Inventory) -> Iterator[Hit]:
    """Find ports with several owners in the ledger: one finding for each port."""
    ledger = inventory.fleet.ports
    owners: dict[tuple[int, str], list[str]] = {}
    for name, entry in ledger.items():
        owners.setdefault((entry.port, entry.protocol), []).append(name)
    taken = {entry.port for entry in ledger.values()}
    for (port, protocol), names in owners.items():
        if len(names) > 1:
            free = next(number for number in range(port + 1, 2**16 + port) if number not in taken)
            listed = f"{', '.join(names[:-1])} and {names[-1]}"
            yield Hit(
                ("ports", names[-1], "port"),
                f"port {port}/{protocol} belongs to {listed}",
                f"the first to start takes it, the {'others fail' if names[2:] else 'other fails'}",
                f"give each a port of its own; the next that is free is {free}",
            )


@host_rule(
    "PRT002",
    Severity.ERROR,
    "Two services of a host listen on the same port",
    why="Only one program of a host can listen on a port; the second one to start fails to bind.",
    source="https://man7.org/linux/man-pages/man2/bind.2.html",
)
def same_port_on_host(subject: Subject) -> Iterator[Hit]:
    """Find services of a host that share a port."""
    first: dict[tuple[int, str], str] = {}
    for at, service, name, protocol in _listening(subject):
        entry = subject.fleet.ports[name]
        owner = first.setdefault((entry.port, protocol), service)
        if owner != service:
            yield Hit(
                at,
                f"{owner} and {service} both listen on port {entry.port}/{protocol}",
                f'both name "{name}" of the ledger, or a port of the same number',
                f"give {service} a port of its own in the ledger and name it here",
            )


@host_rule(
    "PRT003",
    Severity.ERROR,
    "A service's port has the wrong protocol",
    why="The firewall opens the port for the ledger's protocol only. SSH, SMB, PostgreSQL and Emily"
    " speak TCP, WireGuard speaks UDP; over the other one nothing gets through.",
    source=_REGISTRY,
)
def wrong_protocol(subject: Subject) -> Iterator[Hit]:
    """Find ports whose protocol in the ledger is not the one that the service speaks."""
    for at, service, name, protocol in _listening(subject):
        entry = subject.fleet.ports[name]
        if entry.protocol != protocol:
            yield Hit(
                at,
                f"{service} speaks {protocol.upper()}, port"
                f' "{name}" of the ledger is {entry.port}/{entry.protocol}',
                "the firewall would open the port for the other protocol",
                f'in fleet.toml: {name} = {{ port = {entry.port}, protocol = "{protocol}" }}',
            )


def _listening(subject: Subject) -> Iterator[tuple[KeyPath, str, str, str]]:
    """Where a service of the host is described, what it is, its port's name and its protocol."""
    host = subject.host
    yield ("access", "ssh", "port"), "SSH", host.access.ssh.port, "tcp"
    if host.samba:
        yield ("samba", "port"), "SMB", host.samba.port, "tcp"
    if host.database:
        yield ("database", "port"), "PostgreSQL", host.database.port, "tcp"
    if host.emily:
        yield ("emily", "port"), "Emily's API", host.emily.port, "tcp"
        yield ("emily", "bus"), "Emily's bus", host.emily.bus, "tcp"
    for name in host.network.tunnels:
        port = subject.fleet.tunnels[name].port
        yield ("network", "tunnels", name), f'tunnel "{name}"', port, "udp"
