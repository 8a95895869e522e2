"""Shards of numbered records, for the tests of the batcher."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from scf.batcher.shards import FRAME, write_shard
from scf.contracts.dataset import Dataset, ShardRef


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """A record that says which it is."""

    n: int


def line(number: int) -> bytes:
    """The line of a record; lengths differ."""
    return b'{"n":%d,"pad":"%s"}' % (number, b"x" * (number % 7))


def shard(path: Path, lines: Iterable[bytes], *, frame: int = FRAME) -> ShardRef:
    """Write a shard, and return what names it."""
    with path.open("wb") as file:
        written = write_shard(file, lines, frame=frame)
    return ShardRef(
        name=path.name,
        cid=written.cid,
        records=written.records,
        bytes=written.bytes,
        raw_bytes=written.raw_bytes,
    )


def dataset(folder: Path, sizes: Sequence[int], *, frame: int = FRAME) -> Dataset:
    """Records 0, 1, … dealt to shards of these sizes."""
    refs, begin = [], 0
    for index, size in enumerate(sizes):
        lines = map(line, range(begin, begin + size))
        refs.append(shard(folder / f"shard-{index}.ndjson.zst", lines, frame=frame))
        begin += size
    return Dataset(shards=tuple(refs))
