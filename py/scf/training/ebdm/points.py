"""The points of a dataset: fossils with `"content": {"point": [x, y, …]}`, split by CID."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, sqrt
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from scf.batcher.errors import LineError
from scf.batcher.shards import frames, verify
from scf.contracts.dataset import Dataset, ShardRef
from scf.training.task import RecipeError

Floats = NDArray[np.float32]

_KEPT = 4096
"""No more points are held out in memory; others that are held out are used for nothing."""


class Content(msgspec.Struct, frozen=True):
    """What a fossil holds."""

    point: list[float]


class Sample(msgspec.Struct, frozen=True):
    """What of a fossil is read."""

    cid: str
    content: Content


class Split:
    """Which records are held out: by two characters of the CID, so it is the same whoever asks."""

    def __init__(self, share: float) -> None:
        pairs = sorted(
            "".join(pair) for pair in product("abcdefghijklmnopqrstuvwxyz234567", repeat=2)
        )
        self._held = frozenset(pairs[: ceil(share * len(pairs))])

    def parts(self, samples: Sequence[Sample]) -> tuple[Floats, Floats]:
        """The points to learn from and those held out, in order, (n, d) and (m, d)."""
        held = self._held
        learned = [each.content.point for each in samples if each.cid[20:22] not in held]
        kept = [each.content.point for each in samples if each.cid[20:22] in held]
        return _table(learned), _table(kept)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of the points before training, all but `held_out` from those learned from."""

    learned: int
    centre: Floats
    spread: float
    """Their standard deviation per axis, the root of the mean over the axes of its square."""
    held_out: Floats

    @property
    def dimensions(self) -> int:
        """Numbers in a point."""
        return len(self.centre)


def survey(dataset: Dataset, shards: Path, split: Split) -> Survey:
    """Read every shard once, its bytes compared with its CID first. Raises RecipeError, ShardError."""
    learned = kept = 0
    total = square = np.zeros(1)
    held: list[Floats] = []
    for shard in dataset.shards:
        verify(shards / shard.name, shard)
        for samples in read(shards, shard):
            points, out = split.parts(samples)
            if len(points):
                wide = points.astype(np.float64)
                if learned and wide.shape[1] != len(total):
                    raise RecipeError(f"ebdm: {shard.name}: points of different dimensions")
                learned += len(wide)
                total = total + wide.sum(0)
                square = square + (wide**2).sum(0)
            if len(out) and kept < _KEPT:
                held.append(out[: _KEPT - kept])
                kept += len(held[-1])
    if learned < 2 or not kept:
        raise RecipeError(f"ebdm: {learned} points to learn from, {kept} held out: too few")
    centre = total / learned
    variance = float((square / learned - centre**2).mean())
    if variance <= 0:
        raise RecipeError("ebdm: all points are one")
    return Survey(learned, centre.astype(np.float32), sqrt(variance), np.concatenate(held))


def read(shards: Path, shard: ShardRef) -> Iterator[list[Sample]]:
    """A shard's records in order, a frame at a time. Raises ShardError."""
    decoder = msgspec.json.Decoder(Sample)
    for frame in frames(shards / shard.name, shard):
        try:
            yield decoder.decode_lines(frame.raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LineError(shard.name, frame.offset, f"no point: {error}") from None


def _table(points: list[list[float]]) -> Floats:
    try:
        with np.errstate(over="ignore"):  # to infinity, which is refused below
            table = np.array(points, dtype=np.float32)
    except ValueError:
        raise RecipeError("ebdm: points of different dimensions") from None
    if points and (table.ndim != 2 or not table.size or not np.isfinite(table).all()):
        raise RecipeError("ebdm: a point is one or more finite numbers")
    return table
