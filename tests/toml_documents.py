"""Documents for property tests, written in all the ways in which TOML allows it."""

import datetime
import json
import random
import string
from collections.abc import Iterator
from typing import TypeAlias

from hypothesis import strategies as st

Leaf: TypeAlias = "str | int | float | datetime.datetime | datetime.date | datetime.time"
Value: TypeAlias = "Leaf | list[Value] | Table"
Table: TypeAlias = "dict[str, Value]"

keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.text(
    string.ascii_letters + "-_1", min_size=1, max_size=5
)
leaves: st.SearchStrategy[Leaf] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
values: st.SearchStrategy[Value] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
        st.lists(st.dictionaries(keys, inner, max_size=2), min_size=1, max_size=3),
    ),
    max_leaves=12,
)
tables = st.dictionaries(keys, values, max_size=5)


class Emitter:
    """Writes a document as TOML, choosing at random among the ways in which TOML allows it."""

    def __init__(self, choice: random.Random) -> None:
        self.choice = choice

    def document(self, root: Table) -> str:
        pairs, blocks = self.table(root, ())
        return self.choice.choice(["", "# é\n", "\n\n"]) + "".join([*pairs, *blocks])

    def table(self, table: Table, path: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """The lines of a table's own pairs, and the blocks that follow under headers."""
        pairs: list[str] = []
        blocks: list[str] = []
        for key, value in table.items():
            form = self.choice.choice(["inline", "dotted", "header"])
            here = (*path, key)
            if isinstance(value, dict) and form == "header":
                own, below = self.table(value, here)
                head = f"{self.indent()}[{self.key(here)}]{self.end()}"
                implied = below and not own and self.choice.random() < 0.5
                parts = below if implied else ["".join([head, *own]), *below]
                self.choice.shuffle(parts)  # a super-table may come after its sub-tables
                blocks.append("".join(parts))
            elif isinstance(value, list) and value and form == "header":
                maps = [element for element in value if isinstance(element, dict)]
                if len(maps) < len(value):
                    pairs.append(self.pair((key,), value))
                    continue
                for element in maps:
                    own, below = self.table(element, here)
                    head = f"{self.indent()}[[{self.key(here)}]]{self.end()}"
                    blocks.append("".join([head, *own, *below]))
                blocks = [*blocks[: -len(maps)], "".join(blocks[-len(maps) :])]
            elif isinstance(value, dict) and value and form == "dotted":
                pairs += self.dotted_pairs((key,), value)
            else:
                pairs.append(self.pair((key,), value))
        return pairs, blocks

    def dotted_pairs(self, path: tuple[str, ...], table: Table) -> Iterator[str]:
        for key, value in table.items():
            if isinstance(value, dict) and value and self.choice.random() < 0.5:
                yield from self.dotted_pairs((*path, key), value)
            else:
                yield self.pair((*path, key), value)

    def pair(self, path: tuple[str, ...], value: Value) -> str:
        written = self.value(value, multiline=True)
        return f"{self.indent()}{self.key(path)}{self.gap()}={self.gap()}{written}{self.end()}"

    def key(self, path: tuple[str, ...]) -> str:
        return f"{self.gap()}.{self.gap()}".join(self.key_part(part) for part in path)

    def key_part(self, key: str) -> str:
        bare = key and set(key) <= set(string.ascii_letters + string.digits + "-_")
        return key if bare and self.choice.random() < 0.8 else self.string(key, multiline=False)

    def value(self, value: Value, *, multiline: bool) -> str:
        if isinstance(value, str):
            return self.string(value, multiline=multiline)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dict):
            inner = f"{self.gap()},{self.gap()}".join(
                f"{self.key((key,))}{self.gap()}={self.gap()}"
                + self.value(element, multiline=multiline)
                for key, element in value.items()
            )
            return f"{{{self.gap()}{inner}{self.gap()}}}"
        if isinstance(value, list):
            elements = [self.value(element, multiline=multiline) for element in value]
            comma = self.choice.choice(["", ","]) if value else ""
            inner = "".join(
                f"{self.space()}{element}{self.space()}{',' if index < len(value) - 1 else comma}"
                for index, element in enumerate(elements)
            )
            return f"[{inner}{self.space()}]"
        if isinstance(value, datetime.date | datetime.time):
            return value.isoformat()
        return repr(value)

    def string(self, text: str, *, multiline: bool) -> str:
        forms = ["basic"]
        if text.isprintable() and "'" not in text:
            forms.append("literal")
        form = self.choice.choice([*forms, "long"] if multiline else forms)
        if form == "literal":
            return f"'{text}'"
        characters = [
            "\\u007F" if c == "\x7f" else json.dumps(c, ensure_ascii=False)[1:-1] for c in text
        ]
        if form == "basic":
            return f'"{"".join(characters)}"'
        lines = [self.choice.choice([c, "\n"]) if c == "\\n" else c for c in characters]
        return f'"""\n{"".join(lines)}"""'

    def indent(self) -> str:
        return self.choice.choice(["", "", "  ", "\t", "# é日本\n", "\n"])

    def gap(self) -> str:
        return self.choice.choice(["", " ", " ", "\t", "  "])

    def space(self) -> str:
        return self.choice.choice(["", " ", "\t", "\n  ", " # [é, 日\n"])

    def end(self) -> str:
        return self.choice.choice(["\n", "\n", " \n", "\t# é = 1\n", "\n\n"])


@st.composite
def documents(draw: st.DrawFn) -> tuple[Table, str]:
    table = draw(tables)
    text = Emitter(draw(st.randoms())).document(table)
    return table, text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
