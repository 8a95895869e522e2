"""Settings of postgresql.conf, in PostgreSQL's own units."""

from collections.abc import Iterator
from dataclasses import dataclass

from sovereign.inventory.database import Settings
from sovereign.nix.value import NixValue
from sovereign.units import Duration, Size

# PostgreSQL's units are powers of 1024 whatever their names say:
# https://www.postgresql.org/docs/17/config-setting.html#CONFIG-SETTING-NAMES-VALUES
_UNITS = (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("kB", 1024), ("B", 1))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting and its value as NixOS takes it."""

    name: str
    value: NixValue


def settings(described: Settings) -> Iterator[Setting]:
    """Yield the settings that the inventory gives; PostgreSQL's defaults stand for the others."""
    for name in Settings.model_fields:
        value: object = getattr(described, name)
        if isinstance(value, Size):
            yield Setting(name, _size(value))
        elif isinstance(value, Duration):
            yield Setting(name, f"{int(value)}s")
        elif isinstance(value, bool | int | float | str):
            yield Setting(name, value)


def _size(size: Size) -> str:
    unit, scale = next((unit, scale) for unit, scale in _UNITS if size % scale == 0)
    return f"{size // scale}{unit}"
