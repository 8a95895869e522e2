"""Throughput, inside: the bare link, a file over the encrypted share, and the tunnel, in turn."""

import re
import time
from collections.abc import Iterator

from bench.rehearsal import iperf
from bench.rehearsal.figures import Round, Throughput, WrongError
from bench.rehearsal.place import Place

from sovereign.rehearse.machine import Machine
from sovereign.rehearse.surroundings import FarEnd
from sovereign.rehearse.wiring import HOST, namespace
from sovereign.run import run

ROUNDS = 5
FILE_MIB = 256
_SENT, _GOT, _NAME = "/root/bench-sent", "/root/bench-got", "bench.bin"
_SPEED = re.compile(r"^\+F:\d+:[^:]+:([0-9.]+)$", re.MULTILINE)


def measure(place: Place) -> bytes:
    """Measure every path in turn, several times. Raises WrongError where one is not as it must be."""
    host = place.world.host
    for result in place.checked(("samba", "wireguard")).of("failed"):
        raise WrongError(f"{result.id}: {result.message}")
    place.tell("measure what one core encrypts")
    aes, chacha = (_encrypts(host, name) for name in ("aes-128-gcm", "chacha20-poly1305"))
    share = _Share(place)
    end, peer = _tunnel(place)
    iperf.serve(share.client)
    iperf.serve(peer)
    rounds = tuple(_rounds(place, share, end, "unpaced"))
    wire = _pace(place, share)
    paced = tuple(_rounds(place, share, end, "paced"))
    found = Throughput(rounds=rounds, paced=paced, wire=wire, aes=aes, chacha=chacha)
    return found.model_dump_json().encode()


class _Share:
    """A file of known hash, and a client that copies it to the share and back."""

    def __init__(self, place: Place) -> None:
        self.share = place.share()
        self.host = place.world.host
        self.client = place.world.machines[self.share.source]
        if place.host.samba is None:
            raise WrongError("the host shares no files")
        folder = place.host.samba.shares[self.share.share].path
        self.stored = f"{folder}/{_NAME}"
        self.account = place.account(self.client, self.share.users[0])
        neighbours = place.world.around.neighbours
        near = next(one for one in neighbours if one.zone == self.share.source)
        self.address = str(near.addresses[0].ip)
        self.link = near.host_interface
        self.client.run(("sh", "-c", f"head -c {FILE_MIB}M /dev/urandom >{_SENT}"))
        self.hash = _hash(self.client, _SENT)

    def write(self) -> float:
        """Copy to the share; return bytes a second."""
        rate = self._copy(f"put {_SENT} {_NAME}", backwards=True)
        require_same(_hash(self.host, self.stored), self.hash, "what was written")
        return rate

    def read(self) -> float:
        """Copy back; return bytes a second, and remove both."""
        rate = self._copy(f"get {_NAME} {_GOT}", backwards=False)
        require_same(_hash(self.client, _GOT), self.hash, "what was read")
        self.client.run(("rm", _GOT))
        self.host.run(("rm", self.stored))
        return rate

    def _copy(self, command: str, *, backwards: bool) -> float:
        size = FILE_MIB << 20
        before = iperf.crossed(self.host, self.link, backwards=backwards)
        begun = time.monotonic()
        self.client.run(smbclient(self.share.address, self.share.share, self.account, command))
        seconds = time.monotonic() - begun
        if iperf.crossed(self.host, self.link, backwards=backwards) - before < size:
            raise WrongError(f"the file did not go over {self.link}")
        return size / seconds


def smbclient(address: str, share: str, account: str, command: str) -> tuple[str, ...]:
    """Return the words that run a command on a share, encrypted. smbclient has one channel."""
    safe = ("-m", "SMB3_11", "--client-protection=encrypt")
    return ("smbclient", f"//{address}/{share}", "-A", account, *safe, "-c", command)


def require_same(found: str, wanted: str, what: str) -> None:
    """Raise WrongError where two hashes differ."""
    if found != wanted:
        raise WrongError(f"{what} is not what was sent: {found[:16]} instead of {wanted[:16]}")


def _hash(machine: Machine, path: str) -> str:
    return machine.run(("sha256sum", path)).out.partition(" ")[0]


def _rounds(place: Place, share: _Share, end: FarEnd, how: str) -> Iterator[Round]:
    for number in range(ROUNDS):
        place.tell(f"measure {how}, {number + 1} of {ROUNDS}")
        yield _round(place, share, end)


def _pace(place: Place, share: _Share) -> float:
    """Hold both cables, either way, to the rate of the host's interface; return it in bytes a second."""
    rate = place.host.hardware.nics[place.host.network.uplink.nic].rate
    uplink = place.world.around.uplink
    for space, link in (
        (HOST, share.link),
        (namespace(share.share.source), "eth0"),
        (HOST, uplink.host_interface),
        (namespace(uplink.zone), "uplink"),
    ):
        shape = ("tbf", "rate", f"{rate:d}bit", "burst", "256kb", "latency", "20ms")
        run(("tc", "-n", space, "qdisc", "replace", "dev", link, "root", *shape))
    return rate.bytes_per_second


def _round(place: Place, share: _Share, end: FarEnd) -> Round:
    host, uplink = place.world.host, place.world.around.uplink.host_interface
    return Round(
        to_host=iperf.speed(host, share.address, share.link, backwards=True),
        written=share.write(),
        from_host=iperf.speed(host, share.address, share.link),
        read=share.read(),
        outside=iperf.speed(host, str(end.address), uplink),
        tunnel=iperf.speed(host, str(end.inner[0].ip), end.interface),
    )


def _tunnel(place: Place) -> tuple[FarEnd, Machine]:
    for end in place.world.around.far_ends:
        machine = place.world.machines.get(end.zone)
        if machine is not None and machine.name == end.name:
            return end, machine
    raise WrongError("no tunnel has a far end here")


def _encrypts(host: Machine, cipher: str) -> float:
    """Return bytes a second that one core encrypts."""
    words = ("openssl", "speed", "-mr", "-seconds", "1", "-bytes", "16384", "-evp", cipher)
    out = host.run(words).out
    found = _SPEED.search(out)
    if found is None:
        raise WrongError(f"openssl tells no speed: {out.strip()[-200:]}")
    return float(found[1])
