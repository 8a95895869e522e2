"""What a source hands to the vault: candidates, or the reason why it has none at a place."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import JsonValue

from scf.contracts.fossil import Verdict


class Reason(StrEnum):
    """Why something of a source is no fossil of this vault."""

    NO_SOURCE = "no-source"
    NO_VERDICT = "no-verdict"
    NOT_PASSED = "not-passed"
    WRONG_CID = "wrong-cid"
    UNKNOWN_PARENT = "unknown-parent"
    NOT_A_FOSSIL = "not-a-fossil"
    OVERSIZE = "oversize"
    NOT_JSON = "not-json"
    NOT_UTF8 = "not-utf-8"
    NOT_FINITE = "not-finite"
    INTEGER_RANGE = "integer-range"
    DUPLICATE_KEY = "duplicate-key"
    TOO_DEEP = "too-deep"
    OUTSIDE = "link-leads-outside"
    NOT_A_FILE = "not-a-regular-file"
    LONG_NAME = "long-name"
    CHANGED = "changed-while-read"
    UNREADABLE = "unreadable"
    BOMB = "expands-too-much"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Bytes that may become a fossil.

    `content` is what the fossil's document holds by `encoding`: the JSON value, the text or base64.
    A candidate that was a fossil elsewhere brings the CID it had there, and its verdict.
    """

    raw: bytes
    encoding: Literal["json", "utf-8", "base64"]
    content: JsonValue
    media: str
    source: str
    parents: tuple[str, ...] = ()
    cid: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a source.

    `cursor` is the place after it, which `Adapter.read` goes on from; `size` its bytes; `done` how
    much of `Adapter.size()` is read with it.
    """

    found: Candidate | Reason
    cursor: str
    size: int
    done: int


class Adapter(Protocol):
    """A source: the same items in the same order each time it is read, while its state is the same."""

    @property
    def name(self) -> str:
        """What the catalogue knows the source by."""

    def state(self) -> str:
        """A text that differs when the source was changed. Raises SourceError."""

    def size(self) -> int:
        """The bytes there are to read. Raises SourceError."""

    def read(self, cursor: str | None) -> Iterator[Item]:
        """The items after `cursor`, or all. Raises SourceError."""
