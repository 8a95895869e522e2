"""The shards that are open: few at a time, so that blocks of many small ones fit any limit."""

from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Self

from scf.batcher.shards import Shard
from scf.contracts.dataset import ShardRef

_OPEN = 32


class Files:
    """Shards of a folder, opened when first asked for, and closed by those asked for later."""

    def __init__(self, folder: Path, unverified: set[str]) -> None:
        self._folder = folder
        self._unverified = unverified
        """Names whose bytes are compared with their CID before their first use, and then struck."""
        self._open: OrderedDict[str, Shard] = OrderedDict()

    def shard(self, ref: ShardRef) -> Shard:
        """A shard, open until others take its place. Raises CidError, SizeError, UnreadableError."""
        if ref.name in self._open:
            self._open.move_to_end(ref.name)
            return self._open[ref.name]
        if len(self._open) >= _OPEN:
            self._open.popitem(last=False)[1].close()
        shard = self._open[ref.name] = Shard.open(self._folder / ref.name, ref)
        if ref.name in self._unverified:
            shard.verify()
            self._unverified.discard(ref.name)
        return shard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            self._open.popitem()[1].close()
