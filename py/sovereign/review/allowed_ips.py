"""WireGuard's allowed_ips: which packets go to whom, and which route they become."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import tunnel_interface
from sovereign.review.networks import nested
from sovereign.review.rule import Hit, Subject, fleet_rule, host_rule
from sovereign.review.zones import placed_links

_ROUTING = "https://www.wireguard.com/#cryptokey-routing"
_DEFAULT_ROUTE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True)
class _Allowed:
    """One network of a site's allowed_ips, and where it stands."""

    tunnel: str
    site: str
    at: KeyPath


def _allowed(inventory: Inventory, tunnel: str) -> Iterator[tuple[IPv4Network, _Allowed]]:
    for site, peer in inventory.fleet.tunnels[tunnel].peers.items():
        at: KeyPath = ("tunnels", tunnel, "peers", site, "allowed_ips")
        for index, network in enumerate(peer.allowed_ips):
            yield network, _Allowed(tunnel, site, (*at, index))


def _overlaps(
    inventory: Inventory,
) -> Iterator[tuple[IPv4Network, _Allowed, IPv4Network, _Allowed]]:
    """Networks of two sites that one host talks to on one tunnel: the inner, then the outer."""
    for tunnel, described in inventory.fleet.tunnels.items():
        joined: dict[str, set[str]] = {site: set() for site in described.peers}
        for name in inventory.tunnel_members.get(tunnel, ()):
            for site in inventory.hosts[name].network.tunnels[tunnel].peers:
                joined[site].add(name)
        for (inner, here), around in nested(_allowed(inventory, tunnel)):
            for outer, there in reversed(around):
                if here.site != there.site and joined[here.site] & joined[there.site]:
                    yield inner, here, outer, there
                    break


@fleet_rule(
    "WG001",
    Severity.ERROR,
    "Two peers of a tunnel claim the same addresses",
    why="On one interface WireGuard keeps each network for one peer only: the peer that is set up"
    " last takes it away from the other one, which then neither gets nor sends anything.",
    source=_ROUTING,
)
def same_allowed_ips(inventory: Inventory) -> Iterator[Hit]:
    """Find equal networks in the allowed_ips of two sites, or of a site and a host."""
    for inner, here, outer, there in _overlaps(inventory):
        if inner == outer:
            yield Hit(
                here.at,
                f'"{there.site}" and "{here.site}" both claim {inner} on tunnel "{here.tunnel}"',
                "the peer that is set up last takes it",
                "give each site its own addresses",
            )
    for network, claim, owners in _hosts_in_sites(inventory):
        if network.prefixlen == network.max_prefixlen:
            yield Hit(
                claim.at,
                f'{network} of site "{claim.site}" is the address of host "{owners[0]}"',
                f'both are on tunnel "{claim.tunnel}"',
                "give the site another address",
            )


@fleet_rule(
    "WG002",
    Severity.WARNING,
    "A site claims the addresses of others on its tunnel",
    why="The narrower network wins, so a site with a wide one gets what the others do not claim, and"
    " may send under every address of it that nobody else claims: also under those of hosts that"
    " are not there yet.",
    source=_ROUTING,
)
def wide_allowed_ips(inventory: Inventory) -> Iterator[Hit]:
    """Find a site's network that holds another site's, or the addresses of hosts."""
    for inner, here, outer, there in _overlaps(inventory):
        if outer not in {inner, _DEFAULT_ROUTE}:
            yield Hit(
                there.at,
                f'{outer} of "{there.site}" holds {inner} of "{here.site}"',
                f'both are peers on tunnel "{here.tunnel}"; {inner} goes to "{here.site}"',
                f'only the addresses behind "{there.site}"',
            )
    for network, claim, owners in _hosts_in_sites(inventory):
        if network.prefixlen < network.max_prefixlen and network != _DEFAULT_ROUTE:
            more = f" and {len(owners) - 1} more" if owners[1:] else ""
            yield Hit(
                claim.at,
                f'{network} of site "{claim.site}" holds the address of host "{owners[0]}"{more}',
                f'the site may send under every address of tunnel "{claim.tunnel}" in {network}',
                "the site's own address as a /32, and the networks behind it",
            )


