"""A value held against the tree of options: what it sets, and what does not fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sovereign.diagnostics import Span
from sovereign.nix.options.fits import fits_outside
from sovereign.nix.options.nodes import ANY_ITEM, ANY_NAME, element_of
from sovereign.nix.options.types import (
    AttrsOf,
    Data,
    Either,
    Group,
    ListOf,
    Node,
    NullOr,
    Submodule,
    Type,
)
from sovereign.nix.options.values import Attr, Attrs, Items, Opaque, Scalar, Several, Value

Path: TypeAlias = tuple[str, ...]
"""An option's name by segments; an element of a list is `*`."""


@dataclass(frozen=True, slots=True)
class Use:
    """An option is set: its path as the module writes it, its type, and the value."""

    path: Path
    type: Type
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class UnknownOption:
    """A name is set that is no option; `siblings` are those beside it."""

    path: Path
    siblings: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value is of another type; `expected` is a group where a set of options was expected."""

    path: Path
    expected: Node
    value: Value


Fact: TypeAlias = Use | UnknownOption | Misfit


def accepts(type_: Type, value: Value) -> bool:
    """Whether a type takes a value, as far as both are known."""
    return all(isinstance(fact, Use) for fact in facts(type_, value, ()))


def facts(node: Node, value: Value, path: Path) -> Iterator[Fact]:
    """Tell of every option that a value sets below a place, and of everything that does not fit."""
    match node, value:
        case _, Several(values):
            for one in values:
                yield from facts(node, one, path)
        case Group(), Opaque():
            return
        case Group(), Attrs(attrs):
            for attr in attrs:
                if attr.name is not None:
                    yield from _named(node, attr, (*path, attr.name))
        case Group(), _:
            yield Misfit(path, node, value)
        case _:
            yield from _inside(node, value, path)


def _named(node: Group | Submodule, attr: Attr, path: Path) -> Iterator[Fact]:
    """Tell of one name in a set of options."""
    name = path[-1]
    if name in node.options:
        option = node.options[name]
        if not isinstance(option, Group):
            yield Use(path, option, attr.value, attr.span)
        yield from facts(option, attr.value, path)
    elif isinstance(node, Submodule) and (other := element_of(node.freeform)):
        yield from facts(other, attr.value, path)
    elif name != "_module":
        yield UnknownOption(path, tuple(node.options), attr.span)


def _inside(type_: Type, value: Value, path: Path) -> Iterator[Fact]:
    """Tell of one value and of the elements of a list or a set."""
    if not fits_outside(type_, value):
        yield Misfit(path, type_, value)
        return
    match type_, value:
        case NullOr(of), _:
            if value != Scalar(None, value.span):
                yield from facts(of, value, path)
        case Either(parts), _:
            fitting = [part for part in parts if fits_outside(part, value)]
            best = next((part for part in fitting if accepts(part, value)), fitting[0])
            yield from facts(best, value, path)
        case ListOf(of) | (Data() as of), Items(items):
            for item in items:
                yield from facts(of, item, (*path, ANY_ITEM))
        case AttrsOf(of) | (Data() as of), Attrs(attrs):
            for attr in attrs:
                yield from facts(of, attr.value, (*path, attr.name or ANY_NAME))
        case Submodule(), Attrs(attrs):
            for attr in attrs:
                if attr.name is not None:
                    yield from _named(type_, attr, (*path, attr.name))
        case _:
            return
