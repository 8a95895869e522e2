"""Lines of JSON, plain, .gz or .zst: each line is a fossil, its bytes the RFC 8785 form of its value."""

from collections.abc import Iterator
from pathlib import Path

from scf.vault.candidate import Candidate, Item, Reason
from scf.vault.canonical import Refused, canonical, read_json
from scf.vault.errors import SourceError
from scf.vault.sources.lines import Line, lines
from scf.vault.sources.opened import size_of, state_of


class Ndjson:
    """A file of lines of JSON; `name` is what its fossils say they came from, with the line's number."""

    _KIND = "ndjson"

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        self._path = path
        self._label = name or path.name

    @property
    def name(self) -> str:
        """The kind and the name."""
        return f"{self._KIND}:{self._label}"

    def state(self) -> str:
        """The file's size and when it was changed."""
        return state_of(self._path)

    def size(self) -> int:
        """The file's size."""
        return size_of(self._path)

    def read(self, cursor: str | None) -> Iterator[Item]:
        """An item for each line that is not blank."""
        try:
            start, number = (int(part) for part in (cursor or "0 0").split(" "))
        except ValueError:
            raise SourceError(f"{self.name}: {cursor!r} is no place in it") from None
        for line in lines(self._path, start, number):
            yield Item(self._found(line), f"{line.end} {line.number}", line.size, line.done)

    def _found(self, line: Line) -> Candidate | Reason:
        if isinstance(line.found, Reason):
            return line.found
        try:
            return self._candidate(line.found, line.number)
        except Refused as refused:
            return refused.reason

    def _candidate(self, line: bytes, number: int) -> Candidate:
        value = read_json(line)
        source = f"{self._label}#{number}"
        return Candidate(canonical(value), "json", value, "application/json", source)
