"""Public keys: which one speaks for the log at which place, and whether it signed."""

from typing import Annotated, Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, ValidationError, model_validator

from scf.attest.errors import ProofError, RotatedKeyError, SignatureError, UnknownKeyError
from scf.attest.statement import (
    HEAD,
    KEY,
    STATEMENT,
    Attestation,
    Hash,
    Natural,
    Statement,
    Subject,
    TreeHead,
    encoded,
)
from scf.cid import Cid, cid_of
from scf.contracts.base import Document


class PublicKey(Document):
    """An Ed25519 key that signs entries `since` … `until` - 1, and the heads of logs of such sizes."""

    key: Cid
    public: Hash
    since: Natural = 0
    until: Natural | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.key != key_id(self.public):
            raise ValueError("`key` is not the CID of `public`")
        if self.until is not None and self.until <= self.since:
            raise ValueError("`until` is not after `since`")
        return self

    @classmethod
    def of(cls, public: str, *, since: int = 0) -> Self:
        """The key with these 32 bytes, in hexadecimal."""
        return cls(key=key_id(public), public=public, since=since)

    def speaks(self, place: int) -> bool:
        """Whether it is the log's key for this entry, or for a head of this size."""
        return self.since <= place and (self.until is None or place < self.until)


class Keys(Document):
    """The keys of a log, oldest first, each in use from where the one before it ends."""

    v: Literal[1] = 1
    keys: tuple[PublicKey, ...] = Field(min_length=1, max_length=4096)

    @model_validator(mode="after")
    def _follow(self) -> Self:
        ends = [key.until for key in self.keys[:-1]]
        if ends != [key.since for key in self.keys[1:]]:
            raise ValueError("each key is in use from where the one before it ends")
        if len({each.key for each in self.keys}) < len(self.keys):
            raise ValueError("a key is listed twice")
        return self

    @classmethod
    def only(cls, public: str) -> Self:
        """A log's first key, in hexadecimal: enough to verify with."""
        return cls(keys=(PublicKey.of(public),))

    @property
    def last(self) -> PublicKey:
        """The key in use."""
        return self.keys[-1]

    def get(self, key: str) -> PublicKey | None:
        """The key with this id."""
        return next((each for each in self.keys if each.key == key), None)

    def extended(self, key: PublicKey) -> Self:
        """These, and one more that is in use from its `since` on. Raises ProofError."""
        last = self.last
        try:
            ended = PublicKey(key=last.key, public=last.public, since=last.since, until=key.since)
            return type(self)(keys=(*self.keys[:-1], ended, key))
        except ValidationError as error:
            raise ProofError(f"the key {key.key} cannot follow {last.key}: {_why(error)}") from None

    def check(self, key: str, place: int, message: bytes, signature: str, *, what: str) -> None:
        """Raise a ProofError unless the log's key at `place` signed the message."""
        known = self.get(key)
        if known is None:
            raise UnknownKeyError(
                f"{what}: signed with the unknown key {key}",
                hint="verify with the log's first public key, or a newer list of its keys",
            )
        if not known.speaks(place):
            raise RotatedKeyError(
                f"{what}: signed with {key}, which is not the log's key at {place}"
            )
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(known.public)).verify(
                bytes.fromhex(signature), message
            )
        except (InvalidSignature, ValueError):
            raise SignatureError(f"{what}: the signature is not that of {key}") from None

    def check_attestation(self, attestation: Attestation, index: int) -> None:
        """Raise a ProofError unless the key of the log's entry `index` signed it."""
        message = encoded(STATEMENT, attestation.statement.canonical())
        self.check(attestation.key, index, message, attestation.signature, what="attestation")

    def check_head(self, head: TreeHead) -> None:
        """Raise a ProofError unless the log's key signed it."""
        message = encoded(HEAD, head.signed())
        self.check(head.key, head.size, message, head.signature, what=f"tree head {head.size}")


def _why(error: ValidationError) -> str:
    return error.errors(include_url=False, include_input=False)[0]["msg"]


def key_id(public: str) -> str:
    """The id of a key, given in hexadecimal: the CID of its 32 bytes (RFC 8032)."""
    return cid_of(bytes.fromhex(public))


def handover(follows: str, new: PublicKey, *, at: int) -> Statement:
    """The statement, for the key `follows` to sign, that the new one is the log's from `since` on."""
    return Statement(
        kind=KEY,
        subjects=(Subject(name="public key", cid=new.key),),
        predicate={"follows": follows, "public": new.public, "since": new.since},
        at=at,
    )


class _Handover(Document):
    """The predicate of a statement that hands the log over."""

    follows: Cid
    public: Hash
    since: Annotated[Natural, Field(ge=1)]


def successor(attestation: Attestation) -> PublicKey:
    """The key that a handover names. Raises ProofError for any other statement."""
    statement = attestation.statement
    try:
        said = _Handover.model_validate(statement.predicate)
    except ValueError:
        said = None
    if said is not None:
        new = PublicKey.of(said.public, since=said.since)
        if statement == handover(attestation.key, new, at=statement.at):
            return new
    raise ProofError("not a statement that hands the log to another key")
