"""The lines of a log's file: read in blocks, of bounded length, the last one perhaps torn."""

import os
from collections.abc import Iterator

from scf.attest.errors import LogError, ProofError
from scf.attest.merkle import leaf_hash
from scf.attest.statement import Record, exact

LOG = "log/log.ndjson"
"""The file, in the partition of attestations."""

KEYS = "log/keys.json"
"""The public keys beside it."""

OLDER = "an older one was put in its place"

MAX_LINE = 1 << 20
"""No line has more bytes, its end counted."""

_BLOCK = 1 << 20
_BEFORE, _BETWEEN = b'{"attestation":', b',"head":{'


def whole(file: int, length: int) -> int:
    """How many of the first `length` bytes are whole lines; the rest is a line written in part."""
    start = max(0, length - MAX_LINE)
    tail = os.pread(file, length - start, start)
    end = tail.rfind(b"\n") + 1
    if end == 0 and start > 0:
        raise LogError(f"the log ends with a line of more than {MAX_LINE} bytes")
    return start + end


def last_start(file: int, length: int) -> int:
    """Where the last of the lines begins that the first `length` bytes are. Raises LogError."""
    start = max(0, length - MAX_LINE - 1)
    begin = os.pread(file, length - 1 - start, start).rfind(b"\n") + 1
    if begin == 0 and start > 0:
        raise LogError(f"the log has a line of more than {MAX_LINE} bytes")
    return start + begin


def line_at(file: int, start: int) -> bytes:
    """The line that begins at this byte, without its end. Raises LogError."""
    for size in (1 << 12, MAX_LINE):
        line, end, _ = os.pread(file, size, start).partition(b"\n")
        if end:
            return line
    raise LogError(f"no line of the log begins at byte {start}")


def lines(file: int, start: int, length: int) -> Iterator[tuple[int, bytes]]:
    """Where each line begins, and the line, from byte `start` up to `length`. Raises LogError."""
    rest = b""
    while start + len(rest) < length:
        place = start + len(rest)
        block = os.pread(file, min(_BLOCK, length - place), place)
        *found, rest = (rest + block).split(b"\n")
        for line in found:
            yield start, line
            start += len(line) + 1
        if not block or len(rest) >= MAX_LINE:
            raise LogError(f"no line of the log begins at byte {start}")


def leaf_of(line: bytes) -> bytes:
    """The leaf hash of a line's attestation, without reading more of it. Raises LogError."""
    end = line.rfind(_BETWEEN)
    if not line.startswith(_BEFORE) or end < 0:
        raise LogError("a line of the log is no attestation with a head")
    return leaf_hash(line[len(_BEFORE) : end])


def record_of(line: bytes) -> Record:
    """What a line says, written in the one way there is. Raises LogError."""
    try:
        return exact(Record, line, source="a line of the log")
    except ProofError as error:
        raise LogError(error.message) from None
