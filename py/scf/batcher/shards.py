"""Shards: files of zstd frames, one after another, each of whole lines of ndjson.

Each frame can be read without those before it: a position in a shard is the offset of a frame. What a
frame declares is checked before memory is spent on it.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import zstandard

from scf.batcher import zstd
from scf.batcher.errors import CidError, FrameError, LineError, SizeError, UnreadableError
from scf.batcher.zstd import Extent
from scf.cid import cid_of_digest
from scf.contracts.dataset import ShardRef

MAX_LINE = 4 << 20
"""No line is longer, in bytes, its end not counted."""
FRAME = 1 << 20
"""The bytes that a frame is closed at."""
_FEW, _SMALL = 1024, 64 << 10
"""A shard has at most so many frames, and one more for each time this many bytes."""
_LEVEL = 3
_END = ord("\n")
_STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class Written:
    """What a shard came to: all of a ShardRef but its name."""

    cid: str
    records: int
    bytes: int
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's content, whole lines, and the offset it begins at in the compressed file."""

    offset: int
    raw: bytes


def write_shard(file: BinaryIO, lines: Iterable[bytes], *, frame: int = FRAME) -> Written:
    """Write lines, each without its end, as a shard. The same lines make the same bytes.

    The line that brings a frame to `frame` bytes closes it.

    (With the same release of the zstd library; others may compress otherwise, to the same lines.)
    Raises LineError for a line that no reader would take; `offset` is then that of its frame.
    """
    compressor = zstandard.ZstdCompressor(
        level=_LEVEL, write_checksum=True, write_content_size=True
    )
    hashed = hashlib.sha256()
    records = size = raw_size = held = 0
    pending: list[bytes] = []

    def close() -> int:
        packed = compressor.compress(b"\n".join(pending) + b"\n")
        hashed.update(packed)
        file.write(packed)
        pending.clear()
        return len(packed)

    for line in lines:
        if not 0 < len(line) <= MAX_LINE or b"\n" in line:
            raise LineError(
                "the shard", size, f"line {records + 1} is empty, too long or two lines"
            )
        pending.append(line)
        records += 1
        held += len(line) + 1
        raw_size += len(line) + 1
        if held >= frame:
            size += close()
            held = 0
    if pending:
        size += close()
    return Written(cid_of_digest(hashed.digest()), records, size, raw_size)


def frames(path: Path, ref: ShardRef, start: int = 0) -> Iterator[Frame]:
    """The frames of a shard from the offset `start` on; read from 0, it must hold what `ref` says.

    Raises a ShardError at the first frame that is refused, UnreadableError.
    """
    with Shard.open(path, ref) as shard:
        records = 0
        for extent in shard.extents(start):
            raw = shard.read(extent)
            if _empty_line(raw):
                raise LineError(ref.name, extent.offset, "an empty line")
            records += raw.count(b"\n")
            yield Frame(extent.offset, raw)
        if start == 0 and records != ref.records:
            raise SizeError(ref.name, 0, f"{records} records instead of {ref.records}")


def verify(path: Path, ref: ShardRef) -> None:
    """Read a shard once, in blocks, and compare its bytes with its CID.

    Raises CidError, SizeError, UnreadableError.
    """
    with Shard.open(path, ref) as shard:
        shard.verify()


class Shard:
    """An open shard."""

    def __init__(self, fd: int, ref: ShardRef) -> None:
        self.ref = ref
        self._fd = fd
        self._decompressor = zstandard.ZstdDecompressor()

    @classmethod
    def open(cls, path: Path, ref: ShardRef) -> Self:
        """Open the file of a shard. Raises SizeError, UnreadableError."""
        with _readable(ref):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            size = os.fstat(fd).st_size
        if size != ref.bytes:
            os.close(fd)
            raise SizeError(ref.name, 0, f"a file of {size} bytes instead of {ref.bytes}")
        return cls(fd, ref)

    def close(self) -> None:
        """Close the file; closed again, it stays so."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def extents(self, start: int = 0) -> Iterator[Extent]:
        """Where the frames are from `start` on; together they hold no more than was declared.

        Raises FrameError, SizeError, UnreadableError.
        """
        total = 0
        most = _FEW + self.ref.raw_bytes // _SMALL
        try:
            with _readable(self.ref):
                for number, extent in enumerate(zstd.extents(self._fd, start, self.ref.bytes)):
                    if number == most:
                        problem = f"more than {most} frames, for {self.ref.raw_bytes} bytes"
                        raise SizeError(self.ref.name, extent.offset, problem)
                    total += extent.raw
                    if total > self.ref.raw_bytes:
                        problem = f"more than the {self.ref.raw_bytes} bytes that were declared"
                        raise SizeError(self.ref.name, extent.offset, problem)
                    yield extent
        except zstd.OversizeError as error:
            raise SizeError(self.ref.name, error.offset, str(error)) from None
        except zstd.MalformedError as error:
            raise FrameError(self.ref.name, error.offset, str(error)) from None
        if start == 0 and total != self.ref.raw_bytes:
            problem = f"{total} bytes of lines instead of {self.ref.raw_bytes}"
            raise SizeError(self.ref.name, 0, problem)

    def read(self, extent: Extent) -> bytes:
        """The lines of a frame. Raises FrameError, LineError, UnreadableError."""
        with _readable(self.ref):
            packed = os.pread(self._fd, extent.size, extent.offset)
        try:
            raw = self._decompressor.decompress(packed, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise FrameError(self.ref.name, extent.offset, f"damaged: {error}") from None
        self._check(extent.offset, raw)
        return raw

    def expect(self, extent: Extent) -> None:
        """Have the system fetch a frame from the disk meanwhile, where it can."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, extent.offset, extent.size, os.POSIX_FADV_WILLNEED)

    def _check(self, offset: int, raw: bytes) -> None:
        if not raw.endswith(b"\n"):
            raise LineError(self.ref.name, offset, "the last line has no end")
        if len(raw) > MAX_LINE and max(map(len, raw.split(b"\n"))) > MAX_LINE:
            raise LineError(self.ref.name, offset, f"a line of more than {MAX_LINE} bytes")

    def verify(self) -> None:
        """Compare the file's bytes with its CID. Raises CidError, UnreadableError."""
        hashed = hashlib.sha256()
        with _readable(self.ref):
            at = 0
            while block := os.pread(self._fd, FRAME, at):
                hashed.update(block)
                at += len(block)
        found = cid_of_digest(hashed.digest())
        if found != self.ref.cid:
            raise CidError(self.ref.name, 0, f"its CID is {found}, not {self.ref.cid}")


def _empty_line(raw: bytes) -> bool:
    """Whether there is one; in steps that fit a processor's cache, several times as fast as `in`."""
    text = np.frombuffer(raw, np.uint8)
    for begin in range(0, len(raw), _STEP):
        ends = text[begin : begin + _STEP + 1] == _END
        if (ends[1:] & ends[:-1]).any():
            return True
    return raw.startswith(b"\n")


@contextmanager
def _readable(ref: ShardRef) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableError(
            f"{ref.name}: {error.strerror}",
            hint="is the drive mounted, and the shard in its folder?",
        ) from error
