"""The types of NixOS options, as far as the description of a type tells them.

The names follow nixpkgs' `lib/types.nix`, whose checks `accepts` repeats. A value that is not known
before evaluation is accepted by every type.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """The types that take no parameter."""

    ANYTHING = "anything"
    BOOL = "bool"
    STR = "str"
    NON_EMPTY_STR = "nonEmptyStr"
    SINGLE_LINE_STR = "singleLineStr"
    PATH = "path"
    PACKAGE = "package"
    FLOAT = "float"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Atom:
    """A type without parameters."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type whose description says nothing that can be checked: it takes every value."""

    description: str


@dataclass(frozen=True, slots=True)
class Int:
    """An integer from `low` to `high`, both inclusive; None is no limit."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or a float from `low` to `high`, both inclusive; None is no limit.

    `above_zero` leaves out zero itself.
    """

    low: float | None = None
    high: float | None = None
    above_zero: bool = False


@dataclass(frozen=True, slots=True)
class Enum:
    """One of a few values."""

    values: tuple[str | int | float | bool | None, ...]


@dataclass(frozen=True, slots=True)
class StrMatching:
    """A string that matches a POSIX extended regular expression as a whole."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Separated:
    """A string; several definitions are joined with `separator`."""

    separator: str


@dataclass(frozen=True, slots=True)
class Data:
    """What a file format such as JSON holds, at any depth: no function, and null only if it has it."""

    null: bool = True


@dataclass(frozen=True, slots=True)
class NullOr:
    """Null, or a value of another type."""

    of: "Type"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose elements have one type."""

    of: "Type"
    non_empty: bool = False


@dataclass(frozen=True, slots=True)
class AttrsOf:
    """A set with any names, whose values have one type."""

    of: "Type"
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """A value of one of several types."""

    of: tuple["Type", ...]


@dataclass(frozen=True, slots=True)
class Submodule:
    """A set of options; `freeform` is the type of the whole set when it takes other names too."""

    options: Mapping[str, "Node"] = field(default_factory=dict)
    freeform: "Type | None" = None


@dataclass(frozen=True, slots=True)
class Group:
    """A set of options which is no option itself, such as `services`."""

    options: Mapping[str, "Node"]


Plain: TypeAlias = Atom | Unknown | Int | Number | Enum | StrMatching | Separated | Data
"""The types that hold no others."""
Type: TypeAlias = Plain | NullOr | ListOf | AttrsOf | Either | Submodule
Node: TypeAlias = Type | Group
"""A place in the tree of options: an option with its type, or a group of them."""

ANYTHING = Atom(Kind.ANYTHING)
BOOL = Atom(Kind.BOOL)
STR = Atom(Kind.STR)
FLOAT = Atom(Kind.FLOAT)
PATH = Atom(Kind.PATH)
PACKAGE = Atom(Kind.PACKAGE)


def either(*types: Type) -> Type:
    """One of several types: flat, without doubles, and with null taken to the outside."""
    flat: dict[int, Type] = {}
    null = False
    for one in types:
        inner = one
        if isinstance(inner, NullOr):
            null, inner = True, inner.of
        for part in inner.of if isinstance(inner, Either) else (inner,):
            if part == Enum((None,)):
                null = True
            elif part not in flat.values():
                flat[len(flat)] = part
    parts = tuple(flat.values())
    whole = parts[0] if len(parts) == 1 else Either(parts)
    return NullOr(whole) if null else whole


def is_exact(type_: Type) -> bool:
    """Whether no part of a type is unknown."""
    match type_:
        case Unknown():
            return False
        case NullOr(of) | ListOf(of) | AttrsOf(of):
            return is_exact(of)
        case Either(parts):
            return all(map(is_exact, parts))
        case Submodule(_, freeform):
            return freeform is None or is_exact(freeform)
        case _:
            return True
