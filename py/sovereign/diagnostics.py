"""A message about one place in a file: what is wrong there, why, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""A place in a TOML document: table keys and array indexes from the root."""


class Severity(StrEnum):
    """An error cannot work; a warning may be accepted; a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one line of a text. Line and columns count from 1; columns count characters."""

    line: int
    column: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message, ready to be shown.

    `at` is the key path in `file`; `span` overrides it where the place is known otherwise (a
    syntax error). `detail` is the arithmetic or the reason, `fix` what to write, `source` a URL.
    """

    code: str
    severity: Severity
    message: str
    file: Path
    at: KeyPath = ()
    span: Span | None = None
    detail: str = ""
    fix: str = ""
    source: str = ""
    host: str | None = None
    part: Literal["value", "key"] = "value"
    """Whether the value or the key of `at` is the place."""

    conceal: bool = False
    """Whether the line must not be shown, because it may hold a secret."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `sovereign explain CODE` tells: the reason behind a code, with its source."""

    code: str
    title: str
    why: str
    source: str = ""
