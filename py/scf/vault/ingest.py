"""The ingest: a source becomes shards, once, whatever happens meanwhile.

A shard ends where its source says, after a number of records or bytes read, whether or not they were
kept. It is whole on the disk before one transaction names it, its fossils and the place in the source:
who is killed between the two writes the same shard again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from scf.batcher.shards import write_shard
from scf.contracts.dataset import ShardRef
from scf.drive import Drive, Partition
from scf.vault.candidate import Adapter, Item, Reason
from scf.vault.canonical import Refused
from scf.vault.catalogue import ROW, Catalogue, Progress
from scf.vault.validator import validate
from scf.vault.verifiers import Verifier

Beat = Callable[[int, int], None]
"""Called often, with the bytes of the source that are read and all it has; raises what ends the ingest,
which then goes on from the last shard."""
_BEAT = 256

SHARDS = "shards"
"""The folder of the shards in the partition."""


@dataclass(frozen=True, slots=True)
class Cut:
    """After how much of a source a shard ends. Ingest a source with the same cut to its end."""

    records: int = 1 << 16
    bytes: int = 32 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """What a source came to, also over several runs: records kept, held already, refused by reason."""

    added: int
    known: int
    refused: Mapping[str, int]
    shards: int


class PrimordialSoupIngestor:
    """Ingests one source into a vault whose lock its caller holds."""

    def __init__(
        self,
        drive: Drive,
        catalogue: Catalogue,
        source: Adapter,
        verifier: Verifier,
        *,
        cut: Cut | None = None,
        beat: Beat | None = None,
    ) -> None:
        self._drive = drive
        self._catalogue = catalogue
        self._source = source
        self._verifier = verifier
        self._cut = cut or Cut()
        self._beat = beat

    def run(self) -> Report:
        """Read the source from where it was left to its end.

        Raises SourceError, DriveError, and what the beat raises; then it can be run again.
        """
        state, size = self._source.state(), self._source.size()
        progress = self._catalogue.progress(self._source.name)
        if progress is None or progress.state != state:
            progress = Progress(self._source.name, state)
        items = self._source.read(progress.cursor)
        over = False
        while not over:
            batch = _Batch(self._catalogue, self._verifier, progress)
            part = _Part(items, self._cut)
            lines = batch.lines(self._beating(part, progress, size))
            first = next(lines, None)
            shard = None
            if first is not None:
                seq = self._catalogue.last() + 1
                shard = seq, self._write(seq, chain([first], lines)), batch.digests
                progress.shards += 1
            over = part.over
            self._catalogue.commit(progress, shard, over=over)
        return Report(
            progress.added, progress.known, dict(sorted(progress.refused.items())), progress.shards
        )

    def _write(self, seq: int, lines: Iterator[bytes]) -> ShardRef:
        name = shard_name(seq)
        path = self._drive.folder(Partition.FOSSIL_VAULT, SHARDS) / name
        with self._drive.replacing(path) as file:
            written = write_shard(file, lines)
            self._drive.admit(Partition.FOSSIL_VAULT, written.bytes + ROW * written.records)
        return ShardRef(
            name=name,
            cid=written.cid,
            records=written.records,
            bytes=written.bytes,
            raw_bytes=written.raw_bytes,
        )

    def _beating(self, part: "_Part", progress: Progress, size: int) -> Iterator[Item]:
        for number, item in enumerate(part):
            if self._beat is not None and number % _BEAT == 0:
                self._beat(progress.done, size)
            yield item
        if self._beat is not None:
            self._beat(progress.done, size)


class _Part:
    """The items of a source up to the next cut, or to its end: then it is `over`."""

    def __init__(self, items: Iterator[Item], cut: Cut) -> None:
        self._items = items
        self._cut = cut
        self.over = False

    def __iter__(self) -> Iterator[Item]:
        records = size = 0
        while records < self._cut.records and size < self._cut.bytes:
            item = next(self._items, None)
            if item is None:
                self.over = True
                return
            records += 1
            size += item.size
            yield item


class _Batch:
    """What becomes one shard; `progress` goes along with it."""

    def __init__(self, catalogue: Catalogue, verifier: Verifier, progress: Progress) -> None:
        self._catalogue = catalogue
        self._verifier = verifier
        self._progress = progress
        self.digests: dict[bytes, None] = {}
        """Of the fossils, by line."""

    def lines(self, items: Iterable[Item]) -> Iterator[bytes]:
        """The line of each fossil that is new."""
        progress = self._progress
        for item in items:
            progress.cursor, progress.done = item.cursor, item.done
            try:
                if isinstance(item.found, Reason):
                    raise Refused(item.found)
                digest, line = validate(item.found, self._verifier, self._holds)
            except Refused as refused:
                reason = refused.reason.value
                progress.refused[reason] = progress.refused.get(reason, 0) + 1
                continue
            if self._holds(digest):
                progress.known += 1
                continue
            progress.added += 1
            self.digests[digest] = None
            yield line

    def _holds(self, digest: bytes) -> bool:
        return digest in self.digests or self._catalogue.place(digest) is not None


def shard_name(seq: int) -> str:
    """The name of a vault's shard, by its number from 1 on."""
    return f"shard-{seq:08d}.ndjson.zst"
