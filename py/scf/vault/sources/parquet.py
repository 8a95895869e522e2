"""Rows of a Parquet file as JSON objects, read a few at a time.

Times become ISO 8601, decimals their digits, bytes base64; what JSON has no word for is refused.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from pydantic import JsonValue

from scf.vault.candidate import Candidate, Item, Reason
from scf.vault.canonical import MAX_DEPTH, Refused, canonical, real
from scf.vault.errors import SourceError
from scf.vault.sources.opened import opened, size_of, state_of

_ROWS = 64
_MAX_GROUP = 1 << 30
"""Bytes that a row group says it holds."""


class _Batch(Protocol):
    num_rows: int

    def to_pylist(self) -> list[dict[str, object]]: ...


class _Group(Protocol):
    num_rows: int
    total_byte_size: int


class _Metadata(Protocol):
    num_rows: int
    num_row_groups: int

    def row_group(self, index: int) -> _Group: ...


class _Schema(Protocol):
    names: list[str]


class _File(Protocol):
    """What is used of pyarrow.parquet.ParquetFile."""

    metadata: _Metadata
    schema_arrow: _Schema

    def iter_batches(self, *, batch_size: int, row_groups: list[int]) -> Iterator[_Batch]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


class Parquet:
    """A Parquet file; its fossils say its name and their row, from 1."""

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        self._path = path
        self._label = name or path.name

    @property
    def name(self) -> str:
        """The kind and the file's name."""
        return f"parquet:{self._label}"

    def state(self) -> str:
        """The file's size and when it was changed."""
        return state_of(self._path)

    def size(self) -> int:
        """The file's size."""
        return size_of(self._path)

    def read(self, cursor: str | None) -> Iterator[Item]:
        """An item for each row; for a row group that is too large, one. Raises SourceError."""
        try:
            skip = int(cursor or 0)
        except ValueError:
            raise SourceError(f"{self.name}: {cursor!r} is no place in it") from None
        size = self.size()
        with self._open() as file:
            total = max(1, file.metadata.num_rows)
            row = 0
            for group in range(file.metadata.num_row_groups):
                about = file.metadata.row_group(group)
                if row + about.num_rows <= skip:
                    row += about.num_rows
                    continue
                if about.total_byte_size > _MAX_GROUP:
                    row += about.num_rows
                    yield Item(Reason.BOMB, str(row), 0, size * row // total)
                    continue
                for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group]):
                    if row + batch.num_rows <= skip:
                        row += batch.num_rows
                        continue
                    for values in batch.to_pylist():
                        row += 1
                        if row <= skip:
                            continue
                        found = self._candidate(values, row)
                        length = len(found.raw) if isinstance(found, Candidate) else 0
                        yield Item(found, str(row), length, size * row // total)

    def _candidate(self, values: object, row: int) -> Candidate | Reason:
        try:
            value = _json(values, 0)
            raw = canonical(value)
        except Refused as refused:
            return refused.reason
        return Candidate(raw, "json", value, "application/json", f"{self._label}#{row}")

    @contextmanager
    def _open(self) -> Iterator[_File]:
        try:
            make: Callable[[BinaryIO], _File] = import_module("pyarrow.parquet").ParquetFile
            arrow: type[Exception] = import_module("pyarrow").ArrowException
        except ModuleNotFoundError:
            raise SourceError(
                "Parquet needs pyarrow", hint="install the extra: pip install 'sovereign[parquet]'"
            ) from None
        with opened(self._path) as fd:
            try:
                with open(fd, "rb", closefd=False) as plain, make(plain) as file:
                    names = file.schema_arrow.names
                    if len(set(names)) < len(names):
                        raise SourceError(f"{self._path}: two columns have the same name")
                    yield file
            except (arrow, OSError) as error:
                raise SourceError(f"{self._path}: {_first(error)}") from None


def _json(value: object, depth: int) -> JsonValue:
    if depth > MAX_DEPTH:
        raise Refused(Reason.TOO_DEEP)
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return real(value)
        case Decimal():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode("ascii")
        case list():
            return [_json(each, depth + 1) for each in value]
        case dict():
            return {str(key): _json(each, depth + 1) for key, each in value.items()}
        case _:
            raise Refused(Reason.NOT_JSON)


def _first(error: Exception) -> str:
    return (str(error).splitlines() or ["damaged"])[0]
