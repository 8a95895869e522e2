"""A host's interfaces: their names, hardware addresses and sizes of packets, and TCP's tuning."""

import re
from collections.abc import Iterator

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.topology import tunnel_interface
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Rate, Size

_OUTER_IPV4, _OUTER_IPV6 = 60, 80
_ROUND_TRIP_MS = 100
_LEAST_BUFFER, _MOST_BUFFER = 4608, 2**31 - 1
"""The kernel's SOCK_MIN_SNDBUF, and the most that its int holds."""
_KERNEL_NAME = re.compile(r"(?:eth|wlan|usb|wwan|ib)[0-9]+")


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
        if _LEAST_BUFFER <= buffer < need:
            most = Rate(buffer * 8 * 1000 // _ROUND_TRIP_MS)
            yield Hit(
                ("network", "tuning", key),
                f"one connection over {_ROUND_TRIP_MS} ms gets {most.human_bytes()} of the uplink's"
                f" {rate.human_bytes()}",
                f"{rate} x {_ROUND_TRIP_MS} ms = {need.human()}, the buffer holds {buffer.human()}",
                f'{key} = "{-(-need // 2**20)}MiB"',
            )


@host_rule(
    "NET015",
    Severity.ERROR,
    "The kernel refuses the size of a TCP buffer",
    why="The kernel counts the largest buffers in 31 bits, and refuses those that hold no packet."
    " It keeps its own then, and systemd-sysctl tells of it only in the journal.",
    source="https://docs.kernel.org/admin-guide/sysctl/net.html",
)
def buffer_the_kernel_takes(subject: Subject) -> Iterator[Hit]:
    """Find buffers that net.core.rmem_max and wmem_max do not take."""
    tuning = subject.host.network.tuning
    for key, buffer in (
        ("receive_buffer", tuning.receive_buffer),
        ("send_buffer", tuning.send_buffer),
    ):
        if not _LEAST_BUFFER <= buffer <= _MOST_BUFFER:
            small = buffer < _LEAST_BUFFER
            says = f"less than {_LEAST_BUFFER}" if small else f"more than {_MOST_BUFFER}"
            yield Hit(
                ("network", "tuning", key), f"{int(buffer)} is {says}", fix=f'{key} = "128MiB"'
            )


@host_rule(
    "NET011",
    Severity.ERROR,
    "Two interfaces have the same name",
    why="A network port, a VLAN and a tunnel each become an interface, and names of interfaces are"
    " unique.",
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
    owners: dict[str, str] = {}
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
