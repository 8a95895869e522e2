"""What `wg setconf` reads, from the options of `networking.wireguard.interfaces`.

Stands in for the [WireGuard] and [WireGuardPeer] sections that networkd is given by nixpkgs'
nixos/modules/services/networking/wireguard-networkd.nix as of nixos-26.05, on a kernel that has no
WireGuard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """A far end. Its endpoint is set apart from this: a name may not be known yet."""

    public_key: str
    allowed_ips: tuple[str, ...]
    persistent_keepalive: int | None = None


def render(
    peers: Sequence[Peer], *, listen_port: int | None = None, firewall_mark: str | None = None
) -> str:
    """Return the text. It holds no key but public ones."""
    own = {"ListenPort": listen_port, "FwMark": firewall_mark}
    return "\n".join((_section("Interface", own), *map(_peer, peers)))


def _peer(peer: Peer) -> str:
    told = {
        "PublicKey": peer.public_key,
        "AllowedIPs": ", ".join(peer.allowed_ips),
        "PersistentKeepalive": peer.persistent_keepalive,
    }
    return _section("Peer", told)


def _section(header: str, values: Mapping[str, str | int | None]) -> str:
    lines = (f"{key} = {value}\n" for key, value in values.items() if value not in (None, ""))
    return f"[{header}]\n{''.join(lines)}"
