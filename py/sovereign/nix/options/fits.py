"""Whether a value has the shape that a type asks for, without looking at its elements.

The checks are those of nixpkgs' `lib/types.nix`. What only evaluation can tell fits.
"""

import re
from collections.abc import Callable
from functools import cache

from sovereign.nix.options.types import (
    Atom,
    AttrsOf,
    Data,
    Either,
    Enum,
    Int,
    Kind,
    ListOf,
    NullOr,
    Number,
    Plain,
    Separated,
    StrMatching,
    Submodule,
    Type,
    Unknown,
)
from sovereign.nix.options.values import (
    Attrs,
    Function,
    Items,
    Opaque,
    Package,
    PathLiteral,
    Scalar,
    Several,
    Text,
    Value,
)

_STORE_PATH = re.compile(r"/nix/store/[0-9a-z]{32}-[^/]+")
_BLANK = re.compile(r"[ \t\n]*")
_SINGLE_LINE = re.compile(r"[^\n\r]*\n?")


def fits_outside(type_: Type, value: Value) -> bool:
    """Whether a value is, from the outside, one of a type."""
    match value:
        case Opaque():
            return True
        case Several(values):
            return all(fits_outside(type_, one) for one in values)
        case _:
            return _fits(type_, value)


def _fits(type_: Type, value: Value) -> bool:
    match type_:
        case NullOr(of):
            fits = _is(None, value) or _fits(of, value)
        case ListOf(_, non_empty):
            fits = isinstance(value, Items) and not (non_empty and not value.items)
        case AttrsOf():
            fits = isinstance(value, Attrs | Package)
        case Either(parts):
            fits = any(_fits(part, value) for part in parts)
        case Submodule():
            fits = isinstance(value, Attrs | Function | PathLiteral | Package)
        case _:
            fits = _fits_plain(type_, value)
    return fits


def _fits_plain(type_: Plain, value: Value) -> bool:
    match type_:
        case Atom(kind):
            fits = _ATOMS[kind](value)
        case Int(low, high):
            number = _integer(value)
            fits = number is not None and _within(number, low, high)
        case Number(low, high, above_zero):
            known = _number(value)
            fits = known is not None and _within(known, low, high) and (known > 0 or not above_zero)
        case Enum(values):
            fits = any(_is(one, value) for one in values)
        case StrMatching(pattern):
            fits = isinstance(value, Text) and _matches(pattern, value)
        case Separated():
            fits = isinstance(value, Text)
        case Data(null):
            fits = not isinstance(value, Function) and (null or not _is(None, value))
        case Unknown():
            fits = True
    return fits


def _integer(value: Value) -> int | None:
    match value:
        case Scalar(bool()):
            return None
        case Scalar(int(number)):
            return number
        case _:
            return None


def _number(value: Value) -> int | float | None:
    match value:
        case Scalar(float(number)):
            return number
        case _:
            return _integer(value)


def _within(number: float, low: float | None, high: float | None) -> bool:
    return (low is None or low <= number) and (high is None or number <= high)


def _is(expected: str | float | bool | None, value: Value) -> bool:
    """Whether a value is one that an enum names; a string not fully known may be."""
    match value:
        case Text(text, complete):
            return isinstance(expected, str) and (
                text == expected if complete else expected.startswith(text)
            )
        case Scalar(known):
            same_sort = isinstance(expected, bool) == isinstance(known, bool)
            return same_sort and not isinstance(expected, str) and expected == known
        case _:
            return False


def _is_path(value: Value) -> bool:
    match value:
        case Text(text, complete):
            return text.startswith("/") or (not complete and not text)
        case _:
            return isinstance(value, PathLiteral | Package)


def _is_package(value: Value) -> bool:
    match value:
        case Text(text, True):
            return _STORE_PATH.fullmatch(text) is not None
        case _:
            return isinstance(value, Package | Text)


def _is_single_line(value: Value) -> bool:
    match value:
        case Text(text, True):
            return _SINGLE_LINE.fullmatch(text) is not None
        case Text(text, False):
            return "\n" not in text and "\r" not in text
        case _:
            return False


def _is_non_empty(value: Value) -> bool:
    return isinstance(value, Text) and not (value.complete and _BLANK.fullmatch(value.text))


_ATOMS: dict[Kind, Callable[[Value], bool]] = {
    Kind.ANYTHING: lambda _: True,
    Kind.BOOL: lambda value: isinstance(value, Scalar) and isinstance(value.value, bool),
    Kind.STR: lambda value: isinstance(value, Text),
    Kind.NON_EMPTY_STR: _is_non_empty,
    Kind.SINGLE_LINE_STR: _is_single_line,
    Kind.PATH: _is_path,
    Kind.PACKAGE: _is_package,
    Kind.FLOAT: lambda value: isinstance(value, Scalar) and isinstance(value.value, float),
    Kind.FUNCTION: lambda value: isinstance(value, Function),
}


def _matches(pattern: str, value: Text) -> bool:
    expression = posix_expression(pattern)
    return not value.complete or expression is None or bool(expression.fullmatch(value.text))


_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "print": "\\x20-\\x7e",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_SET = re.compile(r"\[(\^?)(\]?(?:\[:\w+:\]|[^\]])*)\]|\\.|[^\[\\]+", re.DOTALL)
_IN_SET = re.compile(r"\[:(\w+):\]|([\\\[\]&~|])")


@cache
def posix_expression(pattern: str) -> re.Pattern[str] | None:
    """Translate a POSIX extended regular expression, as `builtins.match` takes it.

    Inside brackets a backslash stands for itself. None when Python cannot take the pattern.
    """

    def bracket(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[0]
        return f"[{found[1]}{_IN_SET.sub(element, found[2])}]"

    def element(found: re.Match[str]) -> str:
        return _CLASSES[found[1]] if found[1] else f"\\{found[2]}"

    try:
        return re.compile(_SET.sub(bracket, pattern), re.DOTALL)
    except (re.error, KeyError):
        return None
