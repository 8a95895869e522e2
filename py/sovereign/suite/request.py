"""What the suite is asked to do, and what it may use for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from sovereign.errors import SovereignError
from sovereign.expectations.document import Document
from sovereign.expectations.socket import Socket
from sovereign.files import read_file
from sovereign.suite.vantage import Vantage

_T = TypeVar("_T")


class InvalidNoteError(SovereignError):
    """A file of unproven checks or of stand-ins cannot be read."""

    code: ClassVar[str] = "VER003"


class Note(BaseModel):
    """Something that is known of all expectations whose ids match a regular expression as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: re.Pattern[str]
    text: str


class _Unproven(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: re.Pattern[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets by which checks from outside get in: a folder with a file for each, or none."""

    folder: Path | None

    def read(self, name: str) -> str:
        """The secret `samba/colter`, without the end of its line; skip where it is not there."""
        if self.folder is None:
            pytest.skip(f"no credentials are given: {name}")
        try:
            return read_file(self.folder / name).decode("utf-8").rstrip("\n")
        except FileNotFoundError:
            pytest.skip(f"the credential {name} is not given")
        except (OSError, UnicodeDecodeError) as error:
            pytest.skip(f"the credential {name} cannot be read: {type(error).__name__}")

    def names(self, kind: str) -> list[str]:
        """Whose secrets of a kind are given: the names of the files in `samba/`, say."""
        folder = self.folder / kind if self.folder else None
        return sorted(file.name for file in folder.iterdir()) if folder and folder.is_dir() else []


@dataclass(frozen=True, slots=True)
class Request:
    """What must be true, from where it is looked at, and what is not tried."""

    document: Document
    inside: Vantage
    zones: Mapping[str, Vantage]
    credentials: Credentials
    unproven: tuple[Note, ...] = ()
    stand_ins: tuple[Note, ...] = ()
    away: Mapping[str, str] = field(default_factory=dict)
    """Zones whose vantage cannot be reached, and why."""

    def port(self, concern: str, usual: int) -> int:
        """Where a concern's service listens, as its socket is expected; the usual one without any."""
        sockets = (one for one in self.document.expectations if isinstance(one, Socket))
        ports = (one.port for one in sockets if one.concern == concern and one.protocol == "tcp")
        return next(ports, usual)

    def from_zone(self, zone: str) -> Vantage:
        """The vantage in a zone, `inside` for the host itself; skip where none is given."""
        if zone == "inside":
            return self.inside
        if zone not in self.zones:
            pytest.skip(f"no vantage in the zone {zone} is given")
        if zone in self.away:
            pytest.skip(f"the machine in {zone} cannot be reached: {self.away[zone]}")
        return self.zones[zone]


def read_unproven(file: Path | None) -> tuple[Note, ...]:
    """Read `[{"id": regex, "reason": text}]`. Raises InvalidNoteError."""
    if file is None:
        return ()
    found = _read(file, TypeAdapter(tuple[_Unproven, ...]))
    return tuple(Note(id=one.id, text=one.reason) for one in found)


def read_stand_ins(file: Path | None) -> tuple[Note, ...]:
    """Read `[{"id": regex, "text": text}]`. Raises InvalidNoteError."""
    return () if file is None else _read(file, TypeAdapter(tuple[Note, ...]))


def note_of(notes: tuple[Note, ...], expectation_id: str) -> str | None:
    """The text of the first note that an expectation's id matches."""
    return next((note.text for note in notes if note.id.fullmatch(expectation_id)), None)


def _read(file: Path, shape: TypeAdapter[_T]) -> _T:
    try:
        return shape.validate_json(read_file(file))
    except (OSError, ValidationError) as error:
        raise InvalidNoteError(f"{file} cannot be read: {error}") from error
