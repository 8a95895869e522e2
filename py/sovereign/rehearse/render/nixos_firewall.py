"""NixOS's own firewall table and the file that nftables.service loads, from their options.

Follows nixpkgs' nixos/modules/services/networking/{firewall,firewall-nftables,nftables}.nix as of
nixos-26.05, but for empty lines and comments.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

TABLE = "nixos-fw"


@dataclass(frozen=True, slots=True)
class Ports:
    """What is let in, by protocol: ports, and ranges with both ends."""

    tcp: Sequence[int] = ()
    udp: Sequence[int] = ()
    tcp_ranges: Sequence[tuple[int, int]] = ()
    udp_ranges: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Firewall:
    """The options of `networking.firewall`, with NixOS's defaults."""

    anywhere: Ports = Ports()
    interfaces: Mapping[str, Ports] = field(default_factory=dict)
    trusted: Sequence[str] = ("lo",)
    check_reverse_path: bool | Literal["strict", "loose"] = True
    allow_ping: bool = True
    ping_limit: str | None = None
    filter_forward: bool = False
    reject: bool = False
    log_connections: bool = False
    extra_input: str = ""
    extra_forward: str = ""
    extra_reverse_path: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of `networking.nftables.tables`."""

    name: str
    family: str
    content: str


def content(firewall: Firewall) -> str:
    """Return what the table nixos-fw holds."""
    return "".join(_chains(firewall))


def deletions(tables: Sequence[Table]) -> str:
    """Return what makes way for the tables; one that is not there is made first."""
    return "".join(
        f"table {one.family} {one.name}\ndelete table {one.family} {one.name}\n\n" for one in tables
    )


def rules(tables: Sequence[Table], ruleset: str, *, previous: str, current: str) -> str:
    """Return what nft loads: both files of deletions, then the tables in the order of their names."""
    made = "\n".join(
        f"table {one.family} {one.name} {{\n  {one.content}\n}}\n"
        for one in sorted(tables, key=lambda one: one.name)
    )
    return (
        f'# previous deletions, if any\ninclude "{previous}"\n'
        f'# current deletions\ninclude "{current}"\n{made}\n{ruleset}\n'
    )


def _chains(firewall: Firewall) -> Iterator[str]:
    yield (
        "set temp-ports {\n"
        '  comment "Temporarily opened ports"\n'
        "  type inet_proto . inet_service\n  flags interval\n  auto-merge\n}\n"
    )
    if firewall.check_reverse_path is not False:
        interface = "" if firewall.check_reverse_path == "loose" else " . iif"
        dhcp = "meta nfproto ipv4 udp sport . udp dport { 67 . 68, 68 . 67 }"
        yield _chain(
            "rpfilter",
            "type filter hook prerouting priority mangle + 10; policy drop;",
            f'{dhcp} accept comment "DHCPv4 client/server"',
            f"fib saddr . mark{interface} oif exists accept",
            "jump rpfilter-allow",
        )
    yield _chain("rpfilter-allow", firewall.extra_reverse_path)
    yield _chain("input", *_input(firewall))
    yield _chain("input-allow", *_input_allow(firewall))
    if firewall.filter_forward:
        yield _chain(
            "forward",
            "type filter hook forward priority filter; policy drop;",
            _states("forward-allow"),
        )
        yield _chain(
            "forward-allow",
            'icmpv6 type != { router-renumbering, 139 } accept comment "ICMPv6 (RFC 4890, 4.3)"',
            'ct status dnat accept comment "allow port forward"',
            firewall.extra_forward,
        )


def _input(firewall: Firewall) -> Iterator[str]:
    yield "type filter hook input priority filter; policy drop;"
    if firewall.trusted:
        names = ", ".join(f'"{name}"' for name in firewall.trusted)
        yield f'iifname {{ {names} }} accept comment "trusted interfaces"'
    yield _states("input-allow")
    if firewall.log_connections:
        flags = "tcp flags syn / fin,syn,rst,ack"
        yield f'{flags} log level info prefix "refused connection: "'
    if firewall.reject:
        yield "meta l4proto tcp reject with tcp reset"
        yield "reject"


def _input_allow(firewall: Firewall) -> Iterator[str]:
    everywhere = {"default": firewall.anywhere, **firewall.interfaces}
    for name, ports in sorted(everywhere.items()):
        interface = "" if name == "default" else f"iifname {name} "
        for protocol, single, ranges in (
            ("tcp", ports.tcp, ports.tcp_ranges),
            ("udp", ports.udp, ports.udp_ranges),
        ):
            words = [*map(str, sorted(set(single))), *(f"{low}-{high}" for low, high in ranges)]
            if words:
                yield f"{interface}{protocol} dport {{ {', '.join(words)} }} accept"
    yield "meta l4proto . th dport @temp-ports accept"
    if firewall.allow_ping:
        limit = f"limit rate {firewall.ping_limit} " if firewall.ping_limit else ""
        yield f'icmp type echo-request {limit}accept comment "allow ping"'
    yield 'icmpv6 type != { nd-redirect, 139 } accept comment "ICMPv6 (RFC 4890, 4.4)"'
    yield 'ip6 daddr fe80::/64 udp dport 546 accept comment "DHCPv6 client"'
    yield firewall.extra_input


def _states(chain: str) -> str:
    known = "invalid : drop, established : accept, related : accept"
    return f"ct state vmap {{ {known}, new : jump {chain}, untracked : jump {chain} }}"


def _chain(name: str, *lines: str) -> str:
    held = "".join(f"  {line.rstrip()}\n" for line in lines if line.strip())
    return f"chain {name} {{\n{held}}}\n"
