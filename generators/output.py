"""What a generator makes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sovereign.inventory.load import Inventory


@dataclass(frozen=True, slots=True)
class Output:
    """A file below hosts/<host>/generated: its name there and its text."""

    name: str
    text: str
    executable: bool = False

    @property
    def module(self) -> bool:
        """Whether it is a NixOS module, which the host's default.nix imports."""
        return self.name.endswith(".nix")


Generator: TypeAlias = Callable[[Inventory, str], Iterator[Output]]
"""A pure function from the inventory and a host's name to the files of one concern."""
