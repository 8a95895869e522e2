"""WireGuard: whether anybody can call, and the zones that tunnels stand in."""

from collections.abc import Iterator

from sovereign.diagnostics import Severity
from sovereign.inventory.load import Inventory
from sovereign.review.rule import Hit, Subject, fleet_rule, host_rule
from sovereign.review.zones import public

_ROUTING = "https://www.wireguard.com/#cryptokey-routing"


@host_rule(
    "WG007",
    Severity.WARNING,
    "Neither end of a tunnel can be called",
    why="The first packet of a WireGuard connection needs an address to go to. When the site has no"
    " endpoint it has to call the host; when the host has none either, nobody knows where to send.",
    source="https://www.wireguard.com/#built-in-roaming",
)
def nobody_can_call(subject: Subject) -> Iterator[Hit]:
    """Find sites without an endpoint on tunnels where the host has none."""
    for tunnel, end in subject.host.network.tunnels.items():
        for index, site in enumerate(end.peers):
            if end.endpoint is None and subject.fleet.tunnels[tunnel].peers[site].endpoint is None:
                port = subject.fleet.ports[subject.fleet.tunnels[tunnel].port].port
                yield Hit(
                    ("network", "tunnels", tunnel, "peers", index),
                    f'neither this host nor "{site}" has an endpoint on tunnel "{tunnel}"',
                    f'"{site}" would have to call this host, which says no address for it',
                    f'[network.tunnels.{tunnel}] endpoint = "{subject.name}.example.org:{port}":'
                    " the public name or address of this host; or an endpoint of the site in"
                    " fleet.toml",
                )


@host_rule(
    "WG008",
    Severity.WARNING,
    "A tunnel falls silent behind NAT",
    why="A host that only calls out is reached through what its router or firewall remembers of its"
    " last packet, often for less than a minute. A keepalive of 25 seconds keeps it open.",
    source="https://www.wireguard.com/quickstart/#nat-and-firewall-traversal-persistence",
)
def no_keepalive(subject: Subject) -> Iterator[Hit]:
    """Find sites without a keepalive on tunnels where the host cannot be called."""
    for tunnel, end in subject.host.network.tunnels.items():
        for index, site in enumerate(end.peers):
            peer = subject.fleet.tunnels[tunnel].peers[site]
            if end.endpoint is None and peer.endpoint is not None and peer.keepalive is None:
                yield Hit(
                    ("network", "tunnels", tunnel, "peers", index),
                    f'"{site}" cannot reach this host once tunnel "{tunnel}" has been silent',
                    "this host only calls out, and sends no keepalive",
                    f'in fleet.toml: [tunnels.{tunnel}.peers.{site}] keepalive = "25s"',
                )


@fleet_rule(
    "WG009",
    Severity.WARNING,
    "A site has no address in its tunnel's zone",
    why="A site speaks in the tunnel under an address of the tunnel's zone. When no network of its"
    " allowed_ips holds one, what it sends from there is dropped.",
    source=_ROUTING,
)
def no_address_in_zone(inventory: Inventory) -> Iterator[Hit]:
    """Find sites whose allowed_ips hold no address of the tunnel's zone."""
    for tunnel, described in inventory.fleet.tunnels.items():
        prefix = inventory.fleet.zones[described.zone].prefix
        for site, peer in described.peers.items():
            if prefix and not any(network.overlaps(prefix) for network in peer.allowed_ips):
                yield Hit(
                    ("tunnels", tunnel, "peers", site, "allowed_ips"),
                    f'site "{site}" has no address in zone "{described.zone}"',
                    f"{prefix} holds none of {', '.join(map(str, peer.allowed_ips)) or 'nothing'}",
                    f"its address in {prefix} as a /32",
                )


@fleet_rule(
    "WG010",
    Severity.ERROR,
    "A tunnel stands in a zone that is no tunnel's",
    why="The firewall treats whoever comes through a tunnel as a member of its zone. In the zone of a"
    " VLAN or of the internet that would be the rights of another network.",
    source=_ROUTING,
)
def zone_of_another_kind(inventory: Inventory) -> Iterator[Hit]:
    """Find tunnels whose zone is a VLAN or the internet."""
    for tunnel, described in inventory.fleet.tunnels.items():
        vlan = inventory.fleet.zones[described.zone].vlan
        if vlan is not None or public(inventory.fleet, described.zone):
            yield Hit(
                ("tunnels", tunnel, "zone"),
                f'zone "{described.zone}" of tunnel "{tunnel}" is '
                + (f"VLAN {vlan}" if vlan is not None else "the internet"),
                fix="a zone of its own, with a prefix and without a VLAN",
            )
