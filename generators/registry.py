"""All concerns, and everything that they make for a host."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sovereign.expectations.base import Expectation
from sovereign.expectations.document import Document
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
from sovereign.generators.access.expect import expect as expect_access
from sovereign.generators.boot.expect import expect as expect_boot
from sovereign.generators.database.expect import expect as expect_database
from sovereign.generators.emily.expect import expect as expect_emily
from sovereign.generators.firewall.expect import expect as expect_firewall
from sovereign.generators.hardware.expect import expect as expect_hardware
from sovereign.generators.module import header
from sovereign.generators.network.expect import expect as expect_network
from sovereign.generators.output import Generator, Output
from sovereign.generators.samba.expect import expect as expect_samba
from sovereign.generators.secrets.expect import expect as expect_secrets
from sovereign.generators.storage.expect import expect as expect_storage
from sovereign.generators.system.expect import expect as expect_system
from sovereign.generators.upkeep.expect import expect as expect_upkeep
from sovereign.generators.wireguard.expect import expect as expect_wireguard
from sovereign.inventory.load import Inventory
from sovereign.nix.text import to_nix
from sovereign.nix.value import LocalPath

EXPECTATIONS = "expectations.json"
"""The file that says what must be true on the host."""

Expect: TypeAlias = Callable[[Inventory, str], Iterator[Expectation]]
"""A pure function from the inventory and a host's name to what must be true of one concern."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What one folder of generators looks after."""

    name: str
    generate: Generator
    expect: Expect


CONCERNS: tuple[Concern, ...] = (
    Concern("access", access.generate, expect_access),
    Concern("boot", boot.generate, expect_boot),
    Concern("database", database.generate, expect_database),
    Concern("emily", emily.generate, expect_emily),
    Concern("firewall", firewall.generate, expect_firewall),
    Concern("hardware", hardware.generate, expect_hardware),
    Concern("network", network.generate, expect_network),
    Concern("samba", samba.generate, expect_samba),
    Concern("secrets", secrets.generate, expect_secrets),
    Concern("storage", storage.generate, expect_storage),
    Concern("system", system.generate, expect_system),
    Concern("upkeep", upkeep.generate, expect_upkeep),
    Concern("wireguard", wireguard.generate, expect_wireguard),
)


def generate_host(inventory: Inventory, name: str) -> Mapping[str, Output]:
    """Make all files of `hosts/<name>/generated`, by name, among them a default.nix for the rest."""
    outputs = [output for concern in CONCERNS for output in concern.generate(inventory, name)]
    outputs.append(Output(EXPECTATIONS, expect_host(inventory, name).text()))
    made = {output.name: output for output in [_default(name, outputs), *outputs]}
    if len(made) != len(outputs) + 1:
        raise AssertionError("two generators make a file of the same name")
    return dict(sorted(made.items()))


def expect_host(inventory: Inventory, name: str) -> Document:
    """Say what must be true on a running host."""
    return Document.of(name, (each for c in CONCERNS for each in c.expect(inventory, name)))


def _default(name: str, outputs: list[Output]) -> Output:
    modules = sorted(output.name for output in outputs if output.module)
    imports = {"imports": [LocalPath(f"./{module}") for module in modules]}
    return Output("default.nix", f"{header(name)}{to_nix(imports)}\n")
