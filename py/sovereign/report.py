"""Diagnostics as a person reads them, as one line each, or as JSON."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sovereign.diagnostics import Diagnostic, Severity, Span
from sovereign.files import read_file
from sovereign.inventory.conceal import may_hold_secret
from sovereign.inventory.locate import WHOLE_FILE, TomlPositions, dotted, escaped

if TYPE_CHECKING:
    from pydantic import JsonValue

_Paint: TypeAlias = Callable[[str, str], str]

_BOLD = "1"
_BLUE = "1;34"
_SEVERITY_COLOR = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_TAB = " " * 4
_LEAST_ROOM = 20
_CUT = "…"
_STATEMENT = re.compile(r"""\s*(\[|[\w"'.-]+\s*=(?!=|\s*$))""")
_LONGEST = 100
"""As many lines of a statement are looked at; a private key has half of them."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that is reported: its lines and, for TOML, where its keys stand."""

    lines: list[str]
    positions: TomlPositions

    def conceals(self, number: int) -> bool:
        """Whether a line, or a statement that it ends or continues, may hold a secret."""
        start = number - 1
        while start > max(0, number - _LONGEST) and not _STATEMENT.match(self.lines[start]):
            start -= 1
        return may_hold_secret("\n".join(self.lines[start:number]))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A diagnostic with its place: the file's name, the span and the text of that line."""

    diagnostic: Diagnostic
    file: str
    span: Span | None
    line: str | None


def render(
    diagnostics: Iterable[Diagnostic], root: Path, *, color: bool = False, width: int = 100
) -> str:
    """Write each diagnostic with its source line and a caret under the place.

    Paths are relative to `root`. A source line is cut to `width` columns around the place;
    what a terminal would obey or hide in it is escaped. A file that cannot be read has no frame.
    """
    paint = _ansi if color else _plain
    return "\n\n".join(_block(placed, paint, width) for placed in _placed(diagnostics, root))


def render_short(diagnostics: Iterable[Diagnostic], root: Path) -> str:
    """Write each diagnostic as `file:line:column: severity[CODE] message`."""
    return "\n".join(
        f"{_where(placed)}: {placed.diagnostic.severity}[{placed.diagnostic.code}]"
        f" {visible(placed.diagnostic.message)}"
        for placed in _placed(diagnostics, root)
    )


def to_json_list(diagnostics: Iterable[Diagnostic], root: Path) -> "list[dict[str, JsonValue]]":
    """Return the diagnostics as JSON objects, in the order in which they are rendered."""
    return [_json(placed) for placed in _placed(diagnostics, root)]


def to_json(diagnostic: Diagnostic, root: Path) -> "dict[str, JsonValue]":
    """Return one diagnostic as a JSON object; `key` is its key path as `dotted` writes it.

    Line and columns are null where the file cannot be read.
    """
    return to_json_list([diagnostic], root)[0]


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Count by severity: `2 errors, 1 warning`."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    parts = (f"{counts[s]} {s}{'s' * (counts[s] > 1)}" for s in Severity if counts[s])
    return ", ".join(parts) or "no findings"


def visible(text: str) -> str:
    """Escape what a terminal would obey, reorder or hide: controls, bidi marks, odd spaces."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _placed(diagnostics: Iterable[Diagnostic], root: Path) -> list[_Placed]:
    """Find the place of every diagnostic; sort by file, line, column and code."""
    file, source = None, None
    placed = []
    # File by file: the positions of a thousand files are not kept at once.
    for diagnostic in sorted(diagnostics, key=lambda diagnostic: diagnostic.file):
        if diagnostic.file != file:
            file, source = diagnostic.file, _read(diagnostic.file)
        span, line = diagnostic.span, None
        if source is not None:
            at = diagnostic.at
            span = span or (source.positions.nearest(at, diagnostic.part) if at else WHOLE_FILE)
            shown = span != WHOLE_FILE and not diagnostic.conceal
            if shown and span.line <= len(source.lines) and not source.conceals(span.line):
                line = source.lines[span.line - 1].removesuffix("\r")
        placed.append(_Placed(diagnostic, _shown_path(diagnostic.file, root), span, line))
    return sorted(placed, key=_order)


def _order(placed: _Placed) -> tuple[str, int, int, str, str]:
    line, column = (placed.span.line, placed.span.column) if placed.span else (0, 0)
    return placed.file, line, column, placed.diagnostic.code, placed.diagnostic.message


def _read(file: Path) -> _Source | None:
    try:
        text = read_file(file).decode("utf-8", "surrogateescape")
    except OSError:
        return None
    return _Source(text.split("\n"), TomlPositions(text))


def _shown_path(file: Path, root: Path) -> str:
    file, root = file.absolute(), root.absolute()
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def _where(placed: _Placed) -> str:
    file = visible(placed.file)
    return f"{file}:{placed.span.line}:{placed.span.column}" if placed.span else file


def _json(placed: _Placed) -> "dict[str, JsonValue]":
    diagnostic, span = placed.diagnostic, placed.span
    return {
        "file": placed.file,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_column": span.end_column if span else None,
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "detail": diagnostic.detail,
        "fix": diagnostic.fix,
        "source": diagnostic.source,
        "host": diagnostic.host,
        "key": dotted(diagnostic.at),
    }


def _block(placed: _Placed, paint: _Paint, width: int) -> str:
    diagnostic = placed.diagnostic
    color = _SEVERITY_COLOR[diagnostic.severity]
    frame = _frame(placed, width, paint)
    number = str(placed.span.line) if placed.span and frame else " "
    margin = " " * len(number)
    notes = [
        *diagnostic.detail.split("\n"),
        *_labelled("help", diagnostic.fix),
        *_labelled("see", diagnostic.source),
    ]
    return "\n".join(
        [
            paint(f"{diagnostic.severity}[{diagnostic.code}]", color)
            + paint(f": {visible(diagnostic.message)}", _BOLD),
            paint(f"{margin}-->", _BLUE) + f" {_where(placed)}",
            *frame,
            *(paint(f"{margin} =", _BLUE) + f" {visible(note)}" for note in notes if note.strip()),
        ]
    )


def _labelled(label: str, text: str) -> list[str]:
    """Put a label before a text; align the lines after its first."""
    indented = text.replace("\n", "\n" + " " * len(f"{label}: "))
    return f"{label}: {indented}".split("\n") if text else []


def _frame(placed: _Placed, width: int, paint: _Paint) -> list[str]:
    """Draw the source line and the carets under the place; nothing where there is no line."""
    if placed.span is None or placed.line is None:
        return []
    number = f"{placed.span.line} |"
    margin = paint("|".rjust(len(number)), _BLUE)
    before, marked, after = _window(placed.line, placed.span, width - len(number) - 1)
    carets = paint("^" * max(1, _width(marked)), _SEVERITY_COLOR[placed.diagnostic.severity])
    return [
        margin,
        f"{paint(number, _BLUE)} {before}{marked}{after}".rstrip(),
        f"{margin} {' ' * _width(before)}{carets}",
    ]


def _window(line: str, span: Span, room: int) -> tuple[str, str, str]:
    """Return what is shown before, at and after a span, within `room` columns.

    The cut ends of a longer line are marked by an ellipsis.
    """
    room = max(room, _LEAST_ROOM)
    start = min(span.column - 1, len(line))
    low, high = max(0, start - room), start + room
    cells = [_TAB if c == "\t" else visible(c) for c in line[low:high]]
    start -= low
    end = min(max(span.end_column - 1 - low, start), len(cells))
    widths = [_width(cell) for cell in cells]
    first, last = 0, len(cells)
    if len(cells) < len(line) or sum(widths) > room:
        first, last = _fitting(widths, start, end, room - 2 * len(_CUT))
    before = (_CUT if low + first > 0 else "") + "".join(cells[first:start])
    after = "".join(cells[end:last]) + (_CUT if low + last < len(line) else "")
    return before, "".join(cells[start : min(end, last)]), after


def _fitting(widths: list[int], start: int, end: int, room: int) -> tuple[int, int]:
    """Choose the cells around a span that fit: some before it, the span, then both sides evenly."""
    first = last = start
    used = 0
    while first > 0 and used + widths[first - 1] <= room // 4:
        first -= 1
        used += widths[first]
    growing = True
    while growing:
        growing = False
        if last < len(widths) and used + widths[last] <= room:
            used += widths[last]
            last += 1
            growing = True
        if last >= end and first > 0 and used + widths[first - 1] <= room:
            first -= 1
            used += widths[first]
            growing = True
    return first, last


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(c) in {"Mn", "Me"}
        else 1 + (unicodedata.east_asian_width(c) in {"W", "F"})
        for c in text
    )


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return escaped(character)


def _ansi(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _plain(text: str, _style: str) -> str:
    return text
