"""What must be unique in the fleet: ids, addresses, keys, disks and networks."""

from collections.abc import Hashable, Iterable, Iterator
from ipaddress import IPv4Network
from typing import NamedTuple

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.load import Inventory
from sovereign.review.networks import nested
from sovereign.review.rule import Hit, fleet_rule
from sovereign.review.zones import placed_links, public

_DISK_KEYS = {"serial": "serial number", "path": "path"}
_HOST_ID = "https://openzfs.github.io/openzfs-docs/man/master/8/zgenhostid.8.html"
_ALLOCATION = "https://www.rfc-editor.org/rfc/rfc1918#section-3"


class _Claim(NamedTuple):
    """Something unique and who claims it; `host` is None in fleet.toml."""

    value: Hashable
    host: str | None
    at: KeyPath
    owner: str


def _twice(claims: Iterable[_Claim], what: str, detail: str, fix: str) -> Iterator[Hit]:
    """One finding for each claim of what is taken, at the later place."""
    first: dict[Hashable, _Claim] = {}
    for claim in claims:
        other = first.setdefault(claim.value, claim)
        if other is not claim:
            message = f"{what} {claim.value} belongs to {other.owner} and to {claim.owner}"
            yield Hit(claim.at, message, detail, fix, claim.host)


@fleet_rule(
    "FLT001",
    Severity.ERROR,
    "Two hosts have the same host id",
    why="ZFS writes the host id into a pool to know whose it is. With equal ids a pool that is in use"
    " by one host can be imported by another, which destroys it.",
    source=_HOST_ID,
)
def same_host_id(inventory: Inventory) -> Iterator[Hit]:
    """Find host ids that several hosts have."""
    yield from _twice(
        (
            _Claim(host.identity.host_id, name, ("identity", "host_id"), name)
            for name, host in inventory.hosts.items()
        ),
        "host id",
        "ZFS could not tell their pools apart",
        "8 random hexadecimal digits: head -c4 /dev/urandom | od -A none -t x4",
    )


@fleet_rule(
    "FLT003",
    Severity.ERROR,
    "Two interfaces have the same address",
    why="Of two with the same address in a network, sometimes the one answers and sometimes the"
    " other.",
    source="https://www.rfc-editor.org/rfc/rfc5227",
)
def same_address(inventory: Inventory) -> Iterator[Hit]:
    """Find addresses that several interfaces have; private ones of separate uplinks may repeat."""
    yield from _twice(
        (
            _Claim(
                placed.link.address.ip,
                name,
                (*placed.at, "address"),
                f"{name}'s {placed.link.interface}",
            )
            for name, host in inventory.hosts.items()
            for placed in placed_links(inventory.fleet, host)
            if placed.link.address is not None
            and (placed.link.address.ip.is_global or not public(inventory.fleet, placed.link.zone))
        ),
        "address",
        "only one of them can be reached by it",
        "another address of the zone",
    )


@fleet_rule(
    "FLT004",
    Severity.ERROR,
    "Two network ports have the same hardware address",
    why="A network port is found and named by its hardware address, which is its own in the world.",
    source="https://man7.org/linux/man-pages/man5/systemd.link.5.html",
)
def same_mac(inventory: Inventory) -> Iterator[Hit]:
    """Find hardware addresses that several network ports have."""
    yield from _twice(
        (
            _Claim(nic.mac, name, ("hardware", "nics", key, "mac"), f'{name}\'s "{key}"')
            for name, host in inventory.hosts.items()
            for key, nic in host.hardware.nics.items()
        ),
        "hardware address",
        "one of the two was copied",
        "what `ip link` shows for the port",
    )


@fleet_rule(
    "FLT005",
    Severity.ERROR,
    "Two zones have the same VLAN id",
    why="A frame carries its VLAN's id and nothing else: two zones with one id are one network.",
    source="https://standards.ieee.org/ieee/802.1Q/10323/",
)
def same_vlan(inventory: Inventory) -> Iterator[Hit]:
    """Find VLAN ids that several zones have."""
    yield from _twice(
        (
            _Claim(zone.vlan, None, ("zones", name, "vlan"), f'zone "{name}"')
            for name, zone in inventory.fleet.zones.items()
            if zone.vlan is not None
        ),
        "VLAN id",
        "on the wire they would be one network",
        "an id of its own, 1 to 4094",
    )


@fleet_rule(
    "FLT011",
    Severity.WARNING,
    "A VLAN has no addresses",
    why="A zone without a prefix is taken for the internet: whoever has an address is in it. A VLAN is"
    " a network of one's own; without its prefix neither addresses nor access rules can be checked.",
    source=_ALLOCATION,
)
def vlan_without_prefix(inventory: Inventory) -> Iterator[Hit]:
    """Find zones with a VLAN id and no prefix."""
    for name, zone in inventory.fleet.zones.items():
        if zone.vlan is not None and zone.prefix is None:
            yield Hit(
                ("zones", name),
                f'zone "{name}" is VLAN {zone.vlan} and has no prefix',
                "without one it counts as the internet",
                f'prefix = "10.{min(zone.vlan, 255)}.0.0/24", or what its addresses are',
            )


