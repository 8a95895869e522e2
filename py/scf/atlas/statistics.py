"""The statistics of one shard: read frame by frame, so that memory stays flat."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from scf.atlas.entropy import miller_madow
from scf.batcher.errors import LineError
from scf.batcher.shards import frames
from scf.cid import Cid
from scf.contracts.base import Document, FileName
from scf.contracts.dataset import Count, ShardRef

BINS = 256
"""Of a field's histogram, of equal width, between the least and the greatest value of the shard."""

Bits = Annotated[float, Field(ge=0)]
FieldPath = Annotated[str, Field(min_length=1, max_length=128)]


class FieldStatistics(Document):
    """A numeric field of a shard's contents: `n` numbers, of an array all.

    `entropy` is that of the histogram, in bits, corrected (Miller-Madow); `differential` adds the
    logarithm of a bin's width, which makes shards of different ranges comparable; null where all
    values are the same.
    """

    path: FieldPath
    n: Annotated[int, Field(ge=0)]
    bins: Annotated[int, Field(ge=1)]
    low: float
    high: float
    mean: float
    sd: Annotated[float, Field(ge=0)]
    entropy: Bits
    differential: float | None


class Statistics(Document):
    """A shard: the entropy of its contents' bytes, in bits for each byte, corrected (Miller-Madow).

    `ratio` is how many bytes of lines there are to one of the file.
    """

    shard: Cid
    name: FileName
    records: Count
    entropy: Bits
    ratio: Annotated[float, Field(gt=0)]
    field: FieldStatistics | None = None


class _Line(msgspec.Struct):
    content: msgspec.Raw


_LINE = msgspec.json.Decoder(_Line)


def measure(path: Path, ref: ShardRef, field: str | None = None) -> Statistics:
    """Measure a shard. Raises ShardError, UnreadableError."""
    counts = np.zeros(256, np.int64)
    moments = _Moments()
    for contents in _contents(path, ref):
        counts += np.bincount(np.frombuffer(b"".join(contents), np.uint8), minlength=256)
        if field is not None:
            moments.add(_numbers(contents, field))
    return Statistics(
        shard=ref.cid,
        name=ref.name,
        records=ref.records,
        entropy=miller_madow(counts.tolist()),
        ratio=ref.raw_bytes / ref.bytes,
        field=None if field is None else _field(path, ref, field, moments),
    )


def _field(path: Path, ref: ShardRef, field: str, moments: "_Moments") -> FieldStatistics:
    counts = np.zeros(BINS, np.int64)
    width = (moments.high - moments.low) / BINS
    spread = width > 0 and math.isfinite(width)
    if spread:  # a second pass, for now the range is known
        for contents in _contents(path, ref):
            bounds = (moments.low, moments.high)
            counts += np.histogram(_numbers(contents, field), BINS, bounds)[0]
    entropy = miller_madow(counts.tolist())
    return FieldStatistics(
        path=field,
        n=moments.n,
        bins=BINS,
        low=moments.low,
        high=moments.high,
        mean=moments.mean,
        sd=moments.sd,
        entropy=entropy,
        differential=entropy + math.log2(width) if spread else None,
    )


def _contents(path: Path, ref: ShardRef) -> Iterator[list[bytes]]:
    """The contents of each frame's fossils, as they are stored."""
    for frame in frames(path, ref):
        try:
            found = [bytes(_LINE.decode(line).content) for line in frame.raw[:-1].split(b"\n")]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise LineError(ref.name, frame.offset, f"a line that is no fossil: {error}") from None
        yield found


def _numbers(contents: list[bytes], field: str) -> NDArray[np.float64]:
    steps = field.split(".")
    found: list[float] = []
    for content in contents:
        value: object = msgspec.json.decode(content)
        for step in steps:
            value = _inside(value, step)
        several = value if isinstance(value, list) else [value]
        found += [
            float(n) for n in several if isinstance(n, int | float) and not isinstance(n, bool)
        ]
    return np.array(found, np.float64)


def _inside(value: object, step: str) -> object:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None


class _Moments:
    """Count, range, mean and spread of values that come in parts.

    Chan, Golub and LeVeque (1979): Updating formulae and a pairwise algorithm for computing sample
    variances. Stanford STAN-CS-79-773.
    """

    def __init__(self) -> None:
        self.n = 0
        self.low = self.high = self.mean = self._squares = 0.0

    @property
    def sd(self) -> float:
        """The root of the mean square about the mean."""
        return math.sqrt(self._squares / self.n) if self.n else 0.0

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in a part."""
        if not values.size:
            return
        low, high, mean = float(values.min()), float(values.max()), float(values.mean())
        self.low, self.high = (min(self.low, low), max(self.high, high)) if self.n else (low, high)
        total = self.n + values.size
        apart = mean - self.mean
        self._squares += float(np.square(values - mean).sum())
        self._squares += apart * apart * self.n * values.size / total
        self.mean += apart * values.size / total
        self.n = total
