"""What must be true of the network: interfaces and addresses, forwarding and TCP's settings."""

from collections.abc import Iterator

from sovereign.expectations.base import Expectation
from sovereign.expectations.interface import Interface, Vlan
from sovereign.expectations.origin import Origin, Origins
from sovereign.expectations.standing import zones_of
from sovereign.expectations.sysctl import KernelModule, Sysctl
from sovereign.expectations.unit import Unit
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory


def expect(inventory: Inventory, name: str) -> Iterator[Expectation]:
    """Say what must be true of the network."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    origin = Origins.of("network", inventory, name)
    yield Unit(**origin.own("network"), name="systemd-networkd.service")
    yield from _interfaces(fleet, host, origin)
    yield from _forwarding(fleet, host, origin)
    yield from _tuning(host, origin)


def _interfaces(fleet: Fleet, host: Host, origin: Origins) -> Iterator[Expectation]:
    uplink = host.network.uplink
    for nic, described in host.hardware.nics.items():
        address = str(uplink.address) if nic == uplink.nic and uplink.address else None
        yield Interface(
            **origin.own(*(("network", "uplink") if address else ("hardware", "nics", nic, "mac"))),
            name=nic,
            addresses=(address,) if address else (),
            mac=described.mac,
        )
    for zone, vlan in host.network.vlans.items():
        yield Interface(
            **origin.own("network", "vlans", zone, "address"),
            name=zone,
            addresses=(str(vlan.address),),
        )
        number = fleet.zones[zone].vlan
        if number is not None:
            yield Vlan(
                **origin.own("network", "vlans", zone, "nic"),
                name=zone,
                parent=vlan.nic,
                number=number,
            )


def _forwarding(fleet: Fleet, host: Host, origin: Origins) -> Iterator[Sysctl]:
    here = zones_of(fleet, host)
    for source, row in fleet.policy.items():
        for target, allowed in row.items():
            if allowed and source in here and target in here:
                key = origin.shared("policy", source, target)
                yield Sysctl(**key, name="net.ipv4.conf.all.forwarding", value="1")
                return


def _tuning(host: Host, origin: Origins) -> Iterator[Expectation]:
    tuning = host.network.tuning

    def key(name: str) -> Origin:
        return origin.own("network", "tuning", name)

    if host.access.ssh.listen or (host.database and host.database.zones):
        # Servers start before networkd has given the addresses that they listen on.
        early = ("access", "ssh", "listen") if host.access.ssh.listen else ("database", "zones")
        yield Sysctl(**origin.own(*early), name="net.ipv4.ip_nonlocal_bind", value="1")
    if tuning.congestion == "bbr":
        yield KernelModule(**key("congestion"), name="tcp_bbr")
    yield Sysctl(
        **key("congestion"), name="net.ipv4.tcp_congestion_control", value=tuning.congestion
    )
    yield Sysctl(**key("qdisc"), name="net.core.default_qdisc", value=tuning.qdisc)
    if tuning.ecn:
        yield Sysctl(**key("ecn"), name="net.ipv4.tcp_ecn", value="1")
    receive, send = int(tuning.receive_buffer), int(tuning.send_buffer)
    yield Sysctl(**key("receive_buffer"), name="net.core.rmem_max", value=str(receive))
    yield Sysctl(**key("send_buffer"), name="net.core.wmem_max", value=str(send))
    # Least, first and largest size; the first two are the kernel's own.
    yield Sysctl(**key("receive_buffer"), name="net.ipv4.tcp_rmem", value=f"4096 131072 {receive}")
    yield Sysctl(**key("send_buffer"), name="net.ipv4.tcp_wmem", value=f"4096 16384 {send}")
