"""The tree of options as JSON, for programs that know nothing of type descriptions.

A node is `{"type": T}` for an option and `{"options": {segment: node}}` for a group of them. T is
`{"kind": …}` with the parameters of that kind; the options of a submodule are nodes again.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import TypeAlias

from sovereign.files import write_atomically
from sovereign.nix.options.index import OptionIndex, read_index
from sovereign.nix.options.nodes import Options
from sovereign.nix.options.types import (
    Atom,
    AttrsOf,
    Data,
    Either,
    Enum,
    Group,
    Int,
    ListOf,
    Node,
    NullOr,
    Number,
    Separated,
    StrMatching,
    Submodule,
    Type,
    Unknown,
)

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_KINDS = {
    Int: "int",
    Number: "number",
    Enum: "enum",
    StrMatching: "strMatching",
    Separated: "separated",
    NullOr: "nullOr",
    ListOf: "listOf",
    AttrsOf: "attrsOf",
    Either: "either",
    Submodule: "submodule",
}
_KEYS = {"low": "min", "high": "max", "above_zero": "aboveZero", "non_empty": "nonEmpty"}


def tree(index: OptionIndex) -> Json:
    """Return the whole tree of an index as JSON values."""
    return node_to_json(index.root)


def write_type_tree(index_path: Path, out_path: Path) -> None:
    """Read an option index and write its tree beside it. Raises OptionIndexError, WriteError."""
    text = json.dumps(tree(read_index(index_path)), ensure_ascii=False, separators=(",", ":"))
    write_atomically(out_path, text + "\n")


def node_to_json(node: Node) -> Json:
    """Return one place of the tree, with everything below it."""
    if isinstance(node, Group):
        return {"options": {name: node_to_json(below) for name, below in node.options.items()}}
    return {"type": to_json(node)}


def to_json(type_: Type) -> Json:
    """Return a type as JSON values; what cannot be checked becomes `anything`."""
    match type_:
        case Atom(kind):
            return {"kind": kind.value}
        case Unknown() | Data():
            return {"kind": "anything"}
        case _:
            parameters: dict[str, object] = {f.name: getattr(type_, f.name) for f in fields(type_)}
            return {"kind": _KINDS[type(type_)]} | {
                _KEYS.get(name, name): _parameter(value) for name, value in parameters.items()
            }


def _parameter(value: object) -> Json:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_parameter(part) for part in value]
        case Options():
            return {name: node_to_json(below) for name, below in value.items()}
        case _ if isinstance(value, Type):
            return to_json(value)
    raise TypeError(type(value).__name__)
