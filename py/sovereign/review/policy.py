"""The policy between zones: rows that do nothing, and rows that do too much."""

from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import links
from sovereign.review.rule import Hit, Subject, fleet_rule, host_rule
from sovereign.review.zones import public

_FORWARD = "https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks"
_NIST = "https://csrc.nist.gov/pubs/sp/800/41/r1/final"


def _rows(inventory: Inventory) -> Iterator[tuple[KeyPath, str, str, tuple[str, ...]]]:
    for source, row in inventory.fleet.policy.items():
        for target, services in row.items():
            yield ("policy", source, target), source, target, services


@fleet_rule(
    "POL001",
    Severity.WARNING,
    "A zone is nobody's",
    why="A zone that no host has an interface in is neither protected nor reached by anything that"
    " is generated.",
    source=_NIST,
)
def empty_zone(inventory: Inventory) -> Iterator[Hit]:
    """Find zones that no host stands in."""
    stood_in = {
        link.zone for host in inventory.hosts.values() for link in links(inventory.fleet, host)
    }
    for zone in inventory.fleet.zones:
        if zone not in stood_in and inventory.hosts:
            yield Hit(
                ("zones", zone),
                f'no host stands in zone "{zone}"',
                fix="give a host an interface in it, or remove it",
            )


@fleet_rule(
    "POL002",
    Severity.WARNING,
    "The internet is let into a zone",
    why="A row from a zone without a prefix opens its services to everybody. What is meant for known"
    " people belongs behind a tunnel.",
    source=_NIST,
)
def from_the_internet(inventory: Inventory) -> Iterator[Hit]:
    """Find rows from a zone without a prefix."""
    for at, source, target, services in _rows(inventory):
        if public(inventory.fleet, source) and services:
            yield Hit(
                at,
                f'everybody reaches {", ".join(services)} in zone "{target}"',
                f'zone "{source}" has no prefix: whoever has an address is in it',
                "a row from the zone of a tunnel",
            )


@fleet_rule(
    "POL003",
    Severity.WARNING,
    "A row from a zone to itself",
    why="Members of a zone reach each other without passing a host of ours, so there is nothing that"
    " the row could let through.",
    source=_FORWARD,
)
def to_itself(inventory: Inventory) -> Iterator[Hit]:
    """Find rows whose source and target are the same zone."""
    for at, source, target, _ in _rows(inventory):
        if source == target:
            yield Hit(at, f'the row from "{source}" to itself does nothing', fix="remove it")


@fleet_rule(
    "POL004",
    Severity.WARNING,
    "A row that no host can apply",
    why="Traffic between two zones is forwarded by a host that stands in both. Where there is none,"
    " the row lets nothing through.",
    source=_FORWARD,
)
def no_router(inventory: Inventory) -> Iterator[Hit]:
    """Find rows between zones that no host stands in together."""
    pairs = {(source, target) for _, source, target, _ in _rows(inventory)}
    unserved = {(source, target) for source, target in pairs if source != target}
    for host in inventory.hosts.values():
        zones = {link.zone for link in links(inventory.fleet, host)}
        unserved = {pair for pair in unserved if not zones.issuperset(pair)}
        if not unserved:
            return
    for at, source, target, _ in _rows(inventory):
        if (source, target) in unserved:
            yield Hit(
                at,
                f'no host stands both in "{source}" and in "{target}"',
                "so nobody forwards between them",
                "give a host an interface in both, or remove the row",
            )


@fleet_rule(
    "POL005",
    Severity.WARNING,
    "A row lets everything through",
    why="The policy drops what it does not name. A row that names every service of the ledger is no"
    " barrier: a zone behind it is as safe as the one in front.",
    source=_NIST,
)
def everything(inventory: Inventory) -> Iterator[Hit]:
    """Find rows that name all services of the ledger."""
    ledger = set(inventory.fleet.ports)
    for at, source, target, services in _rows(inventory):
        if len(ledger) > 1 and ledger.issubset(services):
            yield Hit(
                at,
                f'every service of "{target}" is open to "{source}"',
                f"the row names all {len(ledger)} of the ledger",
                "only the services that are used",
            )


@fleet_rule(
    "POL006",
    Severity.NOTE,
    "A row that drops what is dropped anyway",
    why="Whatever the policy does not name is dropped: there are no rules to block with, and none is"
    " needed. An empty row reads as if it were the only thing that closes the way.",
    source=_NIST,
)
def empty_row(inventory: Inventory) -> Iterator[Hit]:
    """Find rows without services."""
    for at, source, target, services in _rows(inventory):
        if not services:
            yield Hit(
                at,
                f'the empty row from "{source}" to "{target}" changes nothing',
                "everything between them is dropped without it",
                "remove it",
            )


@host_rule(
    "POL007",
    Severity.WARNING,
    "A service is opened to a zone that the host does not stand in",
    why="The firewall opens a port on the interfaces of a zone. A host without one opens nothing, and"
    " nobody of that zone gets in there.",
    source=_FORWARD,
)
def not_in_zone(subject: Subject) -> Iterator[Hit]:
    """Find zones of the host's services in which it has no interface."""
    host = subject.host
    stood_in = {link.zone for link in links(subject.fleet, host)}
    opened: list[tuple[KeyPath, str, tuple[str, ...]]] = [
        (("access", "ssh", "zones"), "SSH", host.access.ssh.zones)
    ]
    opened += [(("samba", "zones"), "SMB", host.samba.zones)] if host.samba else []
    opened += [(("database", "zones"), "PostgreSQL", host.database.zones)] if host.database else []
    opened += [(("emily", "zones"), "Emily's API", host.emily.zones)] if host.emily else []
    for at, service, zones in opened:
        for index, zone in enumerate(zones):
            if zone not in stood_in:
                yield Hit(
                    (*at, index),
                    f'{service} is opened to zone "{zone}", in which the host has no interface',
                    f"it stands in: {', '.join(sorted(stood_in))}",
                    "give the host an interface in the zone, or remove it here",
                )
