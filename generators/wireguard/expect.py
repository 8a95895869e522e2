"""What must be true of the tunnels: their interfaces, keys and peers, and that these are heard."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.interface import Interface
from sovereign.expectations.origin import Origins
from sovereign.expectations.socket import Socket
from sovereign.expectations.tunnel import Handshake, Peer, Tunnel
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import tunnel_interface, tunnel_peers


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the host's tunnels."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin = Origins.of("wireguard", inventory, name)
    for tunnel, end in host.network.tunnels.items():
        interface, described = tunnel_interface(tunnel), fleet.tunnels[tunnel]
        port = fleet.ports[described.port].port
        peers = tuple(tunnel_peers(inventory, name, tunnel))
        key = ("network", "tunnels", tunnel)
        yield Interface(
            **origin.own(*key, "address"), name=interface, addresses=(str(end.address),)
        )
        yield Socket(
            **origin.shared("tunnels", tunnel, "port"),
            protocol="udp",
            port=port,
            addresses=("*",),
        )
        yield Tunnel(
            **origin.own(*key),
            interface=interface,
            port=port,
            public_key=end.public_key,
            peers=tuple(
                Peer(
                    public_key=peer.public_key,
                    allowed_ips=tuple(map(str, peer.allowed_ips)),
                    keepalive_s=None if peer.keepalive is None else int(peer.keepalive),
                )
                for peer in peers
            ),
        )
        if peers:
            yield Handshake(
                **origin.own(*key, "peers"),
                source=described.zone,
                interface=interface,
                address=str(end.address.ip),
            )
