"""Files of systemd-networkd and of links, from the options of `systemd.network`.

Follows nixpkgs' nixos/lib/systemd-network-units.nix, nixos/lib/systemd-lib.nix and
nixos/modules/system/boot/networkd.nix as of nixos-26.05.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, TypeAlias

from pydantic import ConfigDict, TypeAdapter

from sovereign.errors import SovereignError

FOLDER = "/etc/systemd/network"

Atom: TypeAlias = bool | int | float | str | None
Section: TypeAlias = Mapping[str, Atom | Sequence[Atom]]

_SECTION = TypeAdapter(dict[str, Atom | list[Atom]], config=ConfigDict(strict=True))
_SECTIONS = TypeAdapter(list[dict[str, Atom | list[Atom]]], config=ConfigDict(strict=True))
_WORDS = TypeAdapter(list[str])

# Each section's name and its option, in NixOS's order; an option in the plural is a list of sections.
_NETDEV = (
    *(("Bridge", "bridgeConfig"), ("VLAN", "vlanConfig"), ("IPVLAN", "ipvlanConfig")),
    *(("IPVTAP", "ipvtapConfig"), ("MACVLAN", "macvlanConfig"), ("VXLAN", "vxlanConfig")),
    *(("Tunnel", "tunnelConfig"), ("FooOverUDP", "fooOverUDPConfig"), ("Peer", "peerConfig")),
    *(("Tun", "tunConfig"), ("Tap", "tapConfig"), ("L2TP", "l2tpConfig")),
    *(("L2TPSession", "l2tpSessions"), ("WireGuard", "wireguardConfig")),
    *(("WireGuardPeer", "wireguardPeers"), ("Bond", "bondConfig"), ("Xfrm", "xfrmConfig")),
    *(("VRF", "vrfConfig"), ("WLAN", "wlanConfig"), ("BatmanAdvanced", "batmanAdvancedConfig")),
)
_NETWORK = (
    *(("Address", "addresses"), ("RoutingPolicyRule", "routingPolicyRules"), ("Route", "routes")),
    *(("DHCPv4", "dhcpV4Config"), ("DHCPv6", "dhcpV6Config")),
    ("DHCPPrefixDelegation", "dhcpPrefixDelegationConfig"),
    *(("IPv6AcceptRA", "ipv6AcceptRAConfig"), ("DHCPServer", "dhcpServerConfig")),
    *(("IPv6SendRA", "ipv6SendRAConfig"), ("IPv6PREF64Prefix", "ipv6PREF64Prefixes")),
    *(("IPv6Prefix", "ipv6Prefixes"), ("IPv6RoutePrefix", "ipv6RoutePrefixes")),
    *(("DHCPServerStaticLease", "dhcpServerStaticLeases"), ("Bridge", "bridgeConfig")),
    *(("BridgeFDB", "bridgeFDBs"), ("BridgeMDB", "bridgeMDBs"), ("LLDP", "lldpConfig")),
    *(("CAN", "canConfig"), ("IPoIB", "ipoIBConfig"), ("QDisc", "qdiscConfig")),
    *(("CAKE", "cakeConfig"), ("FairQueueing", "fairQueueingConfig")),
    ("FairQueueingControlledDelay", "fairQueueingControlledDelayConfig"),
    ("BridgeVLAN", "bridgeVLANs"),
)
_OWN = {"matchConfig", "linkConfig", "netdevConfig", "networkConfig", "extraConfig"}
_NETWORK_WORDS = (
    *(("Address", "address"), ("Gateway", "gateway"), ("DNS", "dns"), ("NTP", "ntp")),
    *(("Bridge", "bridge"), ("Bond", "bond"), ("VRF", "vrf"), ("VLAN", "vlan")),
    *(("MACVLAN", "macvlan"), ("MACVTAP", "macvtap"), ("VXLAN", "vxlan")),
    *(("Tunnel", "tunnel"), ("Xfrm", "xfrm")),
)


class NetworkdError(SovereignError):
    """An option is set that no rehearsed host has needed so far."""

    code: ClassVar[str] = "REH032"


def link(options: Mapping[str, object]) -> str:
    """Return the text of a .link file, from `systemd.network.links.<name>`."""
    return _match(options) + "[Link]\n" + _lines(options, "linkConfig") + _extra(options)


def netdev(options: Mapping[str, object]) -> str:
    """Return the text of a .netdev file, from `systemd.network.netdevs.<name>`."""
    own = "[NetDev]\n" + _lines(options, "netdevConfig")
    return _match(options) + own + "".join(_sections(options, _NETDEV)) + _extra(options)


def network(options: Mapping[str, object]) -> str:
    """Return the text of a .network file, from `systemd.network.networks.<name>`.

    The options `name`, `DHCP` and `domains` stand for lines, which NixOS adds to the sections when
    it evaluates them; here they may be added yet.
    """
    match = {**_named(options, "Name", "name"), **_section(options, "matchConfig")}
    told = {**_named(options, "DHCP", "DHCP"), **_section(options, "networkConfig")}
    if options.get("domains"):
        told.setdefault("Domains", " ".join(_WORDS.validate_python(options["domains"])))
    words = (
        f"{key}={word}\n"
        for key, option in _NETWORK_WORDS
        for word in _WORDS.validate_python(options.get(option) or [])
    )
    return (
        _headed("Match", match)
        + _headed("Link", _section(options, "linkConfig"))
        + f"[Network]\n{_section_lines(told)}{''.join(words)}\n"
        + "".join(_sections(options, _NETWORK))
        + _extra(options)
    )


def sections(header: str, each: Sequence[Section]) -> str:
    """Return a section of this name for each of these."""
    return "".join(f"[{header}]\n{_section_lines(one)}" for one in each)


def _section_lines(section: Section) -> str:
    return "".join(
        f"{key}={_text(value)}\n" for key in sorted(section) for value in _listed(section[key])
    )


def _match(options: Mapping[str, object]) -> str:
    return _headed("Match", _section(options, "matchConfig"))


def _lines(options: Mapping[str, object], name: str) -> str:
    return _section_lines(_section(options, name))


def _headed(header: str, section: Section) -> str:
    return f"[{header}]\n{_section_lines(section)}" if section else ""


def _sections(options: Mapping[str, object], known: Sequence[tuple[str, str]]) -> Iterator[str]:
    taken = {option for _, option in known} | _OWN
    for option, value in options.items():
        if value and option.endswith("Config") and option not in taken:
            raise NetworkdError(f"no renderer writes the option {option} of systemd.network")
    for header, option in known:
        if option.endswith("Config"):
            yield _headed(header, _section(options, option))
        else:
            yield sections(header, _SECTIONS.validate_python(options.get(option) or []))


def _section(options: Mapping[str, object], name: str) -> dict[str, Atom | list[Atom]]:
    return _SECTION.validate_python(options.get(name) or {})


def _named(options: Mapping[str, object], key: str, option: str) -> dict[str, Atom | list[Atom]]:
    value = options.get(option)
    return {key: value} if isinstance(value, str) else {}


def _extra(options: Mapping[str, object]) -> str:
    extra = options.get("extraConfig")
    return extra if isinstance(extra, str) else ""


def _listed(value: Atom | Sequence[Atom]) -> Sequence[Atom]:
    return [value] if value is None or isinstance(value, bool | int | float | str) else value


def _text(value: Atom) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:f}"
    return "" if value is None else str(value)
