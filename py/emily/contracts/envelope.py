"""The envelope: who said what, when, because of what, and for how long it matters."""

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from emily.contracts.base import Contract, Count, Name, Nanoseconds
from emily.contracts.ulid import PATTERN

VERSION: Literal[1] = 1
MINOR = 0

Ulid = Annotated[str, StringConstraints(pattern=PATTERN)]
BodyT_co = TypeVar("BodyT_co", bound=Contract, covariant=True)


class Envelope(Contract, Generic[BodyT_co]):
    """A message in transit.

    `v` is the version of the contract: another one is refused. `minor` counts the fields that were
    added since: an older one is accepted, a newer one is refused. `mono_ns` is the sender's monotonic
    clock, which all processes of a host share. `trace` is the id of the message that began the chain,
    `cause` of the one before this.
    """

    v: Literal[1] = VERSION
    minor: Annotated[int, Field(ge=0, le=MINOR)] = MINOR
    id: Ulid
    ts_ns: Nanoseconds
    mono_ns: Nanoseconds
    src: Name
    cause: Ulid | None = None
    ttl_ms: Count | None = None
    trace: Ulid
    body: BodyT_co

    @model_validator(mode="after")
    def _begins_its_own_trace(self) -> Self:
        if self.cause is None and self.trace != self.id:
            msg = "a message without a cause begins its own trace"
            raise ValueError(msg)
        return self

    def expired(self, mono_ns: int) -> bool:
        """Tell whether the message is older than it allows, by the monotonic clock of its host."""
        return self.ttl_ms is not None and mono_ns - self.mono_ns > self.ttl_ms * 1_000_000
