"""VLANs, WireGuard and BBR with fq in a real kernel: what network namespaces alone cannot show."""

import re
from collections.abc import Iterator
from functools import partial

from pydantic import BaseModel

from sovereign.rehearse.surroundings import FarEnd, Neighbour
from sovereign.rehearse.vm.host import RehearsedHost
from sovereign.rehearse.vm.proof import Proof, Tell, expect, prove

_PORT = 5210
_SECONDS = 3
"""Of each measurement."""

_SENT = re.compile(r"\bbytes_sent:(\d+)")
_MEASURE = """
iperf3 --client {address} --port {port} --time {seconds} --json >/run/iperf.json &
# Slow as it is, it begins when something was sent.
for try in $(seq 60); do
  sleep 0.3
  if ss -tino dst {address} | grep -Eq 'bytes_sent:[0-9]{{5}}'; then break; fi
done
ss -tino dst {address}
tc -s qdisc show dev {link}
wait $!
"""


class _Sum(BaseModel):
    bits_per_second: float


class _End(BaseModel):
    sum_received: _Sum


class _Iperf(BaseModel):
    end: _End


def network_proofs(host: RehearsedHost, tell: Tell) -> Iterator[Proof]:
    """Prove that the kernel's own VLANs, tunnels and queues do what the options ask for."""
    zones = host.inventory.fleet.zones
    for one in host.around.neighbours:
        name = f"VLAN {zones[one.zone].vlan}: {one.zone} and the host reach each other by its tag"
        yield prove(name, partial(_vlan, host, one), tell)
    for end in host.around.far_ends:
        name = (
            f"the kernel's WireGuard: {end.name} and the host reach each other by {end.interface}"
        )
        yield prove(name, partial(_tunnel, host, end), tell)
    tuning = host.inventory.hosts[host.name].network.tuning
    if host.around.neighbours:
        name = f"connections are sent by {tuning.congestion}, paced by {tuning.qdisc}"
        yield prove(name, partial(_paced, host), tell)


def throughput(host: RehearsedHost) -> dict[str, float]:
    """Measure what the host sends over the bare link, a VLAN and a tunnel, in Mbit/s."""
    found: dict[str, float] = {}
    for one in host.around.neighbours[:1]:
        address = str(one.addresses[0].ip)
        found[f"VLAN {one.zone}, Mbit/s"] = _send(host, one.zone, address)[0]
    for end in host.around.far_ends[:1]:
        found["bare link, Mbit/s"] = _send(host, end.name, str(end.address))[0]
        found["WireGuard, Mbit/s"] = _send(host, end.name, str(end.inner[0].ip))[0]
    return found


def _vlan(host: RehearsedHost, one: Neighbour) -> str:
    """Its machine's interface takes in what bears the tag and nothing else."""
    vlan = host.inventory.fleet.zones[one.zone].vlan
    shown = host.run(f"ip -d link show dev {one.host_interface}").out
    expect(f"vlan protocol 802.1Q id {vlan} " in shown, f"{one.host_interface} is: {shown}")
    host.at(one.zone, f"ping -c 3 -i 0.3 -W 2 {one.host_address}")
    host.run(f"ping -c 3 -i 0.3 -W 2 -I {one.host_interface} {one.addresses[0].ip}")
    seen = host.at(one.zone, "ip -s link show dev eth0").out
    return f"{one.host_address} answers; {_received(seen)} frames came out of the trunk"


def _received(shown: str) -> str:
    """The count of packets below "RX:"."""
    return shown.partition("RX:")[2].split("\n")[1].split()[1]


def _tunnel(host: RehearsedHost, end: FarEnd) -> str:
    shown = host.run(f"ip -d link show dev {end.interface}; ! pgrep wireguard-go").out
    expect("wireguard" in shown, f"{end.interface} is: {shown}")
    host.at(end.name, f"ping -c 4 -i 0.5 -W 5 {end.host_inner}")
    host.run(f"ping -c 2 -i 0.5 -W 5 {end.inner[0].ip}")
    moved = host.run(f"wg show {end.interface} transfer").out.split()
    sent, received = moved[2], moved[1]
    return f"{end.host_inner} answers; {received} B in, {sent} B out, in the kernel"


def _paced(host: RehearsedHost) -> str:
    tuning = host.inventory.hosts[host.name].network.tuning
    one = host.around.neighbours[0]
    rate, said = _send(host, one.zone, str(one.addresses[0].ip))
    connection = busiest(said)
    expect(f" {tuning.congestion} " in f" {connection.strip()} ", f"a connection is: {connection}")
    if tuning.ecn:
        expect(" ecn " in connection, f"ECN was not agreed on: {connection}")
    link = host.around.uplink.host_interface
    queue = re.search(rf"qdisc {tuning.qdisc} \S+ root.*?Sent (\d+) bytes", said, re.DOTALL)
    expect(queue is not None, f"the queue of {link} is: {said[said.find('qdisc') :][:200]}")
    sent = int(queue[1]) if queue else 0
    expect(sent > 0, f"nothing went through {tuning.qdisc}")
    pacing = re.search(r"pacing_rate (\S+)", connection)
    return f"{rate:.0f} Mbit/s, paced at {pacing[1] if pacing else 'no rate'}; {sent} B by {link}"


def busiest(said: str) -> str:
    """The line of ss about the connection that sent most: beside it a client has one for control."""
    found = {int(sent[1]): line for line in said.splitlines() if (sent := _SENT.search(line))}
    return found[max(found)] if found else ""


def _send(host: RehearsedHost, who: str, address: str) -> tuple[float, str]:
    """Send from the host to a machine; return Mbit/s, and how connection and queue looked."""
    listen = f"iperf3 --server --one-off --daemon --port {_PORT} --bind {address}"
    host.at(who, f"{listen} --idle-timeout 20; sleep 1")
    words = {"address": address, "port": _PORT, "seconds": _SECONDS}
    said = host.run(_MEASURE.format(**words, link=host.around.uplink.host_interface)).out
    measured = _Iperf.model_validate_json(host.run("cat /run/iperf.json").out)
    return measured.end.sum_received.bits_per_second / 1e6, said
