"""What must be true on a host: of an inventory, or of the committed one with edits."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from fleets import FLEET, HOST, copy_with
from sovereign.expectations.base import Expectation
from sovereign.generators.registry import expect_host
from sovereign.inventory.load import Inventory, load

_E = TypeVar("_E", bound=Expectation)


def expected(inventory: Inventory, name: str = "cloudlab") -> dict[str, Expectation]:
    """Expectations by their ids."""
    return {one.id: one for one in expect_host(inventory, name).expectations}


def cloudlab_expects(
    folder: Path,
    *,
    host: Mapping[str, str] | None = None,
    fleet: Mapping[str, str] | None = None,
) -> dict[str, Expectation]:
    """What is expected of cloudlab, with pieces of its host.toml and of fleet.toml replaced."""
    return expected(load(copy_with(folder, {HOST: host or {}, FLEET: fleet or {}})))


def of_type(found: Mapping[str, Expectation], kind: type[_E]) -> list[_E]:
    """The expectations of one type, in their order."""
    return [one for one in found.values() if isinstance(one, kind)]
