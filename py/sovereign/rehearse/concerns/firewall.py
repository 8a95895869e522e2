"""The host's firewall: our tables byte for byte, and NixOS's own beside them."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.render import nixos_firewall, systemd_unit
from sovereign.rehearse.render.nixos_firewall import Firewall, Ports, Table
from sovereign.rehearse.values import Given, parse

STAND_IN = "nixos-fw rendered from options"
_RULES = "/etc/sovereign/nftables/rules.nft"
_DELETIONS = "/etc/sovereign/nftables/deletions.nft"
_PREVIOUS = "/var/lib/nftables/deletions.nft"

AFTER = ("network", "wireguard")


class _Range(Given):
    first: int = Field(alias="from")
    last: int = Field(alias="to")


class _Ports(Given):
    tcp: tuple[int, ...] = Field(default=(), alias="allowedTCPPorts")
    udp: tuple[int, ...] = Field(default=(), alias="allowedUDPPorts")
    tcp_ranges: tuple[_Range, ...] = Field(default=(), alias="allowedTCPPortRanges")
    udp_ranges: tuple[_Range, ...] = Field(default=(), alias="allowedUDPPortRanges")

    @property
    def ports(self) -> Ports:
        """Return what is let in."""
        tcp, udp = (
            tuple((one.first, one.last) for one in ranges)
            for ranges in (self.tcp_ranges, self.udp_ranges)
        )
        return Ports(self.tcp, self.udp, tcp, udp)


class _Firewall(_Ports):
    enable: bool = True
    allow_ping: bool = True
    check_reverse_path: bool | Literal["strict", "loose"] = True
    extra_forward_rules: str = ""
    extra_input_rules: str = ""
    extra_reverse_path_filter_rules: str = ""
    filter_forward: bool = False
    log_refused_connections: bool = False
    ping_limit: str | None = None
    reject_packets: bool = False
    trusted_interfaces: tuple[str, ...] = ()


class _Table(Given):
    enable: bool = True
    name: str = ""
    family: str
    content: str


class _Given(Given):
    enable: bool
    tables: Mapping[str, _Table] = {}
    ruleset: str = ""
    interfaces: Mapping[str, _Ports] = {}
    firewall: _Firewall = _Firewall()


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Load the tables by a unit that does what NixOS's does; without nftables, take all away."""
    del world
    wanted = parse(_Given, given)
    if not wanted.enable:
        return Furnishing(commands=(("nft", "flush", "ruleset"),))
    tables = [
        Table(table.name or name, table.family, table.content)
        for name, table in wanted.tables.items()
        if table.enable
    ]
    made = any(table.name == nixos_firewall.TABLE for table in tables)
    if wanted.firewall.enable and not made:
        own = nixos_firewall.content(_options(wanted))
        tables.append(Table(nixos_firewall.TABLE, "inet", own))
    rules = nixos_firewall.rules(tables, wanted.ruleset, previous=_PREVIOUS, current=_DELETIONS)
    files = (
        Placed(_RULES, rules, stand_in=STAND_IN),
        Placed(_DELETIONS, nixos_firewall.deletions(tables), stand_in=STAND_IN),
        *systemd_unit.service("nftables", _UNIT),
    )
    return Furnishing(files, units=("nftables.service",))


_UNIT: Mapping[str, object] = {
    "description": "nftables firewall",
    "after": ["sysinit.target"],
    "before": ["network-pre.target", "shutdown.target"],
    "conflicts": ["shutdown.target"],
    "wants": ["network-pre.target", "sysinit.target"],
    "wantedBy": ["multi-user.target"],
    "unitConfig": {"DefaultDependencies": False},
    "serviceConfig": {
        "Type": "oneshot",
        "RemainAfterExit": True,
        "StateDirectory": "nftables",
        "ExecStart": [f"touch {_PREVIOUS}", f"nft -f {_RULES}"],
        "ExecStartPost": f"cp {_DELETIONS} {_PREVIOUS}",
        "ExecStop": [f"nft -f {_PREVIOUS}", f"rm {_PREVIOUS}"],
    },
}
"""nixos/modules/services/networking/nftables.nix, which names the same programs in the store."""


def _options(given: _Given) -> Firewall:
    options = given.firewall
    return Firewall(
        anywhere=options.ports,
        interfaces={name: ports.ports for name, ports in given.interfaces.items()},
        # NixOS adds loopback itself, here it may be added yet
        trusted=tuple(dict.fromkeys((*options.trusted_interfaces, "lo"))),
        check_reverse_path=options.check_reverse_path,
        allow_ping=options.allow_ping,
        ping_limit=options.ping_limit,
        filter_forward=options.filter_forward,
        reject=options.reject_packets,
        log_connections=options.log_refused_connections,
        extra_input=options.extra_input_rules,
        extra_forward=options.extra_forward_rules,
        extra_reverse_path=options.extra_reverse_path_filter_rules,
    )
