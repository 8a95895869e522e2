"""The ledger's file: lines that are only ever added, each on the disk before it counts."""

import json
import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader, FileIO

from emily.files import sync_folder
from scf.attest.opened import open_regular
from scf.drive import Drive, Partition, guarded
from scf.errors import RefusedError
from scf.ledger.chain import MAX_LINE
from scf.ledger.errors import LedgerBusyError
from scf.turns import take

PATIENCE_S = 5.0
"""How long to wait while another process writes."""


class LedgerFile:
    """Lines by number. The file is opened anew for each use: a drive that is gone is noticed."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self.path = drive.folder(Partition.ATTESTATIONS) / "ledger.ndjson"
        self._starts = array("Q")
        self._end = 0

    def news(self) -> Iterator[bytes]:
        """The lines that were not read before. Raises RefusedError, DriveError."""
        with guarded(self._drive.root):
            try:
                with self._opened() as file:
                    yield from self._news(file)
            except FileNotFoundError:
                self._drive.check()
                self._must_reach(0)

    def lines(self) -> Iterator[bytes]:
        """The lines that were read before, from the first."""
        for number in range(len(self._starts)):
            yield self.line(number)

    def line(self, number: int) -> bytes:
        """A line that was read before."""
        with guarded(self._drive.root), self._opened() as file:
            file.seek(self._starts[number])
            return file.readline(MAX_LINE)

    @contextmanager
    def writing(self) -> Iterator[Callable[[bytes], None]]:
        """Hold the file for oneself, and get what adds a line after all that was read.

        A line that was added is on the disk, or not there. Raises LedgerBusyError, DriveError.
        """
        with guarded(self._drive.root):
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            with FileIO(open_regular(self.path, flags), "r+") as file:
                held = f"another process has held the ledger for {PATIENCE_S:g} s"
                take(file.fileno(), LedgerBusyError(held), patience_s=PATIENCE_S)
                yield partial(self._add, file.fileno())

    def _opened(self) -> BufferedReader:
        return os.fdopen(open_regular(self.path, os.O_RDONLY), "rb")

    def _add(self, descriptor: int, line: bytes) -> None:
        self._drive.admit(Partition.ATTESTATIONS, len(line))
        os.ftruncate(descriptor, self._end)  # what a crash left of a line
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, self._end)
            raise
        if self._end == 0:
            sync_folder(self.path.parent)
        self._count(line)

    def _news(self, file: BufferedReader) -> Iterator[bytes]:
        self._must_reach(os.fstat(file.fileno()).st_size)
        file.seek(self._end)
        while line := file.readline(MAX_LINE):
            if not line.endswith(b"\n"):
                self._must_be_torn(line)
                return
            yield line  # whoever reads refuses it by raising: then it does not count
            self._count(line)

    def _count(self, line: bytes) -> None:
        self._starts.append(self._end)
        self._end += len(line)

    def _must_reach(self, size: int) -> None:
        if size < self._end:
            raise RefusedError(f"{self.path.name} lost entries that it had")

    def _must_be_torn(self, rest: bytes) -> None:
        """A write that was cut off leaves the beginning of a line: nothing stands after its object."""
        try:
            _, end = json.JSONDecoder().raw_decode(rest.decode("utf-8", "replace"))
        except ValueError:
            end = len(rest)
        except RecursionError:  # no entry is that deep
            end = 0
        if end < len(rest) or len(rest) >= MAX_LINE:
            raise RefusedError(f"entry {len(self._starts)} of the ledger is damaged")
