"""What a worker reads, frame by frame: the order of an epoch laid over the frames that are there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rfc8785
from numpy.typing import NDArray

from scf.batcher.errors import PositionError
from scf.batcher.files import Files
from scf.batcher.order import Draw, Share, blocks, permutation, shares
from scf.batcher.position import Position
from scf.batcher.zstd import Extent
from scf.cid import cid_of
from scf.contracts.dataset import Dataset

_COLUMNS = np.dtype((np.int64, 4))
"""Of a block's frames: the shard's number, offset, compressed size, raw size; 32 bytes for each MiB."""


@dataclass(frozen=True, slots=True)
class Part:
    """A frame in the order of an epoch; `last` of its block, where a window ends too."""

    epoch: int
    shard: int
    extent: Extent
    last: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A stream: its order is a function of these alone."""

    dataset: Dataset
    seed: int
    window: int
    worker: int
    workers: int

    @property
    def stream(self) -> str:
        """The name of the stream, that its positions bear."""
        return cid_of(
            rfc8785.dumps([self.dataset.id, self.seed, self.window, self.worker, self.workers])
        )

    def parts(self, at: Position, files: Files) -> Iterator[Part]:
        """The frames of the epoch `at.epoch`, from that of the position on.

        Raises PositionError when there is none, and ShardError, UnreadableError.
        """
        refs = self.dataset.shards
        dealt = shares(len(refs), self.seed, at.epoch, self.worker, self.workers)
        found = at.shard is None
        for block in blocks(dealt, refs, self.window):
            if not found and all(refs[share.shard].name != at.shard for share in block):
                continue
            index = self._shuffled(at.epoch, block, files)
            begin = 0
            if not found:
                begin = self._find(index, at)
                found = True
            for row in range(begin, len(index)):
                shard, offset, size, raw = index[row].tolist()
                yield Part(at.epoch, shard, Extent(offset, size, raw), row == len(index) - 1)
        if not found:
            raise PositionError(f"the position is in {at.shard}, which this stream does not read")

    def _shuffled(self, epoch: int, block: list[Share], files: Files) -> NDArray[np.int64]:
        index = np.concatenate([self._index(share, files) for share in block])
        order = permutation(len(index), self.seed, epoch, Draw.FRAMES, block[0].shard)
        return index[order]

    def _index(self, share: Share, files: Files) -> NDArray[np.int64]:
        shard = files.shard(self.dataset.shards[share.shard])
        rows = ((share.shard, each.offset, each.size, each.raw) for each in shard.extents())
        index: NDArray[np.int64] = np.fromiter(rows, _COLUMNS)
        return index[share.first :: share.step]

    def _find(self, index: NDArray[np.int64], at: Position) -> int:
        for row in np.flatnonzero(index[:, 1] == at.offset).tolist():
            if self.dataset.shards[int(index[row, 0])].name == at.shard:
                return int(row)
        raise PositionError(f"no frame of this stream begins at byte {at.offset} of {at.shard}")
