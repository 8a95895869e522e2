"""What a concern puts on a rehearsed host, computed from the evaluated options alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Placed:
    """A file on the host; `stand_in` names what NixOS would have rendered, "" for a text of ours."""

    path: str
    text: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class Furnishing:
    """Files, then commands as root inside the host, then units that are restarted in this order.

    `state` are folders that the units fill and a new host has not: a trial begins without them.
    """

    files: tuple[Placed, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    units: tuple[str, ...] = ()
    state: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What surrounds the rehearsed host: the machines that it may call by name, by their address."""

    host_name: str
    peers: Mapping[str, str]


Furnish: TypeAlias = Callable[[Mapping[str, object], World], Furnishing]
"""A pure function from a concern's option values, as evaluated, to what it puts on the host."""
