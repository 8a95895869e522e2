"""The commands that wire the machines: a network namespace each, and a cable per interface of the host."""

from collections.abc import Iterator
from typing import TypeAlias

from sovereign.rehearse.surroundings import FarEnd, Surroundings

Argv: TypeAlias = tuple[str, ...]

HOST = "host"
_SWITCH = "internet"
"""The bridge between the uplink and the far ends, in the namespace of who stands there."""


def namespace(zone: str) -> str:
    """The network namespace of whoever stands in a zone."""
    return f"at-{zone}"


def far_namespace(peer: str) -> str:
    """The network namespace of a far end, which may be called like a zone."""
    return f"far-{peer}"


def wire(around: Surroundings) -> Iterator[Argv]:
    """Yield the commands, in order. The host's own addresses are the host's own business."""
    spaces = [HOST, *(namespace(one.zone) for one in (around.uplink, *around.neighbours))]
    spaces += [far_namespace(end.name) for end in around.far_ends]
    for space in spaces:
        yield ("ip", "netns", "add", space)
        yield _ip(space, "link", "set", "lo", "up")
    yield from _internet(around)
    for one in around.neighbours:
        space = namespace(one.zone)
        yield from _cable(HOST, one.host_interface, space, "eth0", one.mac)
        for address in one.addresses:
            yield _ip(space, "address", "add", str(address), "dev", "eth0")
        yield _ip(space, "link", "set", "eth0", "up")
        yield _ip(space, "route", "add", "default", "via", str(one.host_address))
    for end in around.far_ends:
        yield from _far_end(around, end)


def _internet(around: Surroundings) -> Iterator[Argv]:
    one, space = around.uplink, namespace(around.uplink.zone)
    yield from _cable(HOST, one.host_interface, space, "uplink", one.mac)
    yield _ip(space, "link", "add", _SWITCH, "type", "bridge")
    yield _ip(space, "link", "set", "uplink", "master", _SWITCH, "up")
    for address in one.addresses:
        yield _ip(space, "address", "add", str(address), "dev", _SWITCH)
    yield _ip(space, "link", "set", _SWITCH, "up")
    for network in around.routes:
        if not any(address in network for address in one.addresses):
            yield _ip(space, "route", "add", str(network), "via", str(one.host_address))


def _far_end(around: Surroundings, end: FarEnd) -> Iterator[Argv]:
    space, port = far_namespace(end.name), f"to{around.far_ends.index(end)}"
    yield from _cable(namespace(around.uplink.zone), port, space, "eth0", None)
    yield _ip(namespace(around.uplink.zone), "link", "set", port, "master", _SWITCH, "up")
    length = around.uplink.addresses[0].network.prefixlen
    yield _ip(space, "address", "add", f"{end.address}/{length}", "dev", "eth0")
    yield _ip(space, "link", "set", "eth0", "up")


def _cable(one: str, name: str, other: str, other_name: str, mac: str | None) -> Iterator[Argv]:
    address = ("address", mac) if mac else ()
    peer = ("peer", "name", other_name, "netns", other)
    yield ("ip", "link", "add", "name", name, "netns", one, *address, "type", "veth", *peer)


def _ip(space: str, *words: str) -> Argv:
    return ("ip", "-n", space, *words)
