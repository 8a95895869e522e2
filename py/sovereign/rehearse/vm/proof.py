"""What a stage of the vm tier found out: each proof by its name, passed, failed or skipped."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from sovereign.errors import SovereignError

Tell: TypeAlias = Callable[[str], None]


class RefutedError(SovereignError):
    """What was to be proven is not so."""

    code: ClassVar[str] = "REH021"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was tried: what was seen, and how many seconds it took.

    A check of the suite also names the inventory's key, and what stood in for NixOS.
    """

    name: str
    outcome: Literal["passed", "failed", "skipped"]
    message: str = ""
    seconds: float = 0
    key: str = ""
    shared: bool = False
    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class StageResult:
    """All of a stage; `figures` are what it measured, each name with its unit."""

    name: str
    proofs: tuple[Proof, ...]
    seconds: float
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> tuple[Proof, ...]:
        """What was proven."""
        return tuple(proof for proof in self.proofs if proof.outcome == "passed")

    @property
    def failed(self) -> tuple[Proof, ...]:
        """What was refuted, or could not be tried for an error."""
        return tuple(proof for proof in self.proofs if proof.outcome == "failed")

    @property
    def skipped(self) -> tuple[Proof, ...]:
        """What was not tried; the message says why."""
        return tuple(proof for proof in self.proofs if proof.outcome == "skipped")


def prove(name: str, attempt: Callable[[], str], tell: Tell) -> Proof:
    """Try one thing; `attempt` returns what was seen, or raises an error of ours."""
    tell(name)
    begun = time.monotonic()
    try:
        message = attempt()
    except SovereignError as error:
        return Proof(name, "failed", error.message, time.monotonic() - begun)
    return Proof(name, "passed", message, time.monotonic() - begun)


def expect(holds: bool, message: str) -> None:
    """Raise RefutedError with what was seen instead."""
    if not holds:
        raise RefutedError(message)
