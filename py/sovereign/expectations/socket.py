"""Who listens where."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Socket(Expectation):
    """A port is listened on at exactly these addresses, and at no other."""

    type: Literal["socket"] = "socket"
    protocol: Literal["tcp", "udp"]
    port: int
    addresses: tuple[str, ...]
    """IP addresses; 0.0.0.0 and :: stand for all, "*" for both."""

    @property
    def subject(self) -> str:
        """Return the protocol and the port."""
        return f"{self.protocol} {self.port}"


class OnlySockets(Expectation):
    """Beyond loopback, nothing but these ports is listened on."""

    type: Literal["only-sockets"] = "only-sockets"
    protocol: Literal["tcp", "udp"]
    ports: tuple[int, ...]

    @property
    def subject(self) -> str:
        """Return the protocol."""
        return self.protocol
