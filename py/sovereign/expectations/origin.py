"""Which key of the inventory asks for something: the deepest that somebody wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

from pydantic import BaseModel

from sovereign.diagnostics import KeyPath
from sovereign.inventory.fleet import Fleet
from sovereign.inventory.host import Host
from sovereign.inventory.load import Inventory
from sovereign.inventory.locate import dotted


class Origin(TypedDict):
    """What every expectation tells of where it comes from."""

    concern: str
    key: str
    shared: bool


_spelled = lru_cache(maxsize=4096)(dotted)


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins of one concern's expectations of one host."""

    concern: str
    fleet: Fleet
    host: Host

    @classmethod
    def of(cls, concern: str, inventory: Inventory, name: str) -> "Origins":
        """The origins of a concern's expectations of a host."""
        return cls(concern, inventory.fleet, inventory.hosts[name])

    def own(self, *path: str | int, otherwise: KeyPath = ()) -> Origin:
        """A key of the host's file; where nothing of it is written, that of `otherwise`."""
        return self._origin(self.host, path, otherwise, shared=False)

    def shared(self, *path: str | int, otherwise: KeyPath = ()) -> Origin:
        """A key of fleet.toml; where nothing of it is written, that of `otherwise`."""
        return self._origin(self.fleet, path, otherwise, shared=True)

    def _origin(
        self, root: Fleet | Host, path: KeyPath, otherwise: KeyPath, shared: bool
    ) -> Origin:
        found = written(root, path) or written(root, otherwise)
        return {"concern": self.concern, "key": _spelled(found), "shared": shared}


def written(root: BaseModel, path: KeyPath) -> KeyPath:
    """The longest beginning of a key path that somebody wrote: a default is its table's."""
    value: object = root
    for depth, part in enumerate(path):
        match value:
            case BaseModel() if part in value.model_fields_set:
                value = getattr(value, str(part))
            case Mapping() if part in value:
                value = value[part]
            case tuple() if isinstance(part, int):
                value = value[part]
            case _:
                return path[:depth]
    return path
