"""Where zstd frames begin and end, from their headers alone: RFC 8878, section 3.1.1.

A frame's compressed size is written nowhere; it is found by stepping from block to block, three bytes
each, without decompressing. Blocks hold at most 128 KiB, so that takes a few reads for each MiB.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

MAX_RAW = 8 << 20
"""No frame holds more bytes."""

_MAGIC = b"\x28\xb5\x2f\xfd"
_HEADER = 18
"""The longest frame header, with the magic number before it."""
_MAX_BLOCK = 128 << 10
_RLE, _RESERVED = 1, 3


class MalformedError(ValueError):
    """No zstd frame that this reads, at `offset`."""

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(problem)
        self.offset = offset


class OversizeError(MalformedError):
    """A frame of more bytes than are allowed."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A frame: where it begins, its compressed size, and the size that it declares for its content."""

    offset: int
    size: int
    raw: int


def extents(fd: int, start: int, end: int) -> Iterator[Extent]:
    """The frames of an open file from `start` to `end`, which must fill that range.

    Raises MalformedError at the first that is none, OSError.
    """
    offset = start
    while offset < end:
        extent = _extent(fd, offset, end)
        yield extent
        offset += extent.size


def _extent(fd: int, offset: int, end: int) -> Extent:
    head = os.pread(fd, _HEADER + 3, offset)
    if head[:4] != _MAGIC:
        raise MalformedError(offset, "no zstd frame begins here")
    length, raw, checksum = _header(head, offset)
    if raw > MAX_RAW:
        raise OversizeError(offset, f"a frame of {raw} bytes; at most {MAX_RAW} are allowed")
    most = raw + (raw >> 8) + 1024  # more than the worst that a compressor makes of `raw` bytes
    at = offset + length
    block = head[length : length + 3]
    while True:
        if len(block) < 3:
            raise MalformedError(offset, "the frame is cut off")
        bits = int.from_bytes(block, "little")
        last, kind, size = bits & 1, bits >> 1 & 3, bits >> 3
        if kind == _RESERVED or size > _MAX_BLOCK:
            raise MalformedError(offset, "a block that zstd does not know")
        at += 3 + (1 if kind == _RLE else size)
        if at - offset > most:
            raise OversizeError(offset, f"more compressed bytes than {raw} bytes can need")
        if last:
            break
        block = os.pread(fd, 3, at)
    at += 4 * checksum
    if at > end:
        raise MalformedError(offset, "the frame is cut off")
    return Extent(offset, at - offset, raw)


def _header(head: bytes, offset: int) -> tuple[int, int, bool]:
    """How long a header is, with the magic number; the content size; whether a checksum ends it all."""
    if len(head) < 6:
        raise MalformedError(offset, "the frame is cut off")
    flags = head[4]
    single, checksum = bool(flags & 0x20), bool(flags & 0x04)
    if flags & 0x08 or flags & 0x03:
        raise MalformedError(offset, "a frame that needs a dictionary, or of a later format")
    width = (1 if single else 0, 2, 4, 8)[flags >> 6]
    begin = 5 + (not single)
    if not width:
        raise MalformedError(offset, "the frame does not say how much it holds")
    field = head[begin : begin + width]
    if len(field) < width:
        raise MalformedError(offset, "the frame is cut off")
    return begin + width, int.from_bytes(field, "little") + (256 if width == 2 else 0), checksum
