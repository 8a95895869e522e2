"""A host's addresses, routes, interfaces and TCP tuning."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Interface

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.topology import tunnel_interface
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.review.zones import PlacedLink, placed_links
from sovereign.units import Rate, Size

_OUTER_IPV4, _OUTER_IPV6 = 60, 80
_ROUND_TRIP_MS = 100
_RESERVED_NAMES = frozenset({"lo", "all", "default"})
_KERNEL_NAME = re.compile(r"(?:eth|wlan|usb|wwan|ib)[0-9]+")


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
        network = address.network
        ends = {network.network_address: "network", network.broadcast_address: "broadcast"}
        if network.prefixlen < 31 and address.ip in ends:
            yield Hit(
                (*placed.at, "address"),
                f"{address.ip} is the {ends[address.ip]} address of {network}",
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
    "NET008",
    Severity.WARNING,
    "A tunnel's packets do not fit the uplink",
    why="WireGuard adds 60 bytes to a packet over IPv4 and 80 over IPv6. A tunnel whose MTU leaves no"
    " room for them has each full packet fragmented, or dropped where fragments are.",
    source="https://lists.zx2c4.com/pipermail/wireguard/2017-December/002201.html",
)
def tunnel_mtu(subject: Subject) -> Iterator[Hit]:
    """Compare a tunnel's MTU with that of the uplink."""
    mtu = subject.host.network.uplink.mtu
    for name in subject.host.network.tunnels:
        inner = subject.fleet.tunnels[name].mtu
        if inner + _OUTER_IPV4 > mtu:
            yield Hit(
                ("network", "tunnels", name),
                f'full packets of tunnel "{name}" do not fit the uplink',
                f"{inner} + {_OUTER_IPV4} = {inner + _OUTER_IPV4} > {mtu}",
                f"in fleet.toml: tunnels.{name}.mtu = {mtu - _OUTER_IPV6}"
                f" ({mtu - _OUTER_IPV4} where it never runs over IPv6)",
            )


@host_rule(
    "NET009",
    Severity.NOTE,
    "BBR without fq",
    why="BBR spaces its packets. The fq queue does so for all connections; without it TCP falls back"
    " to a timer for each connection, which costs more of the processor.",
    source="https://github.com/torvalds/linux/blob/v6.18/net/ipv4/tcp_bbr.c",
)
def bbr_without_fq(subject: Subject) -> Iterator[Hit]:
    """Find BBR with another queue than fq."""
    tuning = subject.host.network.tuning
    if tuning.congestion == "bbr" and tuning.qdisc != "fq":
        yield Hit(
            ("network", "tuning", "qdisc"),
            f'BBR with "{tuning.qdisc}" spaces packets by timers',
            fix='qdisc = "fq"',
        )


@host_rule(
    "NET010",
    Severity.NOTE,
    "A TCP buffer is smaller than the path",
    why="A connection can have no more data on its way than its buffer holds. To fill a link the"
    " buffer has to hold rate times round trip.",
    source="https://www.rfc-editor.org/rfc/rfc7323#section-1.1",
)
def small_buffer(subject: Subject) -> Iterator[Hit]:
    """Compare the largest TCP buffers with the uplink's rate at a round trip of 100 ms."""
    host = subject.host
    rate = host.hardware.nics[host.network.uplink.nic].rate
    need = Size(rate // 8 * _ROUND_TRIP_MS // 1000)
    tuning = host.network.tuning
    for key, buffer in (
        ("receive_buffer", tuning.receive_buffer),
        ("send_buffer", tuning.send_buffer),
    ):
        if buffer < need:
            most = Rate(buffer * 8 * 1000 // _ROUND_TRIP_MS)
            yield Hit(
                ("network", "tuning", key),
                f"one connection over {_ROUND_TRIP_MS} ms gets {most.human_bytes()} of the uplink's"
                f" {rate.human_bytes()}",
                f"{rate} x {_ROUND_TRIP_MS} ms = {need.human()}, the buffer holds {buffer.human()}",
                f'{key} = "{-(-need // 2**20)}MiB"',
            )


@host_rule(
    "NET011",
    Severity.ERROR,
    "Two interfaces have the same name",
    why="A network port, a VLAN and a tunnel each become an interface, and names of interfaces are"
    " unique; lo is the loopback's, all and default mean every interface in sysctl.",
    source="https://man7.org/linux/man-pages/man5/systemd.link.5.html",
)
def same_interface_name(subject: Subject) -> Iterator[Hit]:
    """Find interface names that are taken."""
    host = subject.host
    named: list[tuple[str, KeyPath, str]] = [
        (nic, ("hardware", "nics", nic), "a network port") for nic in host.hardware.nics
    ]
    named += [(zone, ("network", "vlans", zone), "a VLAN") for zone in host.network.vlans]
    named += [
        (tunnel_interface(name), ("network", "tunnels", name), "a tunnel")
        for name in host.network.tunnels
    ]
    owners: dict[str, str] = dict.fromkeys(_RESERVED_NAMES, "Linux")
    for interface, at, what in named:
        first = owners.setdefault(interface, what)
        if first != what:
            yield Hit(
                at,
                f'the interface "{interface}" of {what} is {first}\'s already',
                fix="rename one of them",
            )


@host_rule(
    "NET012",
    Severity.WARNING,
    "A network port has a name that the kernel gives",
    why="The kernel hands out eth0, eth1 and so on as it finds ports. Renaming one to a name that the"
    " kernel has given to another fails, now and then, at boot.",
    source="https://man7.org/linux/man-pages/man5/systemd.link.5.html",
)
def kernel_name(subject: Subject) -> Iterator[Hit]:
    """Find network ports that are named as the kernel names them."""
    for nic in subject.host.hardware.nics:
        if _KERNEL_NAME.fullmatch(nic):
            yield Hit(
                ("hardware", "nics", nic),
                f'renaming a network port to "{nic}" may fail at boot',
                fix='a name by its use, like "uplink"',
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


@host_rule(
    "NET014",
    Severity.ERROR,
    "A hardware address is no port's",
    why="An address whose first byte is odd is a group of ports, and that of zeros is nobody's: no"
    " port is found by it.",
    source="https://www.rfc-editor.org/rfc/rfc9542#section-2.1",
)
def group_mac(subject: Subject) -> Iterator[Hit]:
    """Find hardware addresses that no port can have."""
    for nic, described in subject.host.hardware.nics.items():
        if int(described.mac[:2], 16) & 1 or described.mac == "00:00:00:00:00:00":
            yield Hit(
                ("hardware", "nics", nic, "mac"),
                f"{described.mac} is the address of no network port",
                fix="what `ip link` shows for the port",
            )
