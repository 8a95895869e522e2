"""How fast a share can be: the slowest link on the path, less what headers take of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.expect import ShareExpectation
from sovereign.inventory.load import Inventory
from sovereign.review.rule import Hit, Subject, host_rule
from sovereign.units import Rate

ETHERNET = 38
"""Preamble 8, header 14, checksum 4 and the gap of 12 between frames (IEEE 802.3)."""

VLAN_TAG = 4
"""IEEE 802.1Q."""

OUTER = 32 + 8 + 20
"""What a tunnel adds: WireGuard's header and tag 32, UDP 8, IPv4 20."""

INNER = 20 + 20 + 12
"""IPv4 20, TCP 20 and its time stamps 12 (RFC 7323)."""

RSS_CHANNELS = 4
"""Channels that a Windows client opens to a network port that has receive side scaling."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A link on the path, with its rate."""

    name: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a share can give on one path.

    `raw` is the slowest link's rate; `net` is what is left for data when `payload` of every `wire`
    bytes on that link are data; `channels` are the SMB channels that a client opens.
    """

    path: str
    limit: Segment
    raw: Rate
    net: Rate
    payload: int
    wire: int
    channels: int

    def arithmetic(self) -> str:
        """The sum in words."""
        return (
            f"{self.path}: slowest is {self.limit.name}, {self.raw} = {self.raw.human_bytes()}\n"
            f"{self.payload} of {self.wire} bytes of each frame are data: "
            f"{self.raw.human_bytes()} x {self.payload}/{self.wire} = {self.net.human_bytes()}"
        )


@lru_cache(maxsize=64)
def ceiling(inventory: Inventory, name: str, share: str) -> Ceiling | None:
    """The ceiling of a host's share on the path of its expectation, else from the local network.

    None where there is no such path: the host does not take part in it, or the share is not open
    to its zone.
    """
    expected = inventory.hosts[name].expect.shares.get(share)
    if expected is None or expected.tunnel is None:
        return _local(inventory, name)
    return _through_tunnel(inventory, name, expected.tunnel, expected.peer)


def frame(mtu: int, tag: int = 0) -> tuple[int, int]:
    """Bytes of data in a full TCP segment of an interface, and bytes on its wire."""
    return mtu - INNER, mtu + ETHERNET + tag


def tunnel_frame(mtu: int) -> tuple[int, int]:
    """The same through a WireGuard tunnel with this MTU."""
    return mtu - INNER, mtu + OUTER + ETHERNET


def _through_tunnel(
    inventory: Inventory, name: str, tunnel: str, peer: str | None
) -> Ceiling | None:
    host, described = inventory.hosts[name], inventory.fleet.tunnels[tunnel]
    end = host.network.tunnels[tunnel]
    zones = host.samba.zones if host.samba else ()
    if described.zone not in zones or (peer is not None and peer not in end.peers):
        return None
    uplink = host.network.uplink.nic
    segments = [Segment(f'network port "{uplink}"', host.hardware.nics[uplink].rate)]
    if peer is not None:
        segments.append(Segment(f'the link of "{peer}"', described.peers[peer].link))
    path = f'tunnel "{tunnel}"' + (f' to "{peer}"' if peer else "")
    # A WireGuard interface has one queue and reports no RSS, so a client opens one channel.
    return _ceiling(path, segments, tunnel_frame(described.mtu), 1)


def _local(inventory: Inventory, name: str) -> Ceiling | None:
    host = inventory.hosts[name]
    samba, uplink = host.samba, host.network.uplink
    if samba is None:
        return None
    # Linux reports no receive queues for a VLAN interface, so Samba offers it without RSS.
    on_vlans = [
        _ceiling(
            f'local network, VLAN "{zone}"',
            [Segment(f'network port "{vlan.nic}"', host.hardware.nics[vlan.nic].rate)],
            frame(uplink.mtu if vlan.nic == uplink.nic else 1500, VLAN_TAG),
            1,
        )
        for zone, vlan in host.network.vlans.items()
        if zone in samba.zones
    ]
    untagged = [
        _ceiling(
            f'local network, zone "{uplink.zone}"',
            [Segment(f'network port "{uplink.nic}"', host.hardware.nics[uplink.nic].rate)],
            frame(uplink.mtu),
            RSS_CHANNELS if samba.multichannel and samba.encryption != "required" else 1,
        )
        for zone in samba.zones
        if zone == uplink.zone
    ]
    return max(untagged + on_vlans, key=lambda found: found.net, default=None)


def _ceiling(path: str, links: list[Segment], frame: tuple[int, int], channels: int) -> Ceiling:
    slowest = min(links, key=lambda segment: segment.rate)
    payload, wire = frame
    net = Rate(slowest.rate * payload // wire)
    return Ceiling(path, slowest, slowest.rate, net, payload, wire, channels)


def _expected(subject: Subject) -> Iterator[tuple[KeyPath, ShareExpectation, Ceiling | None]]:
    for share, expected in subject.host.expect.shares.items():
        found = ceiling(subject.inventory, subject.name, share)
        yield ("expect", "shares", share), expected, found


@host_rule(
    "THR001",
    Severity.WARNING,
    "A share is expected to be faster than its path",
    why="A path is as fast as its slowest link, less the headers of every frame. SMB multichannel"
    " adds connections, not capacity: over one link of 1 Gbit/s no number of channels gives more"
    " than 125 MB/s, and through WireGuard about 112 MB/s are left for data.",
    source="https://lists.zx2c4.com/pipermail/wireguard/2017-December/002201.html",
)
def faster_than_path(subject: Subject) -> Iterator[Hit]:
    """Compare what is expected of a share with the ceiling of its path."""
    for at, expected, found in _expected(subject):
        if found and expected.throughput > found.net:
            yield Hit(
                (*at, "throughput"),
                f"{expected.throughput.human_bytes()} are expected of share"
                f' "{at[-1]}", its path gives {found.net.human_bytes()} at most',
                found.arithmetic(),
                f'throughput = "{found.net // 8_000_000}MB/s", or a link of at least'
                f" {Rate(-(-expected.throughput * found.wire // found.payload)) / 1e9:.1f} Gbit/s",
            )


@host_rule(
    "THR002",
    Severity.WARNING,
    "More SMB channels are expected than the path gives",
    why="A client opens several channels only to a network interface that reports receive side"
    " scaling. A WireGuard or VLAN interface reports none, and Samba drops to one channel when"
    " encryption is required for the whole server.",
    source="https://learn.microsoft.com/en-us/powershell/module/smbshare/set-smbclientconfiguration",
)
def more_channels_than_path(subject: Subject) -> Iterator[Hit]:
    """Compare the channels that are expected with those that a client opens."""
    for at, expected, found in _expected(subject):
        if found and expected.channels > found.channels:
            yield Hit(
                (*at, "channels"),
                f"{expected.channels} SMB channels are expected of share"
                f' "{at[-1]}", its path gives {found.channels}',
                f"{found.path}; channels share its {found.net.human_bytes()}",
                f"channels = {found.channels}",
            )


@host_rule(
    "THR003",
    Severity.WARNING,
    "A share is not reached on the path of its expectation",
    why="An expectation about a path that the host does not offer can never be met: the SMB port is"
    " open only to the zones listed in samba.zones, and a site only reaches the hosts that list it.",
    source="https://www.wireguard.com/#cryptokey-routing",
)
def path_is_closed(subject: Subject) -> Iterator[Hit]:
    """Find expectations about a path that is closed."""
    for at, expected, found in _expected(subject):
        if found:
            continue
        if expected.tunnel is None:
            yield Hit(
                at,
                f'share "{at[-1]}" is open to no local zone of this host',
                "an expectation without a tunnel is about the uplink's zone and the VLANs",
                "name the tunnel that the client comes through, or add a VLAN to samba.zones",
            )
        else:
            zone = subject.fleet.tunnels[expected.tunnel].zone
            end = subject.host.network.tunnels[expected.tunnel]
            closed = subject.host.samba is None or zone not in subject.host.samba.zones
            yield Hit(
                (*at, "tunnel" if closed else "peer"),
                f'share "{at[-1]}" is not open to zone "{zone}"'
                if closed
                else f'this host does not talk to "{expected.peer}" on tunnel "{expected.tunnel}"',
                f"it is open to: {', '.join(subject.host.samba.zones) if subject.host.samba else 'none'}"
                if closed
                else f"its peers there are: {', '.join(end.peers) or 'none'}",
                f'add "{zone}" to samba.zones'
                if closed
                else f'add "{expected.peer}" to network.tunnels.{expected.tunnel}.peers',
            )
