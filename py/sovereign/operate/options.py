"""Generated modules against option indexes: what does not exist, and what a newer NixOS breaks."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sovereign.diagnostics import Diagnostic
from sovereign.generators.registry import generate_host
from sovereign.inventory.load import Inventory
from sovereign.nix.options.check import check_module
from sovereign.nix.options.diff import ChangeKind, OptionChange, diff
from sovereign.nix.options.index import read_index
from sovereign.operate.generate import folder


def check_options(inventory: Inventory, names: Iterable[str], index_file: Path) -> list[Diagnostic]:
    """Check every option that the modules of the named hosts set, as they would be generated."""
    index = read_index(index_file)
    return [
        finding
        for name in names
        for file, text in _modules(inventory, name).items()
        for finding in check_module(text, file, index)
    ]


@dataclass(frozen=True, slots=True)
class Break:
    """An option of a host that a newer index no longer takes."""

    change: OptionChange
    file: Path

    def text(self) -> str:
        """For a person."""
        change = self.change
        detail = f": {change.detail}" if change.detail else ""
        return f"{change.host}  {self.file}:{change.line}  {change.option} {change.kind}{detail}"

    def as_json(self) -> dict[str, str | int]:
        """For a program."""
        change = self.change
        return {
            "host": change.host,
            "file": str(self.file),
            "line": change.line,
            "option": change.option,
            "kind": change.kind.value,
            "detail": change.detail,
        }


def breaks(inventory: Inventory, names: Iterable[str], old: Path, new: Path) -> list[Break]:
    """What the step from one index to another takes from the named hosts."""
    modules = {name: _modules(inventory, name) for name in names}
    changes = diff(read_index(old), read_index(new), modules)
    return [
        Break(change, change.file.relative_to(inventory.root))
        for change in changes
        if change.kind is not ChangeKind.ADDED
    ]


def _modules(inventory: Inventory, name: str) -> dict[Path, str]:
    outputs = generate_host(inventory, name).values()
    place = folder(inventory.root, name)
    return {place / output.name: output.text for output in outputs if output.module}
