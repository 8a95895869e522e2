"""Lines of a file, plain or compressed; one that is too long is skipped without being held."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scf.vault.candidate import Reason
from scf.vault.canonical import MAX_LINE, Refused
from scf.vault.sources.opened import opened
from scf.vault.sources.unpacked import blocks


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without its end, or why there is none; its number, from 1.

    `end` is the offset after it in the unpacked bytes, `size` what it took of them, `done` how much of
    the file is read.
    """

    found: bytes | Reason
    number: int
    end: int
    size: int
    done: int


def lines(path: Path, start: int = 0, number: int = 0) -> Iterator[Line]:
    """The lines after the offset `start`, at which the line `number` ended. Raises SourceError.

    What is damaged or expands too much ends with a line that says so. Of a file that grows meanwhile
    only what was there at first is read, and no line that was not whole by then.
    """
    end, done = start, start
    with opened(path) as fd:
        there = os.fstat(fd).st_size
        held = bytearray()
        size = 0  # of the line so far, also when it is too long to be held
        try:
            for block, done in blocks(path, fd, start, there):
                at = 0
                while (stop := block.find(b"\n", at)) >= 0:
                    size += stop + 1 - at
                    number += 1
                    end += size
                    if size - 1 > MAX_LINE:
                        yield Line(Reason.OVERSIZE, number, end, size, done)
                    elif content := bytes(held + memoryview(block)[at:stop]).strip(b" \t\r"):
                        yield Line(content, number, end, size, done)
                    held.clear()
                    size, at = 0, stop + 1
                size += len(block) - at
                if size <= MAX_LINE:
                    held += memoryview(block)[at:]
                else:
                    held.clear()
        except Refused as refused:
            yield Line(refused.reason, number + 1, end + size, size, done)
            return
        if size and os.fstat(fd).st_size <= there:
            content = bytes(held).strip(b" \t\r")
            if content or size > MAX_LINE:
                found = Reason.OVERSIZE if size > MAX_LINE else content
                yield Line(found, number + 1, end + size, size, done)