def _hosts_in_sites(
    inventory: Inventory,
) -> Iterator[tuple[IPv4Network, _Allowed, list[str]]]:
    """Networks of sites that hold addresses of hosts on the same tunnel, with those hosts."""
    for tunnel in inventory.fleet.tunnels:
        owners = sorted(
            (int(inventory.hosts[name].network.tunnels[tunnel].address.ip), name)
            for name in inventory.tunnel_members.get(tunnel, ())
        )
        addresses = [address for address, _ in owners]
        for network, claim in _allowed(inventory, tunnel):
            first = bisect_left(addresses, int(network.network_address))
            last = bisect_left(addresses, int(network.broadcast_address) + 1)
            if first < last:
                yield network, claim, [name for _, name in owners[first:last]]


@fleet_rule(
    "WG003",
    Severity.ERROR,
    "A site takes all traffic",
    why="allowed_ips become routes. 0.0.0.0/0 sends everything into the tunnel, WireGuard's own"
    " packets to the site among them, which then go round in a circle: the host is cut off.",
    source="https://www.wireguard.com/netns/#improved-rule-based-routing",
)
def default_route(inventory: Inventory) -> Iterator[Hit]:
    """Find sites whose allowed_ips hold all addresses."""
    for tunnel in inventory.fleet.tunnels:
        for network, claim in _allowed(inventory, tunnel):
            if network == _DEFAULT_ROUTE:
                yield Hit(
                    claim.at,
                    f'all traffic would go to site "{claim.site}"',
                    "the default route would leave through the tunnel that it has to carry",
                    "the networks behind the site",
                )


@host_rule(
    "WG004",
    Severity.ERROR,
    "A tunnel takes away a network of the host's own",
    why="allowed_ips become routes, and the narrower route wins. One that lies in a network that the"
    " host stands in sends its neighbours' packets into the tunnel.",
    source=_ROUTING,
)
def takes_own_network(subject: Subject) -> Iterator[Hit]:
    """Find sites behind which a network of another interface of the host would lie."""
    for at, site, network, own, interface in _crossing(subject):
        if network.subnet_of(own):
            yield Hit(
                at,
                f'{network} behind "{site}" is in {own}, where the host itself stands',
                f"{interface} has {own}; the route to {network} would leave through the tunnel",
                "renumber the site, or do not talk to it from this host",
            )


@host_rule(
    "WG005",
    Severity.WARNING,
    "A site may speak for a network of the host's own",
    why="WireGuard takes from a site every address of its allowed_ips. A wide network that holds one"
    " of the host's own lets the site send under addresses of the neighbours.",
    source=_ROUTING,
)
def speaks_for_own_network(subject: Subject) -> Iterator[Hit]:
    """Find sites whose wide networks hold one that the host stands in."""
    for at, site, network, own, interface in _crossing(subject):
        if network != _DEFAULT_ROUTE and not network.subnet_of(own):
            yield Hit(
                at,
                f'{network} behind "{site}" holds {own}, where the host itself stands',
                f"{interface} has {own}",
                "only the networks that are behind the site",
            )


def _crossing(
    subject: Subject,
) -> Iterator[tuple[KeyPath, str, IPv4Network, IPv4Network, str]]:
    """Networks behind a site that overlap one of another interface of the host."""
    own = list(placed_links(subject.fleet, subject.host))
    for tunnel, end in subject.host.network.tunnels.items():
        for index, site in enumerate(end.peers):
            at = ("network", "tunnels", tunnel, "peers", index)
            for network in subject.fleet.tunnels[tunnel].peers[site].allowed_ips:
                for placed in own:
                    address = placed.link.address
                    if placed.tunnel == tunnel or address is None:
                        continue
                    if network.overlaps(address.network):
                        yield at, site, network, address.network, placed.link.interface


@host_rule(
    "WG006",
    Severity.ERROR,
    "Two tunnels of a host lead to the same network",
    why="allowed_ips become routes, and the kernel has one route to a network: only one of the"
    " tunnels gets it.",
    source=_ROUTING,
)
def same_route_twice(subject: Subject) -> Iterator[Hit]:
    """Find a network that lies behind sites of two tunnels of a host."""
    owners: dict[IPv4Network, tuple[str, str]] = {}
    for tunnel, end in subject.host.network.tunnels.items():
        for index, site in enumerate(end.peers):
            for network in subject.fleet.tunnels[tunnel].peers[site].allowed_ips:
                first, other = owners.setdefault(network, (tunnel, site))
                if first != tunnel:
                    yield Hit(
                        ("network", "tunnels", tunnel, "peers", index),
                        f'{network} is behind "{other}" on tunnel "{first}" and behind "{site}" on'
                        f' "{tunnel}"',
                        f"{tunnel_interface(first)} and {tunnel_interface(tunnel)} would both have"
                        " the route",
                        "talk to one of the two sites only, or renumber one",
                    )
