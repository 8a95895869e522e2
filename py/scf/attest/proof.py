"""Proofs that need neither log nor drive: an attestation, where it is in the log, and the signed head."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from scf.attest.statement import Attestation, Hash, Natural, TreeHead
from scf.contracts.base import Document

if TYPE_CHECKING:
    from scf.attest.log import Log

Path = Annotated[tuple[Hash, ...], Field(max_length=128)]
"""Hashes of subtrees: at most two to a level of a tree of 2**53 leaves."""

MAX_PROOF = 4 << 20
"""No proof has more bytes."""


class Inclusion(Document):
    """That a leaf is at `index` in the log of the first `size` entries."""

    index: Natural
    size: Natural
    path: Path


class Consistency(Document):
    """That the log of `second` entries begins with that of `first` entries."""

    first: Natural
    second: Natural
    path: Path


class Link(Document):
    """A handover from one key to the next, and that it is in the log."""

    attestation: Attestation
    inclusion: Inclusion


class Proof(Document):
    """All that it takes to check an attestation with the log's first public key."""

    v: Literal[1] = 1
    attestation: Attestation
    inclusion: Inclusion
    head: TreeHead
    chain: Annotated[tuple[Link, ...], Field(max_length=4096)] = ()
    """Every change of keys up to that head."""

    @classmethod
    def of(cls, log: "Log", index: int, *, size: int | None = None) -> "Proof":
        """The proof of an entry in the log of `size` entries.

        Without it, in the log that the entry itself ends: that proof never changes.
        Raises LogError, ProofError when there is no such entry.
        """
        entry = log.entry(index)
        head = entry.head if size is None else log.head(size)
        return cls(
            attestation=entry.attestation,
            inclusion=log.prove(index, head.size),
            head=head,
            chain=log.chain(head.size),
        )
