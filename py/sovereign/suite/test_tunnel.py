"""WireGuard tunnels. The private key is never asked for."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network

from pydantic import BaseModel

from sovereign.expectations.tunnel import Handshake, Tunnel
from sovereign.suite.vantage import Vantage, parsed, require


class _Route(BaseModel):
    dst: str


def test_tunnel(expectation: Tunnel, inside: Vantage) -> None:
    """The interface has its own key and port, and exactly its peers; their networks are routed to it."""
    name = expectation.interface
    done = inside.run("wg", "show", name, "public-key")
    require(done.code == 0, f"there is no tunnel {name}")
    key, port = done.out.strip(), inside.output("wg", "show", name, "listen-port").strip()
    require(
        key == expectation.public_key,
        f"the key of {name} must be {expectation.public_key}, and is {key}",
    )
    require(
        port == str(expectation.port),
        f"{name} must listen on {expectation.port}, and does on {port}",
    )
    peers = {line[0] for line in _show(inside, name, "peers")}
    expected = {peer.public_key for peer in expectation.peers}
    require(peers <= expected, f"{name} has a peer that nobody gave: {_named(peers - expected)}")
    require(peers >= expected, f"{name} lacks a peer: {_named(expected - peers)}")
    allowed = {line[0]: set(line[1:]) for line in _show(inside, name, "allowed-ips")}
    alive = {line[0]: line[1] for line in _show(inside, name, "persistent-keepalive")}
    routes = _routes(inside, name)
    for peer in expectation.peers:
        who = f"peer {peer.public_key} of {name}"
        networks = set(peer.allowed_ips)
        found = allowed[peer.public_key]
        require(found == networks, f"{who} must be led {_named(networks)}, and is {_named(found)}")
        keepalive = str(peer.keepalive_s or "off")
        require(
            alive[peer.public_key] == keepalive,
            f"the keepalive of {who} must be {keepalive}, and is {alive[peer.public_key]}",
        )
        lost = [text for text in peer.allowed_ips if not _covered(text, routes)]
        require(not lost, f"no route leads {', '.join(lost)} into {name}")


def test_handshake(
    expectation: Handshake, inside: Vantage, from_zone: Callable[[str], Vantage]
) -> None:
    """The address answers a ping from there, and the tunnel has seen a handshake."""
    source, name = from_zone(expectation.source), expectation.interface
    source.need("ping")
    done = source.run("ping", "-c", "4", "-i", "0.5", "-W", "2", expectation.address)
    way = f"from {expectation.source} to {expectation.address}"
    require(done.code == 0, f"no answer to a ping {way}")
    times = [line[-1] for line in _show(inside, name, "latest-handshakes")]
    seen = any(time.isdigit() and time != "0" for time in times)
    require(seen, f"the ping {way} did not go through {name}")


def _show(inside: Vantage, interface: str, what: str) -> list[list[str]]:
    out = inside.output("wg", "show", interface, what)
    return [line.split() for line in out.splitlines() if line.strip()]


def _routes(inside: Vantage, interface: str) -> list[IPv4Network | IPv6Network]:
    found = []
    for family in ("-4", "-6"):
        out = inside.output("ip", "-json", family, "route", "show", "dev", interface)
        for route in parsed(list[_Route], out or "[]", "ip"):
            any_network = "0.0.0.0/0" if family == "-4" else "::/0"
            found.append(ip_network(any_network if route.dst == "default" else route.dst))
    return found


def _covered(text: str, routes: list[IPv4Network | IPv6Network]) -> bool:
    network = ip_network(text)
    first = network.network_address
    return any(
        first in route and network.prefixlen >= route.prefixlen
        for route in routes
        if route.version == network.version
    )


def _named(values: set[str]) -> str:
    return ", ".join(sorted(values)) or "nothing"
