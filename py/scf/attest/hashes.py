"""The hashes of a log's tree in a file, 32 bytes each, in the order in which they come to be.

They follow from the log: a file that does not fit it is made anew, never believed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scf.attest.errors import LogError
from scf.attest.merkle import Edge, Node, position, stored
from scf.attest.opened import open_regular
from scf.drive import Drive, guarded

_WIDTH = 32


class Hashes:
    """A file of hashes on a drive."""

    def __init__(self, drive: Drive, path: Path) -> None:
        self._drive = drive
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[Node]:
        """The hashes of complete subtrees. Raises LogError for one that is not there, DriveError."""
        with guarded(self._drive.root):
            descriptor = self._open()
            try:

                def node(level: int, index: int) -> bytes:
                    found = os.pread(descriptor, _WIDTH, _WIDTH * position(level, index))
                    if len(found) < _WIDTH:
                        raise LogError(f"{self._path.name} of the log was cut short")
                    return found

                yield node
            finally:
                os.close(descriptor)

    def fit(self, size: int, root: bytes) -> bool:
        """Whether these are as many as a log of `size` entries has, and lead to its root.

        Raises LogError when there are more: they are written after the entries, which were lost since.
        """
        with self.reading() as node:
            there, due = self._path.stat().st_size, _WIDTH * stored(size)
            if there > due:
                raise LogError(
                    f"the log lost entries: {size} are left",
                    hint="put log.ndjson back from a backup; nothing was changed",
                )
            return there == due and Edge(size, node).root() == root

    def put(self, size: int, hashes: Iterable[bytes]) -> None:
        """Add the hashes that came to be in a log that had `size` entries. Raises DriveError."""
        data = memoryview(b"".join(hashes))
        start = _WIDTH * stored(size)
        with guarded(self._drive.root):
            descriptor = self._open()
            try:
                while data:
                    written = os.pwrite(descriptor, data, start)
                    data, start = data[written:], start + written
            finally:
                os.close(descriptor)

    def remake(self, leaves: Callable[[], Iterator[bytes]], size: int, root: bytes) -> None:
        """Compare all with what the log's leaves come to; when they differ, write them anew.

        Raises LogError when the leaves are not what was signed as `root`, and changes nothing then.
        """
        edge = Edge.empty()
        same = True
        with guarded(self._drive.root), os.fdopen(self._open(), "rb") as file:
            for leaf in leaves():
                new = b"".join(edge.push(leaf))
                same = same and file.read(len(new)) == new
            same = same and not file.read(1)
        if (edge.size, edge.root()) != (size, root):
            raise LogError(
                f"the log's {edge.size} entries are not the {size} that were signed",
                hint="put the log back from a backup; nothing was changed",
            )
        if not same:
            again = Edge.empty()
            with self._drive.replacing(self._path) as out:
                for leaf in leaves():
                    out.writelines(again.push(leaf))

    def _open(self) -> int:
        return open_regular(self._path, os.O_RDWR | os.O_CREAT)