@fleet_rule(
    "FLT006",
    Severity.ERROR,
    "Two zones have the same addresses",
    why="An address must belong to one zone: routes and firewall decide by it.",
    source=_ALLOCATION,
)
def same_prefix(inventory: Inventory) -> Iterator[Hit]:
    """Find zones whose prefixes overlap."""
    prefixes = [(z.prefix, name) for name, z in inventory.fleet.zones.items() if z.prefix]
    for (prefix, zone), around in nested(prefixes):
        outer, other = around[-1]
        yield Hit(
            ("zones", zone, "prefix"),
            f'{prefix} of zone "{zone}" and {outer} of zone "{other}" overlap',
            f"both hold {prefix[0]} to {prefix[-1]}",
            "a prefix of its own",
        )


@fleet_rule(
    "FLT007",
    Severity.ERROR,
    "Two ends of tunnels have the same WireGuard key",
    why="WireGuard knows a peer by its public key alone. Two with one key take each other's"
    " connection away, whoever spoke last; and a private key that lies in two places is no secret.",
    source="https://www.wireguard.com/#cryptokey-routing",
)
def same_wireguard_key(inventory: Inventory) -> Iterator[Hit]:
    """Find public keys that several sites or hosts have."""
    sites = (
        _Claim(peer.public_key, None, ("tunnels", tunnel, "peers", site, "public_key"), f'"{site}"')
        for tunnel, described in inventory.fleet.tunnels.items()
        for site, peer in described.peers.items()
    )
    ends = (
        _Claim(
            end.public_key,
            name,
            ("network", "tunnels", tunnel, "public_key"),
            f'{name} on tunnel "{tunnel}"',
        )
        for name, host in inventory.hosts.items()
        for tunnel, end in host.network.tunnels.items()
    )
    yield from _twice(
        (*sites, *ends),
        "key",
        "each end of each tunnel has a key of its own",
        "wg genkey on the host, and here what wg pubkey makes of it",
    )


@fleet_rule(
    "FLT008",
    Severity.ERROR,
    "Two hosts have a disk with the same serial number or path",
    why="A drive is in one host. A description that was copied with its disks would have another"
    " host's drives formatted.",
    source="https://www.freedesktop.org/software/systemd/man/latest/udev.html",
)
def same_disk(inventory: Inventory) -> Iterator[Hit]:
    """Find serial numbers and paths that disks of several hosts have; STO009 looks at one host."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for name, host in inventory.hosts.items():
        for disk_name, disk in host.hardware.disks.items():
            for key, value in (("serial", disk.serial), ("path", disk.path)):
                owner, other = first.setdefault((key, value), (name, disk_name))
                if owner != name:
                    yield Hit(
                        ("hardware", "disks", disk_name, key),
                        f'{_DISK_KEYS[key]} {value} belongs to {owner}\'s "{other}" and to'
                        f' {name}\'s "{disk_name}"',
                        "one of the two was copied",
                        "what `ls -l /dev/disk/by-id` and `lsblk -o NAME,SERIAL` show on the host",
                        name,
                    )


@fleet_rule(
    "FLT009",
    Severity.WARNING,
    "A site's network is another one's too",
    why="Two networks with the same addresses cannot both be reached: what is sent there goes to one"
    " of them, and which one depends on the host.",
    source=_ALLOCATION,
)
def same_site_network(inventory: Inventory) -> Iterator[Hit]:
    """Find networks behind sites that overlap a zone, or a site of another tunnel."""
    networks: list[tuple[IPv4Network, tuple[str | None, KeyPath, str]]] = [
        (zone.prefix, (None, ("zones", name, "prefix"), f'zone "{name}"'))
        for name, zone in inventory.fleet.zones.items()
        if zone.prefix is not None
    ]
    for tunnel, described in inventory.fleet.tunnels.items():
        own = inventory.fleet.zones[described.zone].prefix
        for site, peer in described.peers.items():
            at: KeyPath = ("tunnels", tunnel, "peers", site, "allowed_ips")
            networks += [
                (network, (tunnel, (*at, index), f'site "{site}"'))
                for index, network in enumerate(peer.allowed_ips)
                if network.prefixlen and not (own and network.overlaps(own))
            ]
    for (inner, (tunnel_here, at, who)), around in nested(networks):
        others = [(net, other) for net, other in around if other[0] != tunnel_here]
        if others:
            outer, (_, outer_at, whose) = others[-1]
            yield Hit(
                at if tunnel_here is not None else outer_at,
                f"{inner} of {who} and {outer} of {whose} overlap",
                f"both hold {inner[0]} to {inner[-1]}",
                "renumber one of them",
            )
