"""Names that refer to nothing: found once, at the door, so that nobody behind it need look again."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from sovereign.diagnostics import Diagnostic, KeyPath, Severity
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory

_Reference = tuple[KeyPath, str, str, Collection[str]]
"""Where a name stands, what it should name, the name, and the names that exist."""


def dangling(inventory: Inventory) -> Iterator[Diagnostic]:
    """Every reference of the inventory whose name is described nowhere."""
    yield from _diagnose(_of_fleet(inventory.fleet), inventory, None)
    for name, host in inventory.hosts.items():
        yield from _diagnose(_of_host(inventory.fleet, host), inventory, name)
        yield from _repeated(inventory, name, host)


def _diagnose(
    references: Iterable[_Reference], inventory: Inventory, host: str | None
) -> Iterator[Diagnostic]:
    for at, what, name, known in references:
        if name in known:
            continue
        near = get_close_matches(name, known, n=1)
        listed = ", ".join(sorted(known)) or "none"
        yield Diagnostic(
            "INV020",
            Severity.ERROR,
            f'no {what} is called "{name}"',
            inventory.file(host),
            at=at,
            fix=f'did you mean "{near[0]}"?' if near else f"described are: {listed}",
            host=host,
        )


def _each(
    at: KeyPath, what: str, names: Iterable[str], known: Collection[str]
) -> Iterator[_Reference]:
    for index, name in enumerate(names):
        yield (*at, index), what, name, known


def _of_fleet(fleet: Fleet) -> Iterator[_Reference]:
    zones, ports = fleet.zones, fleet.ports
    for source, row in fleet.policy.items():
        yield ("policy", source), "zone", source, zones
        for target, services in row.items():
            yield ("policy", source, target), "zone", target, zones
            yield from _each(("policy", source, target), "port", services, ports)
    for name, tunnel in fleet.tunnels.items():
        yield ("tunnels", name, "zone"), "zone", tunnel.zone, zones
        yield ("tunnels", name, "port"), "port", tunnel.port, ports
    for name, operator in fleet.operators.items():
        for index, reach in enumerate(operator.reach):
            at: KeyPath = ("operators", name, "reach", index)
            yield (*at, "zone"), "zone", reach.zone, zones
            if reach.peer is not None:
                peers = {
                    peer
                    for tunnel in fleet.tunnels.values()
                    if tunnel.zone == reach.zone
                    for peer in tunnel.peers
                }
                yield (*at, "peer"), f'peer of a tunnel in zone "{reach.zone}"', reach.peer, peers


def _of_host(fleet: Fleet, host: Host) -> Iterator[_Reference]:
    for part in (_of_links, _of_services, _of_storage, _of_expectations):
        yield from part(fleet, host)


def _of_links(fleet: Fleet, host: Host) -> Iterator[_Reference]:
    links, nics = host.network, host.hardware.nics
    yield ("network", "uplink", "nic"), "nic", links.uplink.nic, nics
    yield ("network", "uplink", "zone"), "zone", links.uplink.zone, fleet.zones
    for zone, vlan in links.vlans.items():
        vlans = {name for name, zone in fleet.zones.items() if zone.vlan is not None}
        yield ("network", "vlans", zone), "zone with a VLAN id", zone, vlans
        yield ("network", "vlans", zone, "nic"), "nic", vlan.nic, nics
    for name, end in links.tunnels.items():
        yield ("network", "tunnels", name), "tunnel", name, fleet.tunnels
        if name in fleet.tunnels:
            at: KeyPath = ("network", "tunnels", name, "peers")
            yield from _each(at, "peer of this tunnel", end.peers, fleet.tunnels[name].peers)


def _of_services(fleet: Fleet, host: Host) -> Iterator[_Reference]:
    access, samba, database, emily = host.access, host.samba, host.database, host.emily
    at: KeyPath = ("access", "operators")
    yield from _each(at, "operator", access.operators, fleet.operators)
    at = ("system", "nix", "trusted_users")
    yield from _each(at, "operator of this host", host.system.nix.trusted_users, access.operators)
    yield ("access", "ssh", "port"), "port", access.ssh.port, fleet.ports
    yield from _each(("access", "ssh", "zones"), "zone", access.ssh.zones, fleet.zones)
    if samba:
        yield ("samba", "port"), "port", samba.port, fleet.ports
        yield from _each(("samba", "zones"), "zone", samba.zones, fleet.zones)
        for name, share in samba.shares.items():
            at = ("samba", "shares", name, "users")
            yield from _each(at, "SMB user", share.users, samba.users)
    if database:
        yield ("database", "port"), "port", database.port, fleet.ports
        yield from _each(("database", "zones"), "zone", database.zones, fleet.zones)
        for name, described in database.databases.items():
            at = ("database", "databases", name, "owner")
            yield at, "database user", described.owner, database.users
        for index, rule in enumerate(database.access):
            at = ("database", "access", index)
            yield (*at, "database"), "database", rule.database, {*database.databases, "all"}
            yield (*at, "user"), "database user", rule.user, {*database.users, "all"}
    if emily:
        yield ("emily", "port"), "port", emily.port, fleet.ports
        yield ("emily", "bus"), "port", emily.bus, fleet.ports
        yield from _each(("emily", "zones"), "zone", emily.zones, fleet.zones)
        if emily.memory is not None:
            databases = database.databases if database else ()
            yield ("emily", "memory"), "database of this host", emily.memory, databases


def _of_storage(fleet: Fleet, host: Host) -> Iterator[_Reference]:
    del fleet
    storage, disks = host.storage, host.hardware.disks
    partitions = {
        f"{disk}.{part.name}"
        for layout in storage.layouts
        for disk in layout.disks
        for part in layout.partitions
    }
    members = {*disks, *partitions}
    for index, layout in enumerate(storage.layouts):
        yield from _each(("storage", "layouts", index, "disks"), "disk", layout.disks, disks)
    for index, esp in enumerate(host.boot.esps):
        yield ("boot", "esps", index, "partition"), "partition", esp.partition, partitions
    for name, array in storage.arrays.items():
        at: KeyPath = ("storage", "arrays", name, "members")
        yield from _each(at, "disk or partition", array.members, members)
    if storage.swap:
        at = ("storage", "swap", "members")
        yield from _each(at, "disk or partition", storage.swap.members, members)
    for name, pool in storage.pools.items():
        at = ("storage", "pools", name)
        groups: list[tuple[KeyPath, tuple[str, ...]]] = [
            ((*at, "vdevs", i, "members"), v.members) for i, v in enumerate(pool.vdevs)
        ]
        groups += [((*at, "cache"), pool.cache), ((*at, "spares"), pool.spares)]
        groups += [((*at, "special", "members"), pool.special.members)] if pool.special else []
        groups += [((*at, "log", "members"), pool.log.members)] if pool.log else []
        for place, names in groups:
            yield from _each(place, "disk or partition", names, members)


def _of_expectations(fleet: Fleet, host: Host) -> Iterator[_Reference]:
    for name in host.expect.pools:
        yield ("expect", "pools", name), "pool", name, host.storage.pools
    for name, share in host.expect.shares.items():
        at: KeyPath = ("expect", "shares", name)
        yield at, "share", name, host.samba.shares if host.samba else ()
        if share.tunnel is not None:
            yield (*at, "tunnel"), "tunnel of this host", share.tunnel, host.network.tunnels
        if share.peer is not None:
            tunnel = fleet.tunnels.get(share.tunnel or "")
            yield (*at, "peer"), "peer of the tunnel", share.peer, tunnel.peers if tunnel else ()


def _repeated(inventory: Inventory, name: str, host: Host) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    layouts = host.storage.layouts
    for index, layout in enumerate(layouts):
        first = set()
        for place, part in enumerate(layout.partitions):
            if part.name in first:
                at: KeyPath = ("storage", "layouts", index, "partitions", place, "name")
                yield _twice(inventory, name, at, f'partition "{part.name}"')
            first.add(part.name)
        for place, disk in enumerate(layout.disks):
            if disk in seen:
                at = ("storage", "layouts", index, "disks", place)
                yield _twice(inventory, name, at, f'the layout of disk "{disk}"')
            seen.add(disk)


def _twice(inventory: Inventory, host: str, at: KeyPath, what: str) -> Diagnostic:
    message = f"{what} is described twice"
    return Diagnostic("INV021", Severity.ERROR, message, inventory.file(host), at=at, host=host)
