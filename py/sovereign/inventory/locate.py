"""Where in a TOML text a key or a value stands, and how a key path is written.

tomllib reads the inventory but keeps no positions; tree-sitter-toml finds them, once there is
something to report.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from sovereign.diagnostics import KeyPath, Span

if TYPE_CHECKING:
    from tree_sitter import Node

Part: TypeAlias = Literal["value", "key"]

WHOLE_FILE = Span(1, 1, 1)
"""The place of what concerns a file as a whole: an empty span at its start."""

_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})
_STATEMENTS = frozenset({"pair", "table", "table_array_element"})
_NO_VALUES = _KEYS | {"comment", "ERROR"}
_SEGMENT = re.compile(
    r"""[ \t]* (?P<key> [A-Za-z0-9_-]+ | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
        [ \t]* (?P<indexes> (?:\[[0-9]{1,9}\])* ) [ \t]* (?P<more> \. | \Z )""",
    re.VERBOSE,
)


@dataclass(slots=True)
class _Place:
    """A table, array or value; `value` is the first and last node of it, or of what makes it."""

    key: "Node"
    value: "tuple[Node, Node]"
    children: "dict[str | int, _Place]" = field(default_factory=dict)
    array_of_tables: bool = False
    implicit: bool = False


class _Source:
    """A text as tree-sitter sees it, in bytes."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.lines = text.split(b"\n")

    @cached_property
    def document(self) -> "Node":
        # Most commands end with nothing to report: they need not load tree-sitter.
        import tree_sitter
        import tree_sitter_toml

        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
        return parser.parse(self.text).root_node

    def span(self, first: "Node", last: "Node") -> Span:
        """Return the first line of what reaches from one node to the end of another."""
        (row, start), (end_row, end) = first.start_point, last.end_point
        line = self.lines[row]
        if end_row > row:
            end = len(line.rstrip())
        return Span(row + 1, _characters(line[:start]) + 1, _characters(line[:end]) + 1)

    def key_around(self, row: int, column: int) -> "Node | None":
        """Return the key of the statement that a byte belongs to."""
        node = self.document.named_descendant_for_point_range((row, column), (row, column))
        while node is not None and node.type not in _STATEMENTS:
            node = node.parent
        return node and next((child for child in node.children if child.type in _KEYS), None)


class TomlPositions:
    """The places of all keys and values of one TOML text, parsed at the first question.

    A text with syntax errors is located as far as it can be understood. A byte that is not UTF-8
    (decoded with `surrogateescape`) counts as one character.
    """

    def __init__(self, text: str) -> None:
        self._source = _Source(text.encode("utf-8", "surrogateescape"))

    def of(self, path: KeyPath, part: Part = "value") -> Span | None:
        """Return the first line of what stands at a key path, or None where nothing does.

        The value of a table is its `[header]`, or the first longer header or key that implies
        it. The key of an array's element is the element.
        """
        places = self._along(path)
        return self._span(places, part) if len(places) == len(path) else None

    def nearest(self, path: KeyPath, part: Part = "value") -> Span:
        """Return the place of a key path or, where it is absent, its nearest existing ancestor.

        That is the table's header for a key which a table lacks, and WHOLE_FILE at the root.
        """
        places = self._along(path)
        return self._span(places, part if len(places) == len(path) else "value")

    def _along(self, path: KeyPath) -> list[_Place]:
        places: list[_Place] = []
        children = self._root
        while len(places) < len(path) and (place := children.get(path[len(places)])):
            places.append(place)
            children = place.children
        return places

    def _span(self, places: list[_Place], part: Part) -> Span:
        if not places:
            return WHOLE_FILE
        place = places[-1]
        return self._source.span(*((place.key, place.key) if part == "key" else place.value))

    @cached_property
    def _root(self) -> dict[str | int, _Place]:
        return _places(self._source.document)


def syntax_problem(text: bytes) -> tuple[str, Span] | None:
    """Return what keeps a text from being TOML and where, or None when it is TOML."""
    source = _Source(text)
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        before = text[: error.start].split(b"\n")
        column = _characters(before[-1]) + 1
        return f"not UTF-8: byte 0x{text[error.start]:02x}", Span(len(before), column, column + 1)
    if decoded.startswith("\ufeff"):
        return "the file starts with a byte order mark; save it as UTF-8 without", Span(1, 1, 2)
    try:
        tomllib.loads(decoded)
    except tomllib.TOMLDecodeError as error:
        return _decode_problem(str(error), decoded, source)
    except RecursionError:
        _, deepest = max(_walk(source.document), key=lambda found: found[0])
        return "nested too deeply", source.span(deepest, deepest)
    except ValueError:  # int() refuses what would take it quadratic time to read
        limit = sys.get_int_max_str_digits()
        long = re.compile(rb"[+-]?([0-9]_?){%d,}" % (limit + 1))
        numbers = (node for _, node in _walk(source.document) if long.fullmatch(node.text or b""))
        number = next(numbers, source.document)
        return f"an integer of more than {limit} digits", source.span(number, number)
    return None


def dotted(path: KeyPath) -> str:
    """Write a key path as TOML spells a dotted key, with indexes: `disks[3]."by id".size`.

    The root is the empty string. Text that could be read otherwise than it stands is escaped.
    """
    written = "".join(
        f"[{step}]" if isinstance(step, int) else f".{_written_key(step)}" for step in path
    )
    return written.removeprefix(".")


def parse_dotted(text: str) -> KeyPath:
    """Read a key path as `dotted` writes it or as TOML allows it; ValueError says what is wrong."""
    path: list[str | int] = []
    position, more = 0, text
    while more:
        segment = _SEGMENT.match(text, position)
        key = _read_key(segment["key"]) if segment else None
        if segment is None or key is None:
            raise ValueError(
                f"{text!r} is no key path from column {position + 1} on; write it like"
                ' pools.ember.vdevs[0]."by id"'
            )
        path += [key, *(int(index) for index in re.findall("[0-9]+", segment["indexes"]))]
        position, more = segment.end(), segment["more"]
    return tuple(path)


def escaped(character: str) -> str:
    """Return a character as TOML escapes it by number: `\\u202E`."""
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _written_key(key: str) -> str:
    if re.fullmatch("[A-Za-z0-9_-]+", key):
        return key
    inner = key.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else escaped(c) for c in inner) + '"'


