"""Files of a folder: each is a fossil; one of more than 1 MiB is one for each MiB, and a manifest."""

import hashlib
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from scf.cid import cid_of, cid_of_digest
from scf.vault.candidate import Candidate, Item, Reason
from scf.vault.canonical import Refused, canonical
from scf.vault.errors import SourceError
from scf.vault.sources.opened import open_regular, reading

CHUNK = 1 << 20
MANIFEST = "application/vnd.scf.manifest+json"
"""The media type of the fossil whose parents, in order, are the pieces of a file."""
MAX_FILE = 32 << 30
"""A manifest is one line: it has room for this many MiB."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # six bytes each in JSON


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the folder that is no folder, by its path there."""

    path: Path
    parts: tuple[str, ...]
    size: int
    changed: int


class Files:
    """A folder, or one file. Links are followed within the folder only, and never to folders.

    `name` is what its fossils say they came from; else that is the folder's own.
    """

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        with reading(path):
            self._root = path.resolve(strict=True)
        self._label = name or self._root.name

    @property
    def name(self) -> str:
        """The kind and the name."""
        return f"files:{self._label}"

    def state(self) -> str:
        """A digest of the names, sizes and times of change."""
        hashed = hashlib.sha256()
        for entry in self._entries():
            hashed.update(json.dumps([entry.parts, entry.size, entry.changed]).encode())
        return hashed.hexdigest()

    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self._entries())

    def read(self, cursor: str | None) -> Iterator[Item]:
        """The files by their paths, sorted; the pieces of one come before its manifest."""
        try:
            skipped, *parts = json.loads(cursor) if cursor else (0,)
        except ValueError:
            raise SourceError(f"{self.name}: {cursor!r} is no place in it") from None
        last, done = tuple(parts), 0
        for entry in self._entries():
            if entry.parts < last or (entry.parts == last and skipped < 0):
                done += entry.size
                continue
            first = skipped if entry.parts == last else 0
            read = min(entry.size, first * CHUNK)
            for place, found, size in self._pieces(entry, first):
                read += size
                yield Item(found, json.dumps([place, *entry.parts]), size, done + read)
            done += entry.size

    def _entries(self) -> Iterator[Entry]:
        with reading(self._root):
            yield from entries(self._root)

    def _pieces(self, entry: Entry, first: int) -> Iterator[tuple[int, Candidate | Reason, int]]:
        """What a file comes to from its piece `first` on, each with the place after it: -1 is the end."""
        try:
            fd = self._open(entry)
            try:
                yield from self._read(fd, entry, first)
            finally:
                os.close(fd)
        except Refused as refused:
            yield -1, refused.reason, 0
        except OSError:
            with reading(self._root):
                self._root.stat()  # a source that is gone is no unreadable file
            yield -1, Reason.UNREADABLE, 0

    def _open(self, entry: Entry) -> int:
        path = entry.path
        if path.is_symlink():
            try:
                path = path.resolve(strict=True)
            except RuntimeError:  # links in a circle
                raise Refused(Reason.UNREADABLE) from None
            if not path.is_relative_to(self._root):
                raise Refused(Reason.OUTSIDE)
        try:
            return open_regular(path)
        except (ValueError, IsADirectoryError):
            raise Refused(Reason.NOT_A_FILE) from None

    def _read(
        self, fd: int, entry: Entry, first: int
    ) -> Iterator[tuple[int, Candidate | Reason, int]]:
        status = os.fstat(fd)
        if status.st_size > MAX_FILE:
            raise Refused(Reason.OVERSIZE)
        source = "/".join((self._label, *entry.parts))
        if status.st_size <= CHUNK:
            raw = _block(fd, 0)
            if len(raw) != status.st_size:
                raise Refused(Reason.CHANGED)
            yield -1, _candidate(raw, source), len(raw)
            return
        whole = hashlib.sha256()
        pieces: list[str] = []
        for number in range(-(-status.st_size // CHUNK)):
            raw = _block(fd, number * CHUNK)
            whole.update(raw)
            pieces.append(cid_of(raw))
            if number >= first:
                yield number + 1, _candidate(raw, f"{source}#{number}"), len(raw)
        after = os.fstat(fd)
        if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            raise Refused(Reason.CHANGED)
        content: JsonValue = {
            "bytes": status.st_size,
            "chunk": CHUNK,
            "chunks": [*pieces],
            "cid": cid_of_digest(whole.digest()),
        }
        manifest = canonical(content)
        yield -1, Candidate(manifest, "json", content, MANIFEST, source, tuple(pieces)), 0


def entries(root: Path) -> Iterator[Entry]:
    """What is in a folder, by the paths, sorted; or the one file that it is. Raises OSError."""
    if root.is_dir():
        yield from _walk(root, ())
    else:
        status = root.stat()
        yield Entry(root, (), status.st_size, status.st_mtime_ns)


def _walk(folder: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
    # files and folders sorted together, so that the paths come in the order of their parts
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        here = (*parts, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), here)
        else:
            status = entry.stat(follow_symlinks=False)
            size = status.st_size if entry.is_file(follow_symlinks=False) else 0
            yield Entry(Path(entry.path), here, size, status.st_mtime_ns)


def _block(fd: int, at: int) -> bytes:
    held = b""
    while len(held) < CHUNK and (more := os.pread(fd, CHUNK - len(held), at + len(held))):
        held += more
    return held


def _candidate(raw: bytes, source: str) -> Candidate:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if _CONTROL.search(text):
        packed = b64encode(raw).decode("ascii")
        return Candidate(raw, "base64", packed, "application/octet-stream", source)
    return Candidate(raw, "utf-8", text, "text/plain; charset=utf-8", source)
