"""Datasets: the shards that a model is trained on, in order, by CID."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scf.cid import Cid
from scf.contracts.base import Document, FileName

Count = Annotated[int, Field(ge=1, lt=1 << 53)]


class ShardRef(Document):
    """A file `name` of `bytes` bytes with this CID: zstd frames of `raw_bytes` bytes of ndjson."""

    name: FileName
    cid: Cid
    records: Count
    bytes: Count
    raw_bytes: Count


class Dataset(Document):
    """Shards; the order is part of its name."""

    v: Literal[1] = 1
    shards: tuple[ShardRef, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> "Dataset":
        if len({shard.name for shard in self.shards}) < len(self.shards):
            raise ValueError("a shard is listed twice")
        return self

    @property
    def records(self) -> int:
        """How many fossils all shards hold."""
        return sum(shard.records for shard in self.shards)
