"""A host's addresses, gateways, static routes and name servers."""

from collections.abc import Iterator
from ipaddress import IPv4Interface

from sovereign.diagnostics import Severity
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.review.zones import PlacedLink, placed_links


def _addressed(subject: Subject) -> Iterator[tuple[PlacedLink, IPv4Interface]]:
    for placed in placed_links(subject.fleet, subject.host):
        if placed.link.address is not None:
            yield placed, placed.link.address


@host_rule(
    "NET001",
    Severity.ERROR,
    "An address is outside its zone",
    why="The firewall and the routes of all hosts know a zone by its prefix. Who has another address"
    " is not reached by its members.",
    source="https://www.rfc-editor.org/rfc/rfc4632#section-3.1",
)
def outside_its_zone(subject: Subject) -> Iterator[Hit]:
    """Find addresses that are not in the prefix of their zone."""
    for placed, address in _addressed(subject):
        prefix = subject.fleet.zones[placed.link.zone].prefix
        if prefix is not None and address.ip not in prefix:
            yield Hit(
                (*placed.at, "address"),
                f'{address.ip} is not in zone "{placed.link.zone}"',
                f"the zone is {prefix}: {prefix[0]} to {prefix[-1]}",
                f"an address of {prefix}",
            )


@host_rule(
    "NET002",
    Severity.WARNING,
    "An address has another prefix length than its zone",
    why="The prefix length says who is reached without a router. With a shorter one the host looks"
    " for strangers on its own link, with a longer one it sends its neighbours' packets elsewhere.",
    source="https://www.rfc-editor.org/rfc/rfc4632#section-3.1",
)
def other_prefix_length(subject: Subject) -> Iterator[Hit]:
    """Find addresses whose prefix length is not that of their zone."""
    for placed, address in _addressed(subject):
        prefix = subject.fleet.zones[placed.link.zone].prefix
        if (
            prefix is not None
            and address.ip in prefix
            and address.network.prefixlen != prefix.prefixlen
        ):
            yield Hit(
                (*placed.at, "address"),
                f'{address} is no address of {prefix}, the prefix of zone "{placed.link.zone}"',
                f"its own network is {address.network}",
                f'address = "{address.ip}/{prefix.prefixlen}"',
            )


@host_rule(
    "NET003",
    Severity.ERROR,
    "An address stands for a whole network",
    why="The first address of a network names the network and the last one means all its members;"
    " neither can be a host's.",
    source="https://www.rfc-editor.org/rfc/rfc1122#section-3.2.1.3",
)
def network_or_broadcast(subject: Subject) -> Iterator[Hit]:
    """Find addresses that are the first or the last of their network."""
    for placed, address in _addressed(subject):
        network, ip = address.network, address.ip
        if network.prefixlen < 31 and ip in (network.network_address, network.broadcast_address):
            end = "network" if ip == network.network_address else "broadcast"
            yield Hit(
                (*placed.at, "address"),
                f"{ip} is the {end} address of {network}",
                f"hosts have {network[1]} to {network[-2]}",
                f'address = "{network[1]}/{network.prefixlen}", if it is free',
            )


@host_rule(
    "NET004",
    Severity.ERROR,
    "Two interfaces stand in the same network",
    why="The kernel has one route to a network. With two interfaces in it answers leave by one of"
    " them, whichever a packet came in by, and strict reverse path filtering drops the other's.",
    source="https://docs.kernel.org/networking/ip-sysctl.html",
)
def same_network_twice(subject: Subject) -> Iterator[Hit]:
    """Find interfaces whose networks overlap."""
    seen: list[tuple[PlacedLink, IPv4Interface]] = []
    for placed, address in _addressed(subject):
        for other, taken in seen:
            if address.network.overlaps(taken.network):
                yield Hit(
                    (*placed.at, "address"),
                    f"{placed.link.interface} and {other.link.interface} stand in the same network",
                    f"{address} and {taken} overlap",
                    "give one of them an address of another network",
                )
                break
        seen.append((placed, address))


@host_rule(
    "NET005",
    Severity.ERROR,
    "The gateway cannot be reached",
    why="A gateway is reached without a router: it has to be another address of the uplink's own"
    " network.",
    source="https://www.rfc-editor.org/rfc/rfc1122#section-3.3.1",
)
def gateway_out_of_reach(subject: Subject) -> Iterator[Hit]:
    """Find a gateway that is not in the uplink's network."""
    uplink = subject.host.network.uplink
    if uplink.gateway is None or uplink.address is None:
        return
    network = uplink.address.network
    if uplink.gateway not in network or uplink.gateway == uplink.address.ip:
        yield Hit(
            ("network", "uplink", "gateway"),
            f"the gateway {uplink.gateway} is the host's own address"
            if uplink.gateway == uplink.address.ip
            else f"the gateway {uplink.gateway} is not in {network}",
            f"the uplink has {uplink.address}",
            f"another address of {network}",
        )


@host_rule(
    "NET006",
    Severity.WARNING,
    "The uplink's address and gateway do not go together",
    why="DHCP brings address and gateway; a static address brings neither gateway nor name servers.",
    source="https://www.rfc-editor.org/rfc/rfc2131",
)
def half_static(subject: Subject) -> Iterator[Hit]:
    """Find a gateway beside DHCP, and a static address without a gateway."""
    uplink = subject.host.network.uplink
    if uplink.address is None and uplink.gateway is not None:
        yield Hit(
            ("network", "uplink", "gateway"),
            "the uplink's address comes by DHCP, and the gateway with it",
            fix="remove the gateway, or give the uplink its address",
        )
    if uplink.address is not None and uplink.gateway is None:
        yield Hit(
            ("network", "uplink"),
            "the uplink has a static address and no gateway",
            f"only {uplink.address.network} is reached through it",
            f'gateway = "{uplink.address.network[1]}"',
        )


@host_rule(
    "NET007",
    Severity.ERROR,
    "A static route has a gateway out of reach",
    why="The kernel refuses a route through an address that no interface reaches directly.",
    source="https://man7.org/linux/man-pages/man8/ip-route.8.html",
)
def route_out_of_reach(subject: Subject) -> Iterator[Hit]:
    """Find static routes whose gateway is on no link of the host."""
    own = [address for _, address in _addressed(subject)]
    dynamic = subject.host.network.uplink.address is None
    prefixes = [z.prefix for z in subject.fleet.zones.values() if z.prefix is not None]
    for index, route in enumerate(subject.host.network.routes):
        on_link = any(route.via in address.network for address in own)
        # A network that comes by DHCP is not known; the prefixes of the fleet's zones are.
        unknown = dynamic and not any(route.via in prefix for prefix in prefixes)
        itself = route.via in {address.ip for address in own}
        if itself or not (on_link or unknown):
            yield Hit(
                ("network", "routes", index, "via"),
                f"{route.via} is the host's own address"
                if itself
                else f"no interface of the host reaches {route.via}",
                f"its networks: {', '.join(str(address.network) for address in own)}",
                "a gateway in one of them",
            )


@host_rule(
    "NET013",
    Severity.WARNING,
    "A host has no name servers",
    why="With a static address nothing tells the host who resolves names.",
    source="https://www.rfc-editor.org/rfc/rfc2131",
)
def no_name_servers(subject: Subject) -> Iterator[Hit]:
    """Find a static uplink without name servers."""
    if subject.host.network.uplink.address is not None and not subject.host.system.name_servers:
        yield Hit(
            ("system", "name_servers"),
            "the uplink is static and no name server is given",
            fix='name_servers = ["9.9.9.9"]',
        )
