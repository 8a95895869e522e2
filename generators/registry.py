"""All concerns, and everything that they make for a host."""

from collections.abc import Mapping
from dataclasses import dataclass

from sovereign.generators import (
    access,
    boot,
    database,
    emily,
    firewall,
    hardware,
    network,
    samba,
    secrets,
    storage,
    system,
    upkeep,
    wireguard,
)
from sovereign.generators.module import header
from sovereign.generators.output import Generator, Output
from sovereign.inventory.load import Inventory
from sovereign.nix.text import to_nix
from sovereign.nix.value import LocalPath


@dataclass(frozen=True, slots=True)
class Concern:
    """What one folder of generators looks after."""

    name: str
    generate: Generator


CONCERNS: tuple[Concern, ...] = (
    Concern("access", access.generate),
    Concern("boot", boot.generate),
    Concern("database", database.generate),
    Concern("emily", emily.generate),
    Concern("firewall", firewall.generate),
    Concern("hardware", hardware.generate),
    Concern("network", network.generate),
    Concern("samba", samba.generate),
    Concern("secrets", secrets.generate),
    Concern("storage", storage.generate),
    Concern("system", system.generate),
    Concern("upkeep", upkeep.generate),
    Concern("wireguard", wireguard.generate),
)


def generate_host(inventory: Inventory, name: str) -> Mapping[str, Output]:
    """Make all files of `hosts/<name>/generated`, by name, among them a default.nix for the rest."""
    outputs = [output for concern in CONCERNS for output in concern.generate(inventory, name)]
    made = {output.name: output for output in [_default(name, outputs), *outputs]}
    if len(made) != len(outputs) + 1:
        raise AssertionError("two generators make a file of the same name")
    return dict(sorted(made.items()))


def _default(name: str, outputs: list[Output]) -> Output:
    modules = sorted(output.name for output in outputs if output.module)
    imports = {"imports": [LocalPath(f"./{module}") for module in modules]}
    return Output("default.nix", f"{header(name)}{to_nix(imports)}\n")
