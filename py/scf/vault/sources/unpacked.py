"""Compressed files, unpacked a little at a time: what expands beyond reason ends, before memory is spent."""

import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import zstandard

from scf.vault.candidate import Reason
from scf.vault.canonical import Refused
from scf.vault.sources.opened import reading

_BLOCK = 1 << 18
_SIP = 1 << 9
"""Compressed bytes that are unpacked at once: zstd makes at most 128 KiB of each four, so 16 MiB."""
_GRACE = 64 << 20
_RATIO = 200
"""ndjson compresses five- to fiftyfold; beyond this, after the first 64 MiB, nobody meant well."""


class _Stream(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes) -> bytes: ...


def blocks(path: Path, fd: int, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """The bytes of a file from `start` on, in blocks, with how much of the file is read then.

    Nothing from its byte `end` on is read. A name that ends in .zst or .gz is unpacked, and `start`
    counts unpacked bytes. Raises SourceError, and Refused when the file is damaged, cut off or expands
    too much.
    """
    match path.suffix:
        case ".zst":
            yield from _from(_unpacked(path, fd, end, _zstd), start)
        case ".gz":
            yield from _from(_unpacked(path, fd, end, _gzip), start)
        case _:
            at = start
            while block := _read(path, fd, at, min(_BLOCK, end - at)):
                at += len(block)
                yield block, at


def _unpacked(
    path: Path, fd: int, end: int, make: Callable[[], _Stream]
) -> Iterator[tuple[bytes, int]]:
    stream = make()
    begun = False
    at = out = 0
    while data := _read(path, fd, at, min(_SIP, end - at)):
        at += len(data)
        while data:
            if stream.eof:  # another frame, or member, follows
                stream = make()
            try:
                block = stream.decompress(data)
            except (zstandard.ZstdError, zlib.error):
                raise Refused(Reason.DAMAGED) from None
            begun = True
            data = stream.unused_data if stream.eof else b""
            out += len(block)
            if out > _GRACE and out > _RATIO * at:
                raise Refused(Reason.BOMB)
            if block:
                yield block, at
    if not begun or not stream.eof:
        raise Refused(Reason.DAMAGED)


def _from(found: Iterator[tuple[bytes, int]], start: int) -> Iterator[tuple[bytes, int]]:
    for block, done in found:
        if start < len(block):
            yield block[start:], done
        start = max(0, start - len(block))


def _read(path: Path, fd: int, at: int, size: int) -> bytes:
    with reading(path):
        return os.pread(fd, max(0, size), at)


def _zstd() -> _Stream:
    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _gzip() -> _Stream:
    return zlib.decompressobj(wbits=31)
