"""WireGuard tunnels."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from sovereign.expectations.base import Expectation


class Peer(BaseModel):
    """The far end: its key, and the networks that are led to it. Seconds between keepalives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_key: str
    allowed_ips: tuple[str, ...]
    keepalive_s: int | None = None


class Tunnel(Expectation):
    """An interface with this key of its own and exactly these peers, whose networks are routed to it."""

    type: Literal["tunnel"] = "tunnel"
    interface: str
    port: int
    public_key: str
    peers: tuple[Peer, ...]

    @property
    def subject(self) -> str:
        """Return the interface."""
        return self.interface


class Handshake(Expectation):
    """From a zone behind the tunnel, this address answers through it."""

    type: Literal["handshake"] = "handshake"
    source: str
    interface: str
    address: str

    @property
    def subject(self) -> str:
        """Return who reaches what."""
        return f"{self.source} to {self.address}"
