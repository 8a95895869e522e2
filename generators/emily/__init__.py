"""emily: her units' settings, the zones that may call her API, and the database that she remembers in."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.load import Inventory
from sovereign.inventory.topology import networks_of
from sovereign.units import Size

_LOOPBACK, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - the firewall says who gets that far

_UNITS = (("G", 2**30), ("M", 2**20), ("K", 2**10), ("", 1))


@dataclass(frozen=True, slots=True)
class _Memory:
    """A database on this host's PostgreSQL, reached over its socket."""

    port: int
    database: str
    user: str


@dataclass(frozen=True, slots=True)
class _View:
    node: str
    router: str
    host: str
    port: int
    token: str | None
    clients: tuple[str, ...]
    memory: _Memory | None
    time_zone: str
    memory_max: str


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `emily.nix`, if the host runs her."""
    fleet, host = inventory.fleet, inventory.hosts[name]
    emily = host.emily
    if emily is None:
        return
    memory = None
    if emily.memory is not None and host.database is not None:
        memory = _Memory(
            port=fleet.ports[host.database.port].port,
            database=emily.memory,
            user=host.database.databases[emily.memory].owner,
        )
    yield module(
        "emily",
        name,
        _View(
            node=name,
            router=f"tcp/{_LOOPBACK}:{fleet.ports[emily.bus].port}",
            host=_EVERYWHERE if emily.zones else _LOOPBACK,
            port=fleet.ports[emily.port].port,
            token=emily.token.path if emily.token else None,
            clients=tuple(map(str, networks_of(inventory, name, emily.zones) or ())),
            memory=memory,
            time_zone=emily.time_zone or host.system.time_zone,
            memory_max=_size(emily.memory_max),
        ),
    )


def _size(size: Size) -> str:
    """A size in systemd's words, whose units are powers of 1024 (systemd.resource-control(5))."""
    unit, scale = next((u, s) for u, s in _UNITS if size % s == 0)
    return f"{size // scale}{unit}"
