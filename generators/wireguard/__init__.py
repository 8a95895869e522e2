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
    private_key: str
    peers: tuple[_Peer, ...]


@dataclass(frozen=True, slots=True)
class _View:
    interfaces: tuple[_Interface, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `wireguard.nix`, if the host joins a tunnel."""
    if inventory.hosts[name].network.tunnels:
        interfaces = tuple(
            _interface(inventory, name, tunnel) for tunnel in inventory.hosts[name].network.tunnels
        )
        yield module("wireguard", name, _View(interfaces))


def _interface(inventory: Inventory, name: str, tunnel: str) -> _Interface:
    fleet, end = inventory.fleet, inventory.hosts[name].network.tunnels[tunnel]
    return _Interface(
        name=tunnel_interface(tunnel),
        address=str(end.address),
        port=fleet.ports[fleet.tunnels[tunnel].port].port,
        mtu=fleet.tunnels[tunnel].mtu,
        private_key=end.private_key.path,
        peers=tuple(map(_peer, tunnel_peers(inventory, name, tunnel))),
    )


def _peer(peer: TunnelPeer) -> _Peer:
    return _Peer(
        name=peer.name,
        public_key=peer.public_key,
        preshared_key=peer.preshared_key.path if peer.preshared_key else None,
        allowed_ips=tuple(map(str, peer.allowed_ips)),
        endpoint=peer.endpoint,
        keepalive=None if peer.keepalive is None else int(peer.keepalive),
    )
