"""The order of an epoch: a pure function of the dataset, the seed, the epoch and the worker.

Shards are permuted; frames are permuted over some shards at a time, a block; records are permuted
within windows of whole frames. Blocks larger than a shard mix shards in each batch while few are read
at a time, as in MosaicML Streaming's py1b and py1br. Every permutation is a Fisher-Yates shuffle by
NumPy's RandomState, whose streams are frozen for good (NEP 19), seeded by its own place alone: none
depends on how far another was drawn, so nothing needs to be kept to resume.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from scf.contracts.dataset import ShardRef

BLOCK_SHARDS = 8
BLOCK_WINDOWS = 8
"""A block is closed by the shard that brings it to this many shards and windows."""


class Draw(IntEnum):
    """What a permutation is for: different ones must not be drawn alike."""

    SHARDS = 0
    FRAMES = 1
    RECORDS = 2


@dataclass(frozen=True, slots=True)
class Share:
    """What a worker reads of the shard numbered `shard`: frames `first`, `first + step`, …"""

    shard: int
    first: int = 0
    step: int = 1


def permutation(size: int, seed: int, epoch: int, draw: Draw, *place: int) -> NDArray[np.int64]:
    """A permutation of range(size), of its place only; all numbers are below 2^64."""
    words = [part for number in place for part in (number & 0xFFFFFFFF, number >> 32)]
    return np.random.RandomState([seed, epoch, draw, *words]).permutation(size)


def shares(count: int, seed: int, epoch: int, worker: int, workers: int) -> list[Share]:
    """What one of `workers` reads of `count` shards, in order; together they read each frame once.

    Shards are dealt whole as long as there is one for every worker; the frames of what is left over
    are dealt one by one, beginning with another worker each time.
    """
    order = permutation(count, seed, epoch, Draw.SHARDS).tolist()
    whole = count - count % workers
    dealt = [Share(shard) for shard in order[worker:whole:workers]]
    return dealt + [
        Share(order[rank], (worker - rank - epoch) % workers, workers)
        for rank in range(whole, count)
    ]


def blocks(dealt: Sequence[Share], refs: Sequence[ShardRef], window: int) -> Iterator[list[Share]]:
    """Cut shares into blocks, whose frames are shuffled together."""
    block: list[Share] = []
    records = 0
    for share in dealt:
        block.append(share)
        records += refs[share.shard].records // share.step
        if len(block) >= BLOCK_SHARDS and records >= BLOCK_WINDOWS * window:
            yield block
            block, records = [], 0
    if block:
        yield block
