"""Who the rehearsed host is, and the machines that it may call by name."""

from collections.abc import Mapping

from pydantic import Field

from sovereign.rehearse.furnish import Furnishing, Placed, World
from sovereign.rehearse.values import Given, parse

_NIXOS = "Debian stands in for NixOS: there is no Nix on it"
UNPROVEN = (
    ("nixos-release: .*", _NIXOS),
    ("nix-setting: .*", _NIXOS),
    ("timer: nix-.*", _NIXOS),
)
_STAND_IN = "rendered from networking options"


class _System(Given):
    host_name: str
    domain: str | None
    enable_ipv6: bool = Field(alias="enableIPv6")
    host_id: str | None
    hosts: Mapping[str, tuple[str, ...]]
    time_zone: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """By which it calls itself, the full one first."""
        full = (f"{self.host_name}.{self.domain}",) if self.domain else ()
        return (*full, self.host_name)


def furnish(given: Mapping[str, object], world: World) -> Furnishing:
    """Return its name, its id, its time zone and its table of hosts."""
    system = parse(_System, given)
    zone = system.time_zone or "UTC"
    commands = [
        ("hostname", system.host_name),
        ("ln", "--symbolic", "--force", f"/usr/share/zoneinfo/{zone}", "/etc/localtime"),
    ]
    if system.host_id is not None:
        commands.append(("sh", "-c", f"printf '{_octal(system.host_id)}' > /etc/hostid"))
    return Furnishing(
        files=(
            Placed("/etc/hostname", f"{system.host_name}\n", stand_in=_STAND_IN),
            Placed("/etc/hosts", _hosts(system, world), stand_in=_STAND_IN),
        ),
        commands=tuple(commands),
    )


def _octal(host_id: str) -> str:
    """Write the bytes of a host id, the lowest first, as printf(1) reads them."""
    return "".join(f"\\{byte:03o}" for byte in reversed(bytes.fromhex(host_id)))


def _hosts(system: _System, world: World) -> str:
    """Return /etc/hosts as NixOS's networking.nix writes it, and the machines of the world."""
    own = {"127.0.0.2": system.names, **system.hosts}
    loopback = ["127.0.0.1 localhost", *(["::1 localhost"] if system.enable_ipv6 else [])]
    names = [f"{address} {' '.join(names)}" for address, names in sorted(own.items()) if names]
    peers = [f"{address} {name}" for name, address in sorted(world.peers.items())]
    return "\n".join([*loopback, *names, *peers, ""])
