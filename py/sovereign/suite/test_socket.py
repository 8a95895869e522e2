"""Who listens where."""

import ipaddress

import pytest

from sovereign.expectations.socket import OnlySockets, Socket
from sovereign.suite.vantage import Vantage, last_line, require

_ALL = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not listened on


def test_socket(expectation: Socket, inside: Vantage) -> None:
    """The port is listened on at exactly these addresses."""
    port, protocol = expectation.port, expectation.protocol
    found = _plain({address for address, at in _listening(inside, protocol) if at == port})
    expected = _plain(set(expectation.addresses))
    require(
        found == expected,
        f"{protocol} {port} must be listened on at {_named(expected)}, and is at {_named(found)}",
    )


def test_only_sockets(expectation: OnlySockets, inside: Vantage) -> None:
    """Nothing else is listened on beyond loopback."""
    found = _listening(inside, expectation.protocol)
    other = {(a, p) for a, p in found if p not in expectation.ports and not _is_loopback(a)}
    places = ", ".join(f"{port} at {address}" for address, port in sorted(other))
    ports = ", ".join(map(str, expectation.ports)) or "no port"
    require(
        not other,
        f"beyond loopback only {ports} may be listened on ({expectation.protocol}), and {places} is",
    )


def _listening(inside: Vantage, protocol: str) -> set[tuple[str, int]]:
    out = inside.output("ss", "-Hltn" if protocol == "tcp" else "-Hlun")
    found = set()
    for line in out.splitlines():
        try:
            address, _, port = line.split()[3].rpartition(":")
            found.add((_bare(address), int(port)))
        except (IndexError, ValueError):
            pytest.fail(f"ss answers with what cannot be read: {last_line(line)}", pytrace=False)
    return found


def _bare(address: str) -> str:
    """An address as ss writes it, without brackets and scope; ValueError when it is none."""
    bare = address.partition("%")[0].strip("[]")
    return bare if bare == "*" else str(ipaddress.ip_address(bare))


def _plain(addresses: set[str]) -> set[str]:
    return (addresses - {"*"}) | (_ALL if "*" in addresses else set())


def _is_loopback(address: str) -> bool:
    return address != "*" and ipaddress.ip_address(address).is_loopback


def _named(addresses: set[str]) -> str:
    return ", ".join(sorted(addresses)) or "no address"
