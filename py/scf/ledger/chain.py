"""Entries in a chain: each holds the hash of the one before, and its own over all of it."""

import rfc8785
from pydantic import Field, ValidationError

from scf.cid import Cid, cid_of
from scf.contracts.base import Document
from scf.contracts.job import Step
from scf.errors import RefusedError
from scf.ledger.entries import Body, Credit, Posting, Transfer

GENESIS = cid_of(b"")
"""What the first entry names as the one before it: the hash of nothing."""

MAX_LINE = 64 << 10


class Entry(Document):
    """A line of the ledger; `time` is in seconds since 1970."""

    index: Step
    previous: Cid
    time: int = Field(ge=0, lt=1 << 53)
    body: Body
    hash: Cid

    @classmethod
    def after(cls, index: int, previous: str, time: int, body: Body) -> "Entry":
        """The entry that holds `body`, with its hash."""
        draft = cls(index=index, previous=previous, time=time, body=body, hash=GENESIS)
        return draft.model_copy(update={"hash": draft.proper_hash()})

    def proper_hash(self) -> str:
        """What `hash` has to be: the CID of the canonical form of everything else."""
        return cid_of(rfc8785.dumps(self.model_dump(mode="json", exclude={"hash"})))

    @property
    def postings(self) -> tuple[Posting, ...]:
        """What it moves; nothing, or amounts whose sum is zero."""
        match self.body:
            case Credit(postings=moved) | Transfer(postings=moved):
                return moved
            case _:
                return ()

    def line(self) -> bytes:
        """The line as it stands in the file."""
        return self.canonical() + b"\n"


def read_line(line: bytes, index: int, previous: str) -> Entry:
    """Read the entry at `index`, which comes after the hash `previous`.

    Raises RefusedError when one bit of it is not as it was written, or when it is not that entry.
    """
    try:
        entry = Entry.model_validate_json(line)
    except ValidationError:
        raise RefusedError(f"entry {index} of the ledger is damaged") from None
    if entry.line() != line or entry.hash != entry.proper_hash():
        raise RefusedError(f"entry {index} of the ledger was changed after it was written")
    if entry.index != index or entry.previous != previous:
        raise RefusedError(f"entry {index} of the ledger does not follow the one before it")
    return entry
