"""What surrounds the host in the guest: a switch's trunk on a wire, and network namespaces behind it.

Host and surroundings share one kernel. What goes between them crosses two network cards and a wire
of QEMU's, so that VLAN tags are real.
"""

from collections.abc import Iterator, Mapping
from shlex import quote

from sovereign.inventory.fleet import Fleet
from sovereign.rehearse.furnish import Placed
from sovereign.rehearse.surroundings import FarEnd, Surroundings
from sovereign.rehearse.wiring import namespace

TRUNK = "trunk"
_TRUNK_MAC = "52:54:00:00:00:02"
_SSH_MAC = "52:54:00:12:34:56"
"""QEMU's own for the first card, which leads to the guest's ssh."""

_SWITCH = "internet"


def cards(around: Surroundings) -> tuple[str, ...]:
    """QEMU's arguments: the host's uplink and the trunk, joined by a wire."""
    mac = f",mac={around.uplink.mac}" if around.uplink.mac else ""
    return (
        *("-netdev", "hubport,id=wire0,hubid=0", "-netdev", "hubport,id=wire1,hubid=0"),
        *("-device", f"virtio-net-pci,netdev=wire0,romfile={mac}"),
        *("-device", f"virtio-net-pci,netdev=wire1,romfile=,mac={_TRUNK_MAC}"),
    )


def card_files() -> tuple[Placed, ...]:
    """What networkd is told of the two cards that the host does not have."""
    trunk = f"[Match]\nPermanentMACAddress={_TRUNK_MAC}\n[Link]\nName={TRUNK}\n"
    ssh = f"[Match]\nPermanentMACAddress={_SSH_MAC}\n[Network]\nAddress=10.0.2.15/24\n"
    quiet = "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    return (
        Placed("/etc/systemd/network/00-trunk.link", trunk),
        Placed("/etc/systemd/network/00-rehearsal.network", f"{ssh}{quiet}"),
    )


def script(around: Surroundings, fleet: Fleet, private_keys: Mapping[str, str]) -> str:
    """The commands that make the surroundings, for bash's standard input: keys are among them.

    `private_keys` are those of the far ends, by name.
    """
    lines = [
        "modprobe -a 8021q bridge macvlan veth wireguard",
        *_internet(around),
        *(line for one in around.neighbours for line in _neighbour(around, fleet, one.zone)),
        *(line for end in around.far_ends for line in _far_end(around, end, private_keys)),
    ]
    return "\n".join([*lines, ""])


def _internet(around: Surroundings) -> Iterator[str]:
    one = around.uplink
    space = namespace(one.zone)
    yield from _space(space)
    yield f"ip link set {TRUNK} netns {space}"
    yield f"ip -n {space} link add {_SWITCH} type bridge"
    yield f"ip -n {space} link set {TRUNK} master {_SWITCH} up"
    for address in one.addresses:
        yield f"ip -n {space} address add {address} dev {_SWITCH}"
    yield f"ip -n {space} link set {_SWITCH} up"
    for network in around.routes:
        if not any(address in network for address in one.addresses):
            yield f"ip -n {space} route add {network} via {one.host_address} onlink dev {_SWITCH}"
    if around.dhcp:
        lease = f"start {one.host_address}\nend {one.host_address}\ninterface {_SWITCH}\n"
        options = f"option subnet {one.addresses[0].netmask}\noption router {one.addresses[0].ip}\n"
        told = quote(f"{lease}{options}lease_file /run/leases\n")
        yield f"touch /run/leases; printf %s {told} >/run/udhcpd.conf"
        # -S: it says what it does to nobody's terminal.
        yield f"ip netns exec {space} busybox udhcpd -S /run/udhcpd.conf"


def _neighbour(around: Surroundings, fleet: Fleet, zone: str) -> Iterator[str]:
    one = next(each for each in around.neighbours if each.zone == zone)
    space, switch = namespace(zone), namespace(around.uplink.zone)
    yield from _space(space)
    tag = f"{TRUNK}.{fleet.zones[zone].vlan}"
    yield f"ip -n {switch} link add link {TRUNK} name {tag} type vlan id {fleet.zones[zone].vlan}"
    yield f"ip -n {switch} link set {tag} netns {space} name eth0"
    for address in one.addresses:
        yield f"ip -n {space} address add {address} dev eth0"
    yield f"ip -n {space} link set eth0 up"
    yield f"ip -n {space} route add default via {one.host_address}"


def _far_end(around: Surroundings, end: FarEnd, private_keys: Mapping[str, str]) -> Iterator[str]:
    space, switch = namespace(end.name), namespace(around.uplink.zone)
    port = f"to{around.far_ends.index(end)}"
    length = around.uplink.addresses[0].network.prefixlen
    yield from _space(space)
    yield f"ip link add {port} netns {switch} type veth peer name eth0 netns {space}"
    yield f"ip -n {switch} link set {port} master {_SWITCH} up"
    yield f"ip -n {space} address add {end.address}/{length} dev eth0"
    yield f"ip -n {space} link set eth0 up"
    yield f"ip -n {space} link add wg type wireguard"
    listen = f"ListenPort = {end.port}\n" if end.port else ""
    yield (
        f"ip netns exec {space} wg setconf wg /dev/stdin <<'END'\n"
        f"[Interface]\nPrivateKey = {private_keys[end.name]}\n{listen}"
        f"[Peer]\nPublicKey = {end.host_public_key}\nAllowedIPs = 0.0.0.0/0\n"
        f"Endpoint = {around.uplink.host_address}:{end.host_port}\n"
        f"PersistentKeepalive = {end.keepalive_s}\nEND"
    )
    for address in end.inner:
        yield f"ip -n {space} address add {address.ip}/32 dev wg"
    yield f"ip -n {space} link set wg mtu 1420 up"
    for network in around.routes:
        if network != around.uplink.addresses[0].network:
            yield f"ip -n {space} route replace {network} dev wg"


def _space(space: str) -> Iterator[str]:
    yield f"ip netns add {space}"
    yield f"ip -n {space} link set lo up"