def _read_key(written: str) -> str | None:
    """Return the key that a bare or quoted key stands for, or None when it is no TOML."""
    if not written.startswith(('"', "'")):  # tree-sitter may supply an empty one
        return written
    try:
        return str(tomllib.loads(f"key = {written}")["key"])
    except tomllib.TOMLDecodeError:
        return None


def _decode_problem(error: str, text: str, source: _Source) -> tuple[str, Span]:
    message, _, place = error.rpartition(" (at ")
    numbers = [int(number) for number in re.findall(r"[0-9]+", place)]
    lines = text.rstrip().split("\n")
    line, column = numbers or (len(lines), len(lines[-1]) + 1)
    if not message.startswith(("Cannot ", "Duplicate ")):
        return message, Span(line, column, column + 1)
    # A second definition is found out behind it, where its key says more; tomllib writes that
    # key as a Python tuple.
    before = source.lines[line - 1].decode("utf-8")[: column - 2].encode("utf-8")
    key = source.key_around(line - 1, len(before))
    message = re.sub(r"\(['\"].*\)", lambda it: dotted(ast.literal_eval(it[0])), message)
    return message, source.span(key, key) if key else Span(line, column, column + 1)


def _characters(source: bytes) -> int:
    return len(source.decode("utf-8", "surrogateescape"))


def _walk(node: "Node") -> Iterator[tuple[int, "Node"]]:
    """Yield a node and all below it with their depths, in the order of the text."""
    stack = [(0, node)]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        stack += [(depth + 1, child) for child in reversed(node.children)]


def _places(document: "Node") -> dict[str | int, _Place]:
    root: dict[str | int, _Place] = {}
    for statement in document.named_children:
        if statement.type == "pair":
            _add_values(root, [statement])
        elif statement.type in _STATEMENTS:
            table = _add_header(root, statement)
            _add_values(table, [node for node in statement.children if node.type == "pair"])
    return root


def _add_header(root: dict[str | int, _Place], statement: "Node") -> dict[str | int, _Place]:
    """Enter `[a.b]` or `[[a.b]]`; return the children of the table that it opens."""
    children = statement.children
    opening = children[0]
    keys = _key_parts(next((node for node in children if node.type in _KEYS), opening))
    closing = next((node for node in children if node.type in {"]", "]]"}), keys[-1])
    header = (opening, closing)
    for key in keys[:-1]:
        root = _entered(root, key, header).children
    name, table = _key_name(keys[-1]), _Place(keys[-1], header)
    if statement.type == "table_array_element":
        array = root.setdefault(name, _Place(keys[-1], header, array_of_tables=True)).children
        array[len(array)] = table
        return table.children
    known = root.setdefault(name, table)
    if known.implicit:
        known.key, known.value, known.implicit = table.key, header, False
    return known.children


def _add_values(table: dict[str | int, _Place], pairs: "list[Node]") -> None:
    """Enter key-value pairs and all that is inside their values."""
    # A stack instead of recursion: the text decides how deep the nesting goes.
    pending = [(table, pair) for pair in reversed(pairs)]
    while pending:
        within, node = pending.pop()
        values = [child for child in node.named_children if child.type not in _NO_VALUES]
        if node.type == "array":
            for index, value in enumerate(values):
                element = within[index] = _Place(value, (value, value))
                pending.append((element.children, value))
        elif node.type == "inline_table":
            pending += [(within, pair) for pair in reversed(values)]
        elif node.type == "pair" and values:
            keys, value = _key_parts(node.named_children[0]), values[-1]
            for key in keys[:-1]:
                within = _entered(within, key, (keys[0], keys[-1])).children
            place = within.setdefault(_key_name(keys[-1]), _Place(keys[-1], (value, value)))
            pending.append((place.children, value))


def _entered(within: dict[str | int, _Place], key: "Node", maker: "tuple[Node, Node]") -> _Place:
    """Return the table at a part of a longer key, which makes it where there is none yet."""
    place = within.setdefault(_key_name(key), _Place(key, maker, implicit=True))
    return place.children[len(place.children) - 1] if place.array_of_tables else place


def _key_parts(key: "Node") -> "list[Node]":
    parts = []
    while key.type == "dotted_key":
        key, last = key.named_children[0], key.named_children[-1]
        parts.append(last)
    return [key, *reversed(parts)]


def _key_name(key: "Node") -> str:
    written = (key.text or b"").decode("utf-8", "surrogateescape")
    return name if (name := _read_key(written)) is not None else written
