"""Names that mean something else to the programs that read them."""

from pydantic_core import PydanticCustomError

# NixOS writes interface names into nftables' language without quotes, where these are keywords
# (nftables' scanner), and takes the interface "default" for all interfaces.
_KEYWORDS = """
accept add ah all any arp auto-merge bridge chain comment comp constant continue counter
create ct day dccp default delete describe device devices drop dst dup dynamic element
elements esp ether exists expires export exthdr fib flags flow flush frag fwd gc-interval
goto handle hbh hook hour ibriport ibrname icmp icmpv6 icmpx igmp iif iifgroup iifname
iiftype import index inet insert interval ip ip6 ipsec jhash jump last limit list lo log map
mark masquerade meta meter mh missing monitor netdev nftrace none notrack numgen obriport
obrname oif oifgroup oifname oiftype osf policy priority queue quota random redirect reject
rename replace reset return rt rtclassid rule ruleset sctp secmark set size skgid socket
symhash synproxy table tcp th time timeout tproxy type typeof udp vlan vmap
"""
_LINKS = frozenset(_KEYWORDS.split())

# Sections of smb.conf that are no shares (smb.conf(5), "Special Sections").
_SHARES = frozenset({"global", "homes", "printers"})


def not_a_keyword(name: str) -> str:
    """Refuse an interface name that nftables or NixOS's firewall reads as something else."""
    return _refuse(name, _LINKS, "nftables or NixOS's firewall")


def not_a_section(name: str) -> str:
    """Refuse a share name that smb.conf reads as something else."""
    return _refuse(name, _SHARES, "smb.conf")


def _refuse(name: str, taken: frozenset[str], reader: str) -> str:
    if name in taken:
        raise PydanticCustomError(
            "reserved",
            '"{name}" means something else to {reader}',
            {"name": name, "reader": reader},
        )
    return name
