"""What a NixOS option index does not tell: newer options, and what became of the old ones."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Change:
    """An option of type `was` has another type now."""

    was: str
    type: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """An option that is no more: the one to set instead, if there is one.

    NixOS still takes a `renamed` one, with a warning.
    """

    instead: str
    renamed: bool
    since: str
    source: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """Types by option name, and replacements by the old option's name."""

    newer: Mapping[str, str]
    changed: Mapping[str, Change]
    replaced: Mapping[str, Replacement]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    since: str
    source: str


class _Table(_Entry):
    options: dict[str, str]


class _Changed(_Entry):
    name: str
    was: str
    type: str


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    newer: list[_Table] = []
    changed: list[_Changed] = []
    renamed: list[_Table] = []
    removed: list[_Table] = []


NO_OVERLAY = Overlay({}, {}, {})


@cache
def reviewed_overlay() -> Overlay:
    """Read the overlay that stands beside this file."""
    text = Path(__file__).with_name("overlay.toml").read_text(encoding="utf-8")
    file = _File.model_validate(tomllib.loads(text))
    return Overlay(
        newer={name: type_ for table in file.newer for name, type_ in table.options.items()},
        changed={entry.name: Change(entry.was, entry.type) for entry in file.changed},
        replaced={
            name: Replacement(instead, renamed, table.since, table.source)
            for tables, renamed in ((file.renamed, True), (file.removed, False))
            for table in tables
            for name, instead in table.options.items()
        },
    )
