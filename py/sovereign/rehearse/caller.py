"""The far ends of the host's tunnels: they call it, and call anew when it has forgotten them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sovereign.rehearse.job import FarKey
from sovereign.rehearse.machine import Machine
from sovereign.rehearse.surroundings import FarEnd, Surroundings

_ANSWERED_S = 6


@dataclass(frozen=True, slots=True)
class Caller:
    """A machine with a tunnel to the host."""

    machine: Machine
    link: str
    configuration: str = field(repr=False)

    def call(self) -> None:
        """Begin anew: a session that the host has forgotten would only be missed after a while."""
        self.machine.run(("wg", "setconf", self.link, "/dev/stdin"), stdin=self.configuration)

    @property
    def answered(self) -> bool:
        """Whether the host has answered since the last call."""
        said = self.machine.run(("wg", "show", self.link, "latest-handshakes"), check=False).out
        return any(line.split()[-1] != "0" for line in said.splitlines())


def join(machine: Machine, around: Surroundings, end: FarEnd, key: FarKey) -> Caller:
    """Give a far end its tunnel; everything that the host leads on goes through it."""
    link = f"wg-{around.far_ends.index(end)}"
    listen = f"ListenPort = {end.port}\n" if end.port else ""
    shared = f"PresharedKey = {key.preshared_key}\n" if key.preshared_key else ""
    configuration = (
        f"[Interface]\nPrivateKey = {key.private_key}\n{listen}"
        f"[Peer]\nPublicKey = {end.host_public_key}\n{shared}AllowedIPs = 0.0.0.0/0\n"
        f"Endpoint = {around.uplink.host_address}:{end.host_port}\n"
        f"PersistentKeepalive = {end.keepalive_s}\n"
    )
    machine.run(("wireguard-go", link))
    for address in end.inner:
        machine.run(("ip", "address", "add", f"{address.ip}/32", "dev", link))
    machine.run(("ip", "link", "set", link, "mtu", "1420", "up"))
    beyond = (address.network for address in around.uplink.addresses[1:])
    for network in (*around.routes, *beyond):
        if not any(one.network == network for one in end.inner):
            machine.run(("ip", "route", "replace", str(network), "dev", link))
    return Caller(machine, link, configuration)


def call_all(callers: Sequence[Caller]) -> None:
    """Have all call; return when the host has answered each, or has had the time for it."""
    for caller in callers:
        caller.call()
    end = time.monotonic() + _ANSWERED_S
    while time.monotonic() < end and not all(caller.answered for caller in callers):
        time.sleep(0.1)
