"""The file of an item memory: a header of one page, the rows as they lie in memory, their ids.

All numbers are little-endian. The rows begin at a page, so that a mapped file can be searched as it
is. Every version keeps the magic and the version at the header's start, and its checksum at its end.
"""

import io
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emily.instinct.hdc.errors import MemoryFileError
from emily.instinct.hdc.files import StrPath, open_file, replacing, system_errors
from emily.instinct.hdc.ids import MAX_ID, first_repeated
from emily.instinct.hdc.packing import (
    LINE,
    MAX_DIM,
    MIN_DIM,
    aligned_rows,
    line_count,
    word_count,
)

MAGIC = b"emilyhdc"
VERSION = 1
PAGE = 4096
FIELDS = struct.Struct("<8s 3I 2Q I")
"""Magic; version, dimension, bytes of a row; number of rows, next id; checksum of rows and ids."""

# CRC-32 guards against accidents, not against forgers: it finds all damage that lies within 32 bits
# and misses one in 4e9 of the rest. It reads 6.3 GB/s (zlib 1.2.13, Zen 4); SHA-256 reads 1.8, or
# 0.7 where the CPU has no instructions for it, BLAKE2b 1.3.
CHECKSUM = struct.Struct("<I")

_CHUNK = 1 << 20
"""Bytes that are summed while they are in the cache."""


class Stored(NamedTuple):
    """What a file holds: rows of shape (n, 8 * lines), int64 ids of shape (n,)."""

    dim: int
    rows: NDArray[np.uint64]
    ids: NDArray[np.int64]
    next_id: int


class _Header(NamedTuple):
    dim: int
    row_count: int
    next_id: int
    checksum: int

    @property
    def row_bytes(self) -> int:
        return line_count(self.dim) * LINE

    @property
    def rows_end(self) -> int:
        return PAGE + self.row_count * self.row_bytes

    @property
    def file_bytes(self) -> int:
        return self.rows_end + 8 * self.row_count


def save(path: StrPath, stored: Stored) -> None:
    """Write a file that replaces one of its name as a whole, or not at all when anything fails.

    Raises MemoryFileError when it cannot be written.
    """
    with replacing(path) as file:
        _write(file, stored)


def load(path: StrPath) -> Stored:
    """Read a file into memory; raises MemoryFileError when anything about it is wrong."""
    with system_errors(path, "read"), open_file(path) as file:
        header = _read_header(path, file)
        rows = aligned_rows(header.row_count, header.dim).view("<u8")
        ids = np.empty(header.row_count, "<i8")
        checksum = 0
        for piece in _pieces(rows, ids):
            if file.readinto(piece) != len(piece):
                raise MemoryFileError(f"{path} was cut short while it was read")
            checksum = zlib.crc32(piece, checksum)
    _check_body(path, header, rows, checksum)
    return _stored(path, header, rows, ids)


def open_mapped(path: StrPath, *, verify: bool) -> Stored:
    """Map a file, read-only: its rows come from the disk when they are used.

    With `verify` all of it is read and checked now, else only the header and the ids are. The file
    must not be written to meanwhile; `save` replaces it instead, which a mapping does not notice.
    """
    with system_errors(path, "read"), open_file(path) as file:
        header = _read_header(path, file)
        mapped = mmap.mmap(file.fileno(), header.file_bytes, access=mmap.ACCESS_READ)
    octets = np.frombuffer(mapped, np.uint8)
    rows = octets[PAGE : header.rows_end].view("<u8").reshape(-1, header.row_bytes // 8)
    ids = octets[header.rows_end :].view("<i8")
    if verify:
        checksum = 0
        for piece in _pieces(rows, ids):
            checksum = zlib.crc32(piece, checksum)
        _check_body(path, header, rows, checksum)
    return _stored(path, header, rows, ids)


def _write(file: io.BufferedIOBase, stored: Stored) -> None:
    file.write(bytes(PAGE))
    checksum = 0
    rows, ids = stored.rows.astype("<u8", copy=False), stored.ids.astype("<i8", copy=False)
    for piece in _pieces(rows, ids):
        checksum = zlib.crc32(piece, checksum)
        file.write(piece)
    row_bytes = line_count(stored.dim) * LINE
    fields = FIELDS.pack(
        MAGIC, VERSION, stored.dim, row_bytes, len(stored.rows), stored.next_id, checksum
    )
    page = fields.ljust(PAGE - CHECKSUM.size, b"\0")
    file.seek(0)
    file.write(page + CHECKSUM.pack(zlib.crc32(page)))


def _pieces(rows: NDArray[np.uint64], ids: NDArray[np.int64]) -> Iterator[memoryview]:
    """The bytes of both, some at a time."""
    for array in (rows, ids):
        octets = array.reshape(-1).view(np.uint8)
        for start in range(0, len(octets), _CHUNK):
            yield octets[start : start + _CHUNK].data


def _read_header(path: StrPath, file: io.BufferedIOBase) -> _Header:
    page = file.read(PAGE)
    if page[: len(MAGIC)] != MAGIC[: len(page)]:
        raise MemoryFileError(f"{path} is not the file of an item memory")
    if len(page) < PAGE:
        raise MemoryFileError(
            f"{path} is cut short: of its header's {PAGE} bytes it has {len(page)}"
        )
    _, version, dim, row_bytes, count, next_id, checksum = FIELDS.unpack_from(page)
    if CHECKSUM.pack(zlib.crc32(page[: -CHECKSUM.size])) != page[-CHECKSUM.size :]:
        raise MemoryFileError(f"{path} is damaged: the checksum of its header differs")
    if version != VERSION:
        raise MemoryFileError(
            f"{path} has format {version}, but format {VERSION} is the newest known here"
        )
    if not MIN_DIM <= dim <= MAX_DIM or row_bytes != line_count(dim) * LINE:
        raise MemoryFileError(
            f"{path} has rows of {dim} bits in {row_bytes} bytes: no such rows are"
        )
    header = _Header(dim, count, next_id, checksum)
    # only now is the number of rows believed
    size = os.fstat(file.fileno()).st_size
    if size != header.file_bytes:
        how = "cut short" if size < header.file_bytes else "too long"
        raise MemoryFileError(
            f"{path} is {how}: {count} rows of {dim} bits are {header.file_bytes} bytes, not {size}"
        )
    return header


def _check_body(path: StrPath, header: _Header, rows: NDArray[np.uint64], checksum: int) -> None:
    if checksum != header.checksum:
        raise MemoryFileError(f"{path} is damaged: the checksum of its rows and ids differs")
    words, used = word_count(header.dim), header.dim % 64
    beyond = rows[:, words:].any() or (used and (rows[:, words - 1] >> np.uint64(used)).any())
    if beyond:
        raise MemoryFileError(f"{path} has rows in which bits from {header.dim} on are set")


def _stored(
    path: StrPath, header: _Header, rows: NDArray[np.uint64], ids: NDArray[np.int64]
) -> Stored:
    if header.next_id > MAX_ID + 1:
        raise MemoryFileError(f"{path} has {header.next_id} as its next id, above {MAX_ID + 1}")
    if len(ids) and not 0 <= ids.min() <= ids.max() < header.next_id:
        raise MemoryFileError(f"{path} has ids that are not from 0 to {header.next_id - 1}")
    if (repeated := first_repeated(ids)) is not None:
        raise MemoryFileError(f"{path} has the id {repeated} twice")
    rows, ids = rows.astype(np.uint64, copy=False), ids.astype(np.int64, copy=False)
    return Stored(header.dim, rows, ids, header.next_id)
