"""The kernel's SMB client: how many channels it gets, over which links, encrypted, and how fast."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Interface

from sovereign.expectations.smb import SmbChannels
from sovereign.rehearse.surroundings import FarEnd, Neighbour
from sovereign.rehearse.vm.host import RehearsedHost
from sovereign.rehearse.vm.proof import Proof, Tell, expect, prove
from sovereign.rehearse.wiring import namespace

CHANNELS = 4
"""What a client asks for."""

_CONFIGURATION = "/etc/samba/smb.conf"
_CREDENTIALS = "/run/rehearsal-smb"
_PLACE = "/run/rehearsal-share"
_MIB = 16
_ENCRYPTED_EVERYWHERE = (
    f"sed -i.before 's/^\\(\\s*server smb encrypt\\s*=\\).*/\\1 required/' {_CONFIGURATION} && "
    f"! cmp -s {_CONFIGURATION} {_CONFIGURATION}.before"
)
_MOUNT = """mkdir -p {place}
mount -t cifs -o vers=3.1.1,multichannel,max_channels={channels},credentials={credentials} //{address}/{share} {place}
sleep 2
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """What /proc/fs/cifs/DebugData tells of one mount: channels by the server's address."""

    channels: dict[str, int]
    encrypted: bool

    @property
    def count(self) -> int:
        """All channels."""
        return sum(self.channels.values())


@dataclass(frozen=True, slots=True)
class _Client:
    """A far end that also stands in a zone: two links to the host's shares."""

    name: str
    share: str
    user: str
    address: str
    at_least: int


def connection(text: str) -> Connection:
    """Read DebugData of a kernel with one mount."""
    addresses = re.findall(r"IPv[46]: (\S+)\n(?:.*\n)*?\s*Allocated channels: (\d+)", text)
    channels = {address: int(count) for address, count in addresses if int(count)}
    if not channels and "Address:" in text:
        channels = dict.fromkeys(re.findall(r"Address: (\S+)", text)[:1], 1)
    return Connection(channels, bool(re.search(r"SessionId: \S+ encrypted", text)))


def cifs_proofs(host: RehearsedHost, tell: Tell) -> Iterator[Proof]:
    """Prove how the kernel's client sees the shares, from a client with two links."""
    name = "a Linux client with two links gets several channels, encrypted"
    client = _client(host)
    if client is None:
        yield Proof(name, "skipped", "no far end's zone and no VLAN may both reach the shares")
        return
    several = prove(name, partial(_channels, host, client), tell)
    yield several
    name = 'with "server smb encrypt = required" for all shares it is left with one'
    if several.outcome == "passed":
        yield prove(name, partial(_lost, host, client), tell)
    else:
        yield Proof(name, "skipped", "there are not several to lose")


def share_throughput(host: RehearsedHost) -> dict[str, float]:
    """Measure what the kernel's client writes and reads, in Mbit/s."""
    client = _client(host)
    if client is None:
        return {}
    file = f"{_PLACE}/rehearsal"
    with_share = _mount(client)
    timed = "date +%s.%N"
    write = f"dd if=/dev/urandom of={file} bs=1M count={_MIB} conv=fsync status=none"
    read = f"echo 3 >/proc/sys/vm/drop_caches; dd if={file} of=/dev/null bs=1M status=none"
    commands = f"{with_share}{timed}\n{write}\n{timed}\n{read}\n{timed}\nrm {file}\numount {_PLACE}"
    times = [float(line) for line in host.at(client.name, commands, timeout=300).out.split()]
    written, back = times[1] - times[0], times[2] - times[1]
    bits = _MIB * 8 * 1.048576
    return {"SMB write, Mbit/s": bits / written, "SMB read, Mbit/s": bits / back}


def _client(host: RehearsedHost) -> _Client | None:
    """Let a far end stand in a zone as well, and leave it the credentials of a user."""
    samba = host.inventory.hosts[host.name].samba
    if samba is None:
        return None
    end = next((one for one in host.around.far_ends if one.zone in samba.zones), None)
    near = next((one for one in host.around.neighbours if one.zone in samba.zones), None)
    asked = [one for one in host.document.expectations if isinstance(one, SmbChannels)]
    found = next((one for one in asked if near and one.source == near.zone), None)
    if end is None or near is None or found is None:
        return None
    password = host.keys.credentials[f"samba/{found.user}"]
    host.run(
        f"modprobe cifs; umask 077; cat >{_CREDENTIALS} <<'END'\n"
        f"username={found.user}\npassword={password}\nEND"
    )
    host.run(_second_link(near, end))
    return _Client(end.name, found.share, found.user, found.address, found.at_least)


def _second_link(near: Neighbour, end: FarEnd) -> str:
    """Give the far end an interface of its own in the zone."""
    there, here = namespace(near.zone), namespace(end.name)
    taken = {address.ip for address in near.addresses} | {near.host_address}
    network = near.addresses[0].network
    free = next(host for host in reversed(list(network.hosts())) if host not in taken)
    address = IPv4Interface(f"{free}/{network.prefixlen}")
    return f"""ip -n {here} link show second >/dev/null 2>&1 && exit 0
ip -n {there} link add link eth0 name second type macvlan mode bridge
ip -n {there} link set second netns {here}
ip -n {here} address add {address} dev second
ip -n {here} link set second up
ip -n {here} route replace {network} dev second src {free}
"""


def _channels(host: RehearsedHost, client: _Client) -> str:
    seen = _connect(host, client)
    expect(seen.encrypted, "the session is not encrypted")
    links = ", ".join(f"{count} to {address}" for address, count in seen.channels.items())
    expect(seen.count >= client.at_least, f"{seen.count} of {CHANNELS} channels: {links}")
    return f"{seen.count} of the {CHANNELS} that it asks for: {links}; encrypted"


def _lost(host: RehearsedHost, client: _Client) -> str:
    host.run(f"{_ENCRYPTED_EVERYWHERE}\nsystemctl restart samba-smbd.service")
    try:
        seen = _connect(host, client)
    finally:
        back = f"mv {_CONFIGURATION}.before {_CONFIGURATION}"
        host.run(f"{back}\nsystemctl restart samba-smbd.service")
    expect(seen.count == 1, f"{seen.count} channels: the global form keeps them here")
    return "one channel: so encryption is asked for per share"


def _connect(host: RehearsedHost, client: _Client) -> Connection:
    """Mount, look and unmount."""
    look = f"cat /proc/fs/cifs/DebugData\numount {_PLACE}"
    return connection(host.at(client.name, f"{_mount(client)}{look}", timeout=180).out)


def _mount(client: _Client) -> str:
    return _MOUNT.format(
        place=_PLACE,
        channels=CHANNELS,
        credentials=_CREDENTIALS,
        address=client.address,
        share=client.share,
    )
