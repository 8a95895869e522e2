"""The zones' policy on a real kernel: namespaces for the zones, the tables as NixOS loads them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

import pytest

from sovereign.generators import firewall
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import links
from sovereign.run import run

PORTS = (22, 443, 5432)
ALLOWED = {
    ("management", "ai", "tcp", 443),
    ("vpn", "management", "tcp", 443),
    ("vpn", "data", "tcp", 5432),
    ("vpn", "ai", "tcp", 443),
    ("ai", "home", "tcp", 443),
}
"""hosts/fleet.toml's policy; all else is dropped."""

CONTAINERS = "containers"
"""Behind an interface that no zone knows."""

NOT_DESCRIBED = {
    "internet": IPv4Interface("203.0.113.1/24"),
    CONTAINERS: IPv4Interface("10.88.0.1/24"),
}
"""The router's addresses that the inventory leaves to DHCP, or to podman."""

SERVER = """
import asyncio, sys
class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport): self.transport = transport
    def datagram_received(self, data, address): self.transport.sendto(data, address)
async def greet(reader, writer):
    writer.write(b"hello"); await writer.drain(); writer.close()
async def main():
    loop = asyncio.get_running_loop()
    for port in map(int, sys.argv[1:]):
        await asyncio.start_server(greet, "0.0.0.0", port)
        await loop.create_datagram_endpoint(Echo, local_addr=("0.0.0.0", port))
    print("listening", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""

CLIENT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def answers(target):
    zone, address, protocol, port = target
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(1.5)
        try:
            sock.connect((address, port))
            if protocol == "udp":
                sock.send(b"hello")
            return sock.recv(5) == b"hello"
        except OSError:
            return False
targets = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(targets)) as pool:
    print(json.dumps([t for t, yes in zip(targets, pool.map(answers, targets)) if yes]))
"""


@dataclass(frozen=True)
class Wires:
    """A router with the host's interfaces, and behind each a namespace with a server and a client."""

    router: str
    namespaces: dict[str, str]
    addresses: dict[str, IPv4Address]

    def load(self, *tables: str) -> None:
        """Replace the router's rules."""
        within(self.router, "nft", "-f", "-", stdin="\n".join(("flush ruleset", *tables)))

    def reached(self) -> set[tuple[str, str, str, int]]:
        """Who gets an answer from whom, by which protocol, on which port."""
        with ThreadPoolExecutor(len(self.namespaces)) as pool:
            return {hit for hits in pool.map(self._reached_from, self.namespaces) for hit in hits}

    def _reached_from(self, source: str) -> set[tuple[str, str, str, int]]:
        targets = [
            (zone, str(address), protocol, port)
            for zone, address in self.addresses.items()
            if zone != source
            for protocol in ("tcp", "udp")
            for port in PORTS
        ]
        done = within(self.namespaces[source], sys.executable, "-c", CLIENT, json.dumps(targets))
        return {(source, zone, protocol, port) for zone, _, protocol, port in json.loads(done)}


def within(namespace: str, *argv: str, stdin: str = "") -> str:
    return run(["ip", "netns", "exec", namespace, *argv], stdin=stdin).out


@pytest.fixture(scope="module")
def wires(kernel: None, fleet: Inventory) -> Iterator[Wires]:
    del kernel
    interfaces = {
        link.zone: (link.interface, link.address or NOT_DESCRIBED[link.zone])
        for link in links(fleet.fleet, fleet.hosts["cloudlab"])
    }
    interfaces[CONTAINERS] = ("podman0", NOT_DESCRIBED[CONTAINERS])
    router = f"sov{os.getpid()}"
    namespaces = {zone: f"{router}-{zone}" for zone in interfaces}
    servers: list[subprocess.Popen[str]] = []
    try:
        run(["ip", "netns", "add", router])
        within(router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        for zone, (interface, address) in interfaces.items():
            connect(router, interface, address, namespaces[zone])
            servers.append(serve(namespaces[zone]))
        peers = {zone: neighbour(address).ip for zone, (_, address) in interfaces.items()}
        yield Wires(router, namespaces, peers)
    finally:
        for server in servers:
            server.kill()
            server.communicate()
        for namespace in (router, *namespaces.values()):
            run(["ip", "netns", "delete", namespace], check=False)


def connect(router: str, interface: str, address: IPv4Interface, namespace: str) -> None:
    run(["ip", "netns", "add", namespace])
    within(
        router, "ip", "link", "add", interface, "type", "veth", "peer", "eth0", "netns", namespace
    )
    for place, name, own in (
        (router, interface, address),
        (namespace, "eth0", neighbour(address)),
    ):
        within(place, "ip", "address", "add", str(own), "dev", name)
        within(place, "ip", "link", "set", name, "up")
    within(namespace, "ip", "route", "add", "default", "via", str(address.ip))


def neighbour(address: IPv4Interface) -> IPv4Interface:
    return IPv4Interface(f"{address.network[77]}/{address.network.prefixlen}")


def serve(namespace: str) -> subprocess.Popen[str]:
    argv = ["ip", "netns", "exec", namespace, sys.executable, "-c", SERVER, *map(str, PORTS)]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "listening\n"
    return server


@pytest.fixture(scope="module")
def made(fleet: Inventory) -> dict[str, str]:
    return {output.name: output.text for output in firewall.generate(fleet, "cloudlab")}


def zones(content: str) -> str:
    """Our table, as networking.nftables.tables wraps it."""
    return f"table inet zones {{\n{content}\n}}"


def nixos(extra_forward_rules: str) -> str:
    """What `filterForward = true` does: established flows pass, then the extra rules, then none."""
    return f"""
        table inet nixos-fw {{
          chain forward {{
            type filter hook forward priority filter; policy drop;
            ct state established,related accept
            {extra_forward_rules}
          }}
        }}
    """


def test_zones_reach_what_the_policy_names_and_nothing_else(
    wires: Wires, made: dict[str, str]
) -> None:
    wires.load(zones(made["zones.nft"]), nixos(made["forward.nft"]))
    assert wires.reached() == ALLOWED


def test_every_server_answers_where_nothing_filters(wires: Wires) -> None:
    wires.load()
    reached = wires.reached()
    names = set(wires.namespaces)
    assert reached == {
        (source, target, protocol, port)
        for source in names
        for target in names - {source}
        for protocol in ("tcp", "udp")
        for port in PORTS
    }


def test_an_accept_in_our_table_alone_does_not_pass_the_firewall_of_nixos(
    wires: Wires, made: dict[str, str]
) -> None:
    wires.load(zones(made["zones.nft"]), nixos(""))
    assert wires.reached() == set()


def test_what_comes_from_no_zone_is_left_to_the_firewall_of_nixos(
    wires: Wires, made: dict[str, str]
) -> None:
    egress = 'iifname "podman0" oifname "uplink" tcp dport 443 accept'
    wires.load(zones(made["zones.nft"]), nixos(f"{made['forward.nft']}\n{egress}"))
    assert wires.reached() == ALLOWED | {(CONTAINERS, "internet", "tcp", 443)}


def test_a_rule_added_to_the_table_opens_a_way_into_no_zone(
    wires: Wires, made: dict[str, str]
) -> None:
    ingress = 'chain forward { iifname "management" oifname "podman0" tcp dport 443 accept; }'
    wires.load(zones(f"{made['zones.nft']}\n{ingress}"), nixos(made["forward.nft"]))
    assert wires.reached() == ALLOWED | {("management", CONTAINERS, "tcp", 443)}
