"""Names that stand twice in a list, where once is enough."""

from collections.abc import Iterable, Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import dotted
from sovereign.review.rule import Hit, Subject, fleet_rule, host_rule

_TOML = "https://toml.io/en/v1.0.0#array"
_WHY = (
    "The second one says nothing that the first does not: one of the two was meant to be another"
    " name. Some programs that read what is generated refuse to be told twice."
)
_List = tuple[KeyPath, tuple[object, ...]]


@host_rule(
    "LST001", Severity.WARNING, "A list of a host has an entry twice", why=_WHY, source=_TOML
)
def twice_on_host(subject: Subject) -> Iterator[Hit]:
    """Find entries that stand twice in a list of a host's file."""
    yield from _twice(_of_host(subject.host))


@fleet_rule(
    "LST002", Severity.WARNING, "A list of the fleet has an entry twice", why=_WHY, source=_TOML
)
def twice_in_fleet(inventory: Inventory) -> Iterator[Hit]:
    """Find entries that stand twice in a list of fleet.toml."""
    yield from _twice(_of_fleet(inventory.fleet))


def _twice(lists: Iterable[_List]) -> Iterator[Hit]:
    for at, entries in lists:
        if len(set(entries)) == len(entries):
            continue
        for index, entry in enumerate(entries):
            if entry in entries[:index]:
                message = f"{entry} stands twice in {dotted(at)}"
                yield Hit((*at, index), message, fix="remove it, or write what was meant")


def _of_host(host: Host) -> Iterator[_List]:
    access, boot, persist = host.access, host.boot, host.boot.persist
    yield ("identity", "tags"), host.identity.tags
    yield ("system", "name_servers"), host.system.name_servers
    yield ("system", "nix", "trusted_users"), host.system.nix.trusted_users
    yield ("boot", "parameters"), boot.parameters
    yield ("boot", "initrd_modules"), boot.initrd_modules
    yield ("boot", "persist", "directories"), persist.directories
    yield ("boot", "persist", "files"), persist.files
    yield ("access", "operators"), access.operators
    yield ("access", "ssh", "zones"), access.ssh.zones
    yield ("access", "ssh", "listen"), access.ssh.listen
    for name, end in host.network.tunnels.items():
        yield ("network", "tunnels", name, "peers"), end.peers
    for name, array in host.storage.arrays.items():
        yield ("storage", "arrays", name, "options"), array.options
    if host.samba:
        yield ("samba", "zones"), host.samba.zones
        for name, share in host.samba.shares.items():
            yield ("samba", "shares", name, "users"), share.users
    if host.database:
        yield ("database", "zones"), host.database.zones
        for name, database in host.database.databases.items():
            yield ("database", "databases", name, "extensions"), database.extensions
    if host.emily:
        yield ("emily", "zones"), host.emily.zones


def _of_fleet(fleet: Fleet) -> Iterator[_List]:
    for source, row in fleet.policy.items():
        for target, services in row.items():
            yield ("policy", source, target), services
    for tunnel, described in fleet.tunnels.items():
        for site, peer in described.peers.items():
            yield ("tunnels", tunnel, "peers", site, "allowed_ips"), peer.allowed_ips
    for name, operator in fleet.operators.items():
        yield ("operators", name, "keys"), operator.keys
