"""Tunnels that the kernel makes, from the options of `networking.wireguard.interfaces`.

Follows nixpkgs' nixos/modules/services/networking/wireguard-networkd.nix as of nixos-26.05: networkd
reads keys as credentials of its own service.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.render import networkd
from sovereign.rehearse.values import Given, parse

STAND_IN = "WireGuard's netdev rendered from options"
_CREDENTIALS = "/etc/systemd/system/systemd-networkd.service.d/wireguard.conf"


class Peer(Given):
    """An element of `peers`."""

    public_key: str
    allowed_ips: tuple[str, ...] = Field(default=(), alias="allowedIPs")
    endpoint: str | None = None
    persistent_keepalive: int | None = None
    preshared_key_file: str | None = None


class Interface(Given):
    """An element of `interfaces`."""

    ips: tuple[str, ...] = ()
    listen_port: int | None = None
    mtu: int | None = None
    private_key_file: str
    fw_mark: str | None = None
    allowed_ips_as_routes: bool = Field(default=True, alias="allowedIPsAsRoutes")
    table: str = "main"
    metric: int | None = None
    peers: tuple[Peer, ...] = ()
    network: Mapping[str, object] = {}


class Wireguard(Given):
    """`networking.wireguard`, and of each interface what a host adds to networkd's file."""

    interfaces: Mapping[str, Interface] = {}


def tunnels(given: Mapping[str, object]) -> tuple[Placed, ...]:
    """Return networkd's files of each tunnel, and what gives networkd the keys."""
    interfaces = parse(Wireguard, given).interfaces
    credentials = [word for name, one in interfaces.items() for word in _keys(name, one)]
    lines = "".join(f"LoadCredential={name}:{file}\n" for name, file in credentials)
    return (
        *(file for name, one in sorted(interfaces.items()) for file in _files(name, one)),
        Placed(_CREDENTIALS, f"[Service]\n{lines}", stand_in=STAND_IN),
    )


def _files(name: str, interface: Interface) -> Iterator[Placed]:
    netdev = {
        "netdevConfig": _set(Kind="wireguard", Name=name, MTUBytes=interface.mtu),
        "wireguardConfig": _set(
            PrivateKey=f"@{_private(name)}",
            ListenPort=interface.listen_port,
            FirewallMark=interface.fw_mark,
            RouteTable=interface.table if interface.allowed_ips_as_routes else None,
            RouteMetric=interface.metric,
        ),
        "wireguardPeers": [
            _set(
                PublicKey=peer.public_key,
                PresharedKey=f"@{_shared(name, peer)}" if peer.preshared_key_file else None,
                AllowedIPs=peer.allowed_ips,
                Endpoint=peer.endpoint,
                PersistentKeepalive=peer.persistent_keepalive,
            )
            for peer in interface.peers
        ],
    }
    own = {"matchConfig": {"Name": name}, "address": list(interface.ips)}
    yield Placed(f"{networkd.FOLDER}/40-{name}.netdev", networkd.netdev(netdev), stand_in=STAND_IN)
    text = networkd.network({**own, **interface.network})
    yield Placed(f"{networkd.FOLDER}/40-{name}.network", text, stand_in=STAND_IN)


def _keys(name: str, interface: Interface) -> Iterator[tuple[str, str]]:
    yield _private(name), interface.private_key_file
    for peer in interface.peers:
        if peer.preshared_key_file:
            yield _shared(name, peer), peer.preshared_key_file


def _private(name: str) -> str:
    return f"wireguard-{name}-private-key"


def _shared(name: str, peer: Peer) -> str:
    """A credential's name may hold no slash."""
    return f"wireguard-{name}-{peer.public_key.replace('/', '-')}-preshared-key"


def _set(**options: str | int | Sequence[str] | None) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None
    }
