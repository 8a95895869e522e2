"""What is attested, and how it is signed.

The signature is over the canonical JSON of the statement in the pre-authentication encoding of DSSE
(https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md), whose payload type keeps a
statement's signature from ever being one of a tree head, or of anything else.
"""

from typing import Annotated, Literal, TypeVar

import rfc8785
from pydantic import Field, JsonValue, StringConstraints, TypeAdapter, field_validator

from scf.attest.errors import ProofError
from scf.cid import Cid
from scf.contracts.base import Document, Name
from scf.errors import ContractError

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, or an Ed25519 public key, in hexadecimal."""

Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
"""An Ed25519 signature (RFC 8032) in hexadecimal."""

Natural = Annotated[int, Field(ge=0, lt=1 << 53)]

Label = Annotated[str, Field(min_length=1, max_length=256)]

STATEMENT = "application/vnd.scf.statement+json"
HEAD = "application/vnd.scf.tree-head+json"
"""Payload types."""

KEY = "key"
"""The kind of a statement that hands the log from one key to the next."""

MAX_STATEMENT = 1 << 18
"""No statement has more bytes."""

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class Subject(Document):
    """What a statement is about: bytes, by their CID, and what they are called."""

    name: Label
    cid: Cid


class Statement(Document):
    """Something that is said of bytes at a time, in seconds since 1970."""

    v: Literal[1] = 1
    kind: Name
    subjects: tuple[Subject, ...] = Field(min_length=1, max_length=1024)
    predicate: dict[str, JsonValue] = Field(default_factory=dict)
    at: Natural

    @field_validator("predicate")
    @classmethod
    def _canonical(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Only what RFC 8785 writes in a way that it can read again: 1e20 becomes an integer."""
        try:
            text = rfc8785.dumps(value)
            again = rfc8785.dumps(_JSON.validate_json(text))
        except ValueError as error:
            raise ValueError(f"no canonical JSON: {error}") from None
        if len(text) > MAX_STATEMENT or again != text:
            raise ValueError(f"no canonical JSON of at most {MAX_STATEMENT} bytes")
        return value

    @property
    def gist(self) -> str:
        """The CID of all that it says but the time: statements that say the same have the same."""
        return self.model_copy(update={"at": 0}).id


class Attestation(Document):
    """A statement signed with the key of this id."""

    statement: Statement
    key: Cid
    signature: Signature


class TreeHead(Document):
    """A log of `size` attestations as signed at a time: the root says what they are."""

    v: Literal[1] = 1
    size: Natural
    root: Hash
    at: Natural
    key: Cid
    signature: Signature

    def signed(self) -> bytes:
        """The bytes that the signature is over: all but itself."""
        return rfc8785.dumps(self.model_dump(mode="json", exclude={"signature"}))


class Record(Document):
    """A line of the log: an attestation, and the head of the log that ends with it."""

    attestation: Attestation
    head: TreeHead


def encoded(payload_type: str, body: bytes) -> bytes:
    """DSSE's pre-authentication encoding of a body of this type."""
    kind = payload_type.encode("ascii")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


D = TypeVar("D", bound=Document)


def exact(model: type[D], data: bytes, *, source: str) -> D:
    """A document in its canonical form, and in no other: there is one way to write it.

    Raises ProofError.
    """
    try:
        document = model.parse(data, source=source)
    except ContractError as error:
        raise ProofError(error.message) from None
    if document.canonical() != data:
        raise ProofError(f"{source}: not in canonical form (RFC 8785)")
    return document
