"""Names, types and values of options in words, as a message shows them."""

import json
import re
from collections.abc import Sequence

from sovereign.nix.options.types import (
    Atom,
    AttrsOf,
    Data,
    Either,
    Enum,
    Group,
    Int,
    Kind,
    ListOf,
    Node,
    NullOr,
    Number,
    Plain,
    Separated,
    StrMatching,
    Submodule,
    Unknown,
)
from sovereign.nix.options.values import (
    Attrs,
    Function,
    Items,
    Package,
    PathLiteral,
    Scalar,
    Several,
    Text,
    Value,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_'-]*|<name>|\*")
_KINDS = {
    Kind.ANYTHING: "anything",
    Kind.BOOL: "a boolean",
    Kind.STR: "a string",
    Kind.NON_EMPTY_STR: "a non-empty string",
    Kind.SINGLE_LINE_STR: "a string of one line",
    Kind.PATH: "an absolute path",
    Kind.PACKAGE: "a package",
    Kind.FLOAT: "a floating-point number",
    Kind.FUNCTION: "a function",
}
_SHOWN_VALUES = 12


def option_name(path: Sequence[str]) -> str:
    """Return the name of an option as Nix writes it, with quotes where they must be."""
    return ".".join(part if _NAME.fullmatch(part) else _literal(part) for part in path)


def type_in_words(type_: Node) -> str:
    """Say what values a type takes."""
    match type_:
        case NullOr(of):
            words = f"null or {type_in_words(of)}"
        case ListOf(of, non_empty):
            words = f"a {'non-empty ' if non_empty else ''}list, each of it {type_in_words(of)}"
        case AttrsOf(of):
            words = f"a set, each value of it {type_in_words(of)}"
        case Either(parts):
            words = " or ".join(map(type_in_words, parts))
        case Submodule() | Group():
            words = "a set of options"
        case _:
            words = _plain_type_in_words(type_)
    return words


def _plain_type_in_words(type_: Plain) -> str:
    match type_:
        case Atom(kind):
            words = _KINDS[kind]
        case Unknown(description):
            words = description
        case Int(low, high):
            words = f"an integer{_bounds(low, high)}"
        case Number(low, high):
            words = f"a number{_bounds(low, high)}"
        case Enum(values):
            words = "one of " + ", ".join(map(_literal, values[:_SHOWN_VALUES]))
            words += ", …" if len(values) > _SHOWN_VALUES else ""
        case StrMatching(pattern):
            words = f"a string that matches {pattern}"
        case Separated():
            words = "a string"
        case Data(null):
            words = "data" if null else "data without null"
    return words


def value_in_words(value: Value) -> str:
    """Say what a value is."""
    match value:
        case Scalar(known):
            words = _literal(known)
        case Text(text, True):
            words = f"the string {_literal(text if len(text) <= 40 else text[:39] + '…')}"
        case Text():
            words = "a string"
        case PathLiteral(text):
            words = f"the path {text}"
        case Package(text):
            words = f"the package {text}"
        case Function():
            words = "a function"
        case Items(items):
            words = "a list" if items else "an empty list"
        case Attrs():
            words = "a set"
        case Several(values):
            words = " or ".join(dict.fromkeys(map(value_in_words, values)))
        case _:
            words = "a value"
    return words


def _literal(value: str | float | bool | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return "" if high is None else f" of at most {high}"
