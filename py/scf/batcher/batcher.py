"""The batcher: every record of a dataset once an epoch, shuffled, typed, and resumable at any record."""

import gc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from operator import length_hint
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from scf.batcher.errors import LineError, PositionError
from scf.batcher.files import Files
from scf.batcher.order import Draw, permutation
from scf.batcher.plan import Part, Plan
from scf.batcher.position import Position
from scf.batcher.shards import Shard
from scf.contracts.dataset import Dataset

T = TypeVar("T")
WINDOW = 8192
"""Records that are shuffled together, when nothing else is asked for."""
_AHEAD = 8
"""Frames that the disk is asked for before their turn."""


class Batcher(Generic[T]):
    """Records of a dataset, each decoded as `of`: a msgspec.Struct, dict, or bytes for the line itself.

    The stream is a function of (dataset, seed, window, worker, workers) alone. Iterating begins at
    `start` and goes on where the last iterating stopped; one at a time. `epochs` counts from epoch 0;
    None is endless. With `verify`, a shard's bytes are compared with its CID before their first use.

    What is held at a time is a window of records and a few frames; a window is `window` records, made
    full by whole frames. Raises ShardError at a frame that is refused, UnreadableError, PositionError.
    """

    def __init__(  # noqa: PLR0913 -- the options of one stream, by name; seven have a default
        self,
        dataset: Dataset,
        shards: Path,
        *,
        seed: int,
        of: type[T],
        window: int = WINDOW,
        worker: int = 0,
        workers: int = 1,
        epochs: int | None = 1,
        start: Position | None = None,
        verify: bool = False,
    ) -> None:
        if not (0 <= worker < workers and window >= 1 and 0 <= seed < 1 << 32):
            raise ValueError("expected worker < workers, a window of 1 or more, a seed below 2^32")
        self._plan = Plan(dataset, seed, window, worker, workers)
        self._folder = shards
        self._decode = _decoder(of)
        self._epochs = epochs
        self._unverified = {ref.name for ref in dataset.shards} if verify else set()
        stream = self._plan.stream
        if start is not None and start.stream != stream:
            raise PositionError(
                "the position is of another dataset, seed, window or worker",
                hint="go on with what the run began with, or begin it anew",
            )
        self._begin = start or Position(stream=stream)
        """Of the window that is being yielded; `skip` is of no meaning here once it is."""
        self._size = self._begin.skip
        self._rest: Iterator[int] = iter(())

    @property
    def position(self) -> Position:
        """After the record that was yielded last: a batcher that starts there yields the next."""
        done = self._size - length_hint(self._rest)
        return self._begin.model_copy(update={"skip": done})

    def batches(self, size: int) -> Iterator[list[T]]:
        """Lists of `size` records, over epochs too; the very last holds what is left."""
        records = iter(self)
        while batch := list(islice(records, size)):
            yield batch

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._shuffled())

    def _shuffled(self) -> Iterator[Iterator[T]]:
        """The rest of each window, shuffled. The position moves on when the next one is asked for."""
        with Files(self._folder, self._unverified) as files:
            while self._epochs is None or self._begin.epoch < self._epochs:
                at, skip = self._begin, self.position.skip
                for first, records in self._windows(at, files):
                    if skip > len(records):
                        raise PositionError(f"the position skips {skip} of {len(records)} records")
                    self._goto(first, self._order(first, len(records)), skip)
                    yield map(records.__getitem__, self._rest)
                    skip = 0
                self._begin, self._size = Position(stream=at.stream, epoch=at.epoch + 1), 0

    def _order(self, first: Part, size: int) -> list[int]:
        place = (first.epoch, Draw.RECORDS, first.shard, first.extent.offset)
        order: list[int] = permutation(size, self._plan.seed, *place).tolist()
        return order

    def _goto(self, first: Part, order: list[int], skip: int) -> None:
        self._begin = Position(
            stream=self._begin.stream,
            epoch=first.epoch,
            shard=self._plan.dataset.shards[first.shard].name,
            offset=first.extent.offset,
        )
        self._size, self._rest = len(order), iter(order[skip:])

    def _windows(self, at: Position, files: Files) -> Iterator[tuple[Part, list[T]]]:
        """Windows of an epoch, in file order, each with the frame that it begins with."""
        first: Part | None = None
        records: list[T] = []
        for part, shard in self._ahead(at, files):
            first = first or part
            records += self._decoded(shard, part)
            if part.last or len(records) >= self._plan.window:
                yield first, records
                first, records = None, []

    def _ahead(self, at: Position, files: Files) -> Iterator[tuple[Part, Shard]]:
        """Frames, after the disk was asked for some that come later."""
        coming: deque[Part] = deque()
        refs = self._plan.dataset.shards
        for part in self._plan.parts(at, files):
            files.shard(refs[part.shard]).expect(part.extent)
            coming.append(part)
            if len(coming) > _AHEAD:
                yield coming[0], files.shard(refs[coming.popleft().shard])
        for part in coming:
            yield part, files.shard(refs[part.shard])

    def _decoded(self, shard: Shard, part: Part) -> list[T]:
        raw = shard.read(part.extent)
        try:
            with _uncollected():
                return self._decode(raw)
        except (ValueError, RecursionError) as error:
            raise LineError(shard.ref.name, part.extent.offset, f"no record: {error}") from None


def _decoder(of: type[T]) -> Callable[[bytes], list[T]]:
    if of is bytes:
        return _lines  # type: ignore[return-value] # T is bytes here, which mypy cannot see
    return msgspec.json.Decoder(of).decode_lines


def _lines(raw: bytes) -> list[bytes]:
    lines = raw.split(b"\n")
    lines.pop()
    if b"" in lines:
        raise ValueError("an empty line")
    return lines


@contextmanager
def _uncollected() -> Iterator[None]:
    """Records cannot be cycles: the collector, which would look at each of them, waits until they are."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
