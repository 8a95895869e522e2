"""The errors that a person meets: each carries a stable code, a message and the exit code.

Nothing but `sovereign.cli` turns one into an exit.
"""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    FINDINGS = 3
    ROLLED_BACK = 4
    SOME_HOSTS_FAILED = 5
    INTERRUPTED = 130


class SovereignError(Exception):
    """Something that the person at the keyboard can mend; `hint` says how, when it is known."""

    code: ClassVar[str] = "SOV001"
    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SovereignError):
    """The command was called with words that do not fit."""

    code = "SOV002"
    exit_code = Exit.USAGE


class ProgramError(SovereignError):
    """A program that was run is missing, failed, or took too long."""

    code = "SOV003"


class WriteError(SovereignError):
    """A file could not be written; nothing was left half-written."""

    code = "SOV004"
