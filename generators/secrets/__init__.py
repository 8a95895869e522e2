"""secrets: owner and mode of the files that hold them. Their content is put there by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.generators.module import module
from sovereign.generators.output import Output
from sovereign.inventory.load import Inventory
from sovereign.inventory.secret import Secret
from sovereign.inventory.secrets import secrets


@dataclass(frozen=True, slots=True)
class _View:
    files: tuple[Secret, ...]


def generate(inventory: Inventory, name: str) -> Iterator[Output]:
    """Make `secrets.nix` where the host has secrets."""
    files = secrets(inventory.fleet, inventory.hosts[name])
    if files:
        yield module("secrets", name, _View(files))
