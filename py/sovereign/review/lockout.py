"""Lock-out: whether somebody who administers a host can still get in.

The walk follows an operator from the key to the answer's way back. Each step is a fact of the
inventory with a verdict and the key that decides it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

from sovereign.diagnostics import KeyPath, Severity
from sovereign.inventory.fleet import Operator, Reach
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import tunnel_interface
from sovereign.review.access import RSA_BITS, usable
from sovereign.review.rule import Hit, fleet_rule
from sovereign.review.zones import PlacedLink, placed_links

_RP_FILTER = "https://www.rfc-editor.org/rfc/rfc3704#section-2.2"
_EVERYWHERE = IPv4Network("0.0.0.0/0")


class Step(StrEnum):
    """What has to hold on the way in, in order."""

    KEY = "key"
    ENTRY = "entry"
    ADDRESS = "address"
    FIREWALL = "firewall"
    SSHD = "sshd"
    RETURN = "way back"


@dataclass(frozen=True, slots=True)
class Place:
    """A key in a host's file or, where `host` is None, in fleet.toml."""

    host: str | None
    at: KeyPath


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step of a way: whether it holds, what was looked at, and the key that decides it."""

    step: Step
    holds: bool
    says: str
    place: Place


@dataclass(frozen=True, slots=True)
class Way:
    """A way by which an operator comes to a host."""

    host: str
    operator: str
    reach: Reach | None
    chain: tuple[ChainLink, ...]

    @property
    def cut(self) -> ChainLink | None:
        """The first step that does not hold; None for a way that is open."""
        return next((link for link in self.chain if not link.holds), None)

    @property
    def path(self) -> str:
        """Where the way comes from."""
        if self.reach is None:
            return "nowhere"
        peer = f' through "{self.reach.peer}"' if self.reach.peer else ""
        return f'zone "{self.reach.zone}"{peer}'

    def drawn(self) -> str:
        """The chain, one step a line, to the step that cuts it."""
        start = f" at {self.reach.address}" if self.reach else ""
        lines = [f"{self.operator}{start} from {self.path} to {self.host}"]
        for link in self.chain:
            lines.append(f"  {link.step:9} {'ok ' if link.holds else 'CUT'} {link.says}")
            if not link.holds:
                break
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Route:
    network: IPv4Network
    interface: str
    says: str
    place: Place


def ways(inventory: Inventory, name: str) -> tuple[Way, ...]:
    """Every way by which the operators of a host are said to reach it, each with its chain."""
    host = inventory.hosts[name]
    routes = tuple(_routes(inventory, name))
    return tuple(
        Way(name, operator, reach, tuple(_chain(inventory, name, operator, reach, index, routes)))
        for operator in host.access.operators
        for index, reach in enumerate(inventory.fleet.operators[operator].reach)
    ) + tuple(
        Way(name, operator, None, (_no_reach(operator),))
        for operator in host.access.operators
        if not inventory.fleet.operators[operator].reach
    )
