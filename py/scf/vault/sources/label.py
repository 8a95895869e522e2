"""What a source is called: its file's name, and digits that tell it from others of that name."""

import hashlib
import os
from pathlib import Path

from scf.vault.errors import SourceError
from scf.vault.sources.files import Entry, entries
from scf.vault.sources.opened import open_regular, reading

_END = 1 << 20
"""Bytes that are read at each end of a file."""
_DIGITS = 16


def label(path: Path) -> str:
    """`points.ndjson@` and 16 digits: of the sizes and of each file's first and last MiB, SHA-256.

    In a folder the names count too. The same wherever the bytes lie and whenever they were changed;
    cheap, whatever their size. Raises SourceError.
    """
    with reading(path):
        root = path.resolve(strict=True)
        hashed = hashlib.sha256()
        for entry in entries(root):
            place = "/".join(entry.parts).encode("utf-8", "surrogateescape")
            hashed.update(b"%d %d %b\n" % (len(place), entry.size, place))
            hashed.update(_ends(entry))
    # the name that it was asked for by: a link's target may be called by a number
    return f"{path.name or root.name}@{hashed.hexdigest()[:_DIGITS]}"


def checked_label(name: str) -> str:
    """A name that was given. Raises SourceError when fossils cannot carry it, with a line's number."""
    if not name or len(name) > 200 or not name.isprintable():
        raise SourceError(
            f"{name!r} is no name of a source: 1 to 200 characters that can be printed"
        )
    return name


def _ends(entry: Entry) -> bytes:
    """Nothing of what is no file, or cannot be read: the ingest says so of it."""
    try:
        fd = open_regular(entry.path)
    except (OSError, ValueError):
        return b""
    try:
        last = max(_END, entry.size - _END)
        return os.pread(fd, _END, 0) + os.pread(fd, _END, last)
    finally:
        os.close(fd)
