"""A place in a stream of records, to be kept beside what was trained up to there."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scf.cid import Cid
from scf.contracts.base import Document, FileName

Natural = Annotated[int, Field(ge=0, lt=1 << 53)]


class Position(Document):
    """What was yielded so far: `epoch` whole epochs, of the next all windows before one, and of that
    one `skip` records. The window begins with the frame at byte `offset` of `shard`; without a shard
    the epoch has not begun.
    """

    v: Literal[1] = 1
    stream: Cid
    """Of the dataset, seed, window and worker: a position means nothing in another stream."""
    epoch: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    shard: FileName | None = None
    offset: Natural = 0
    skip: Natural = 0

    @model_validator(mode="after")
    def _begun(self) -> "Position":
        if self.shard is None and (self.offset or self.skip):
            raise ValueError("an epoch that has not begun has no offset and skips nothing")
        return self
