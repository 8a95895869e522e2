"""The archive of a release: a tar of plain files whose every byte follows from their names and bytes.

The reader parses nothing: it computes what each header must be, and refuses anything else. A path that
leads elsewhere, a link, a device, a gap or a surplus is therefore never more than a byte that differs.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from scf.cid import cid_of_digest
from scf.contracts.job import FileRef
from scf.release.errors import ForgedError

_UNIT = 512
_END = bytes(2 * _UNIT)
_BLOCK = 1 << 20
_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.DIRTYPE: "a folder",
    tarfile.FIFOTYPE: "a pipe",
}


class Archive:
    """The layout of an archive of these files, in this order, under one folder, with one time."""

    def __init__(self, folder: str, files: tuple[FileRef, ...], time: int) -> None:
        self.folder = folder
        self.files = files
        self.headers: list[bytes] = []
        """The header of each file; that of a long name or a file over 8 GiB has more than one block."""
        self.offsets: list[int] = []
        """Where each file's bytes begin."""
        at = 0
        for file in files:
            self.headers.append(_header(f"{folder}/{file.name}", file.bytes, time))
            at += len(self.headers[-1])
            self.offsets.append(at)
            at += file.bytes + _padding(file.bytes)
        self.size = at + len(_END)

    def write(self, out: BinaryIO, sources: dict[str, Path | bytes]) -> str:
        """Write it, return its CID. Raises ForgedError when a file is not what its reference says."""
        hashed = hashlib.sha256()

        def put(data: bytes) -> None:
            hashed.update(data)
            out.write(data)

        for file, header in zip(self.files, self.headers, strict=True):
            put(header)
            inner = hashlib.sha256()
            left = file.bytes
            with _opened(sources[file.name]) as source:
                for block in source:
                    inner.update(block)
                    left -= len(block)
                    if left < 0:
                        break
                    put(block)
            if left or cid_of_digest(inner.digest()) != file.cid:
                raise ForgedError(f"{file.name} is not what its CID {file.cid} says")
            put(bytes(_padding(file.bytes)))
        put(_END)
        return cid_of_digest(hashed.digest())

    def check(self, path: Path) -> None:
        """Read an archive through and extract nothing.

        Raises ForgedError at the first byte that is not this archive's, OSError.
        """
        with path.open("rb") as archive:
            for file, header in zip(self.files, self.headers, strict=True):
                at = archive.tell()
                found = archive.read(len(header))
                if found != header:
                    raise ForgedError(f"{path.name}, byte {at}: {self._said(found, file.name)}")
                inner = hashlib.sha256()
                for block in _blocks(archive, file.bytes):
                    inner.update(block)
                if cid_of_digest(inner.digest()) != file.cid:
                    raise ForgedError(f"{path.name}: {file.name} is not what its CID says")
                if archive.read(_padding(file.bytes)) != bytes(_padding(file.bytes)):
                    raise ForgedError(f"{path.name}: bytes are hidden behind {file.name}")
            if archive.read(len(_END) + 1) != _END:
                raise ForgedError(f"{path.name}: there is more behind the last file, or less")

    def read(self, path: Path, name: str) -> Iterator[bytes]:
        """A file's bytes in blocks, as they are in the archive, unchecked. Raises OSError, KeyError."""
        index = {file.name: index for index, file in enumerate(self.files)}[name]
        with path.open("rb") as archive:
            archive.seek(self.offsets[index])
            yield from _blocks(archive, self.files[index].bytes)

    def _said(self, found: bytes, name: str) -> str:
        """What is there instead of the header of a file."""
        try:
            info = tarfile.TarInfo.frombuf(found[:_UNIT], "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return f"expected the file {name}, found no header"
        if info.type in _KINDS:
            return f"expected the file {name}, found {_KINDS[info.type]}, {info.name!r}"
        if info.name != f"{self.folder}/{name}":
            return f"expected the file {name}, found {info.name!r}"
        return f"the header of {name} is not as it is written"


def _header(name: str, size: int, time: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, time, 0o444
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _padding(size: int) -> int:
    return -size % _UNIT


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        block = file.read(min(size, _BLOCK))
        if not block:
            return
        size -= len(block)
        yield block


@contextmanager
def _opened(source: Path | bytes) -> Iterator[Iterator[bytes]]:
    if isinstance(source, bytes):
        yield iter((source,))
        return
    with source.open("rb") as file:
        yield iter(lambda: file.read(_BLOCK), b"")
