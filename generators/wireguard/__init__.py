"""wireguard: the host's ends of the fleet's tunnels."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import TunnelPeer, tunnel_interface, tunnel_peers


@dataclass(frozen=True, slots=True)
class _Peer:
    name: str
    public_key: str
    preshared_key: str | None
    allowed_ips: tuple[str, ...]
    endpoint: str | None
    keepalive: int | None


@dataclass(frozen=True, slots=True)
class _Interface:
    name: str
    address: str
    port: int
    mtu: int
    public_key: str
    private_key: str
    peers: tuple[_Peer, ...]


@dataclass(frozen=True, slots=True)
class _View:
    interfaces: tuple[_Interface, ...]
    stand_ins: tuple[str, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `wireguard.nix`, if the host joins a tunnel."""
    if inventory.hosts[name].network.tunnels:
        interfaces = tuple(
            _interface(inventory, name, tunnel) for tunnel in inventory.hosts[name].network.tunnels
        )
        stand_ins = tuple(stand_in for each in interfaces for stand_in in _stand_ins(each))
        yield module("wireguard", name, _View(interfaces, stand_ins))


def _interface(inventory: Inventory, name: str, tunnel: str) -> _Interface:
    fleet, end = inventory.fleet, inventory.hosts[name].network.tunnels[tunnel]
    return _Interface(
        name=tunnel_interface(tunnel),
        address=str(end.address),
        port=fleet.ports[fleet.tunnels[tunnel].port].port,
        mtu=fleet.tunnels[tunnel].mtu,
        public_key=end.public_key,
        private_key=end.private_key.path,
        peers=tuple(map(_peer, tunnel_peers(inventory, name, tunnel))),
    )


def _stand_ins(interface: _Interface) -> Iterator[str]:
    """What networkd is given for each credential of a tunnel (by NixOS's name) whose file is missing.

    No private key: networkd leaves the tunnel out. For a preshared key one that the peer cannot
    have, the host's own public key: without any, a peer that lacks the file as well would be heard.
    """
    yield f"wireguard-{interface.name}-private-key:missing"
    for peer in interface.peers:
        if peer.preshared_key:
            yield f"wireguard-{interface.name}-{peer.name}-preshared-key:{interface.public_key}"


def _peer(peer: TunnelPeer) -> _Peer:
    return _Peer(
        name=peer.name,
        public_key=peer.public_key,
        preshared_key=peer.preshared_key.path if peer.preshared_key else None,
        allowed_ips=tuple(map(str, peer.allowed_ips)),
        endpoint=peer.endpoint,
        keepalive=None if peer.keepalive is None else int(peer.keepalive),
    )
