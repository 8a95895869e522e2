"""system: who the host is, time, names, the Nix daemon and its garbage collection."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.load import Inventory
from sovereign.units import Duration

_DAY = 86400


@dataclass(frozen=True, slots=True)
class _View:
    platform: str
    state_version: str
    host_name: str
    domain: str
    host_id: str
    name_servers: tuple[str, ...]
    time_zone: str
    locale: str
    trusted_users: tuple[str, ...]
    collect: str
    collect_options: str


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `system.nix`."""
    host = inventory.hosts[name]
    system = host.system
    yield module(
        "system",
        name,
        _View(
            platform=system.platform,
            state_version=system.state_version,
            host_name=name,
            domain=inventory.fleet.domain,
            host_id=host.identity.host_id,
            name_servers=tuple(map(str, system.name_servers)),
            time_zone=system.time_zone,
            locale=system.locale,
            trusted_users=("root", *system.nix.trusted_users),
            collect=system.nix.collect,
            collect_options=f"--delete-older-than {_whole_days(system.nix.keep)}d",
        ),
    )


def _whole_days(keep: Duration) -> int:
    """Round up: nix-collect-garbage counts in days, and what is younger must stay."""
    return -(-keep // _DAY)
