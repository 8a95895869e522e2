"""access: the SSH server, keys only, and the operators."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.load import Inventory
from sovereign.nix.value import NixValue


@dataclass(frozen=True, slots=True)
class _Operator:
    name: str
    groups: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _View:
    port: int
    listen: tuple[Mapping[str, NixValue], ...]
    ed25519_key: str
    rsa_key: str
    allowed: tuple[str, ...]
    operators: tuple[_Operator, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `access.nix`."""
    access = inventory.hosts[name].access
    port = inventory.fleet.ports[access.ssh.port].port
    operators = tuple(_operator(inventory, account) for account in access.operators)
    yield module(
        "access",
        name,
        _View(
            port=port,
            listen=tuple({"addr": str(address), "port": port} for address in access.ssh.listen),
            ed25519_key=f"{access.ssh.host_keys}/ssh_host_ed25519_key",
            rsa_key=f"{access.ssh.host_keys}/ssh_host_rsa_key",
            allowed=access.operators,
            operators=operators,
        ),
    )


def _operator(inventory: Inventory, account: str) -> _Operator:
    described = inventory.fleet.operators[account]
    return _Operator(account, ("wheel",) if described.sudo else (), described.keys)
