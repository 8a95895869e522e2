"""What a generator makes, by file name: for an inventory, or for the committed one with edits."""

from collections.abc import Mapping
from pathlib import Path

from fleets import FLEET, HOST, copy_with
from sovereign.generators.output import Generator
from sovereign.inventory.load import Inventory, load


def files(generate: Generator, inventory: Inventory, host: str) -> dict[str, str]:
    return {output.name: output.text for output in generate(inventory, host)}


def cloudlab_with(
    generate: Generator,
    folder: Path,
    *,
    host: Mapping[str, str] | None = None,
    fleet: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The files for cloudlab, with pieces of its host.toml and of fleet.toml replaced."""
    root = copy_with(folder, {HOST: host or {}, FLEET: fleet or {}})
    return files(generate, load(root), "cloudlab")
