"""A migration: the statements that make a change, those that take it back, and how to tell it is there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from emily.cognition.memory.errors import MigrationError

_ASSERTS = re.compile(r"[=<>]|\b(?:EXISTS|IN|IS|LIKE|BETWEEN|NOT)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Script:
    """The statements for one kind of database.

    `verify` selects one value that is true when the change is there. It must assert: a count alone,
    which any number answers, is refused with MigrationError.
    """

    up: Sequence[str]
    down: Sequence[str]
    verify: str

    def __post_init__(self) -> None:
        if not self.up or not self.down:
            raise MigrationError("a migration must have statements for up and for down")
        if not asserts(self.verify):
            raise MigrationError(
                f"verify must select a condition, not a number that nothing is asked of: {self.verify}"
            )


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; None where a kind of database has no use for it."""

    id: str
    date: date
    description: str
    sqlite: Script | None
    postgresql: Script | None


def asserts(verify: str) -> bool:
    """Whether what is selected is a condition: outside of parentheses, before FROM, it compares."""
    text = re.sub(r"'[^']*'", "", verify)
    while (inner := re.sub(r"\([^()]*\)", " ", text)) != text:
        text = inner
    selected = re.match(r"\s*SELECT\b(.*?)(?:\bFROM\b|$)", text, re.IGNORECASE | re.DOTALL)
    return selected is not None and _ASSERTS.search(selected[1]) is not None
