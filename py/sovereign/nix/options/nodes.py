"""The tree of options, made from a flat list of names: a node is made when somebody asks for it."""

import re
from collections.abc import Iterator, Mapping

from sovereign.nix.options.parse_type import parse_type
from sovereign.nix.options.types import (
    ANYTHING,
    Atom,
    AttrsOf,
    Data,
    Either,
    Group,
    Kind,
    ListOf,
    Node,
    NullOr,
    Submodule,
    Type,
    Unknown,
)

ANY_NAME = "<name>"
"""The segment below which the options of each element of a set stand."""
ANY_ITEM = "*"
"""The segment below which the options of each element of a list stand."""

_SEGMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|<[^>]*>|[^.]+')


class Options(Mapping[str, Node]):
    """The options below one place, by their next segment; a node is made when it is asked for.

    `own` are the type descriptions of the options that end here, `deeper` those that go on, by
    segment. `freeform` is the type of the set at this place when it takes other names too; it then
    holds for the groups in it as well.
    """

    def __init__(
        self,
        own: Mapping[str, str],
        deeper: Mapping[str, Mapping[str, str]],
        freeform: Type | None = None,
    ) -> None:
        self._own = own
        self._deeper = deeper
        self._freeform = freeform
        self._nodes: dict[str, Node] = {}

    def __getitem__(self, key: str) -> Node:
        """Return the node of one segment."""
        if key not in self._nodes:
            below = split_names(self._deeper[key])
            own = self._own.get(key)
            self._nodes[key] = (
                _group(below, element_of(self._freeform))
                if own is None
                else attach(parse_type(own), below)
            )
        return self._nodes[key]

    def __contains__(self, key: object) -> bool:
        """Whether there is a segment, without making its node."""
        return key in self._deeper

    def __iter__(self) -> Iterator[str]:
        """Go through the segments."""
        return iter(self._deeper)

    def __len__(self) -> int:
        """Return how many segments there are."""
        return len(self._deeper)

    def below(self, key: str) -> "Options":
        """Return the options below a segment, without that segment's own type."""
        return split_names(self._deeper.get(key, {}))

    def plain(self, freeform: Type | None = None) -> "Options":
        """Return the options without those of elements."""
        deeper = {k: v for k, v in self._deeper.items() if k not in (ANY_NAME, ANY_ITEM)}
        return Options(self._own, deeper, freeform)


def split_names(described: Mapping[str, str]) -> Options:
    """Return the options of a flat mapping from name to type description."""
    own: dict[str, str] = {}
    deeper: dict[str, dict[str, str]] = {}
    for name, description in described.items():
        found = _SEGMENT.match(name)
        if not found:
            continue
        key = _segment(found)
        rest = name[found.end() + 1 :]
        below = deeper.setdefault(key, {})
        if rest:
            below[rest] = description
        else:
            own[key] = description
    return Options(own, deeper)


def _segment(found: re.Match[str]) -> str:
    if found[1] is not None:
        return re.sub(r"\\(.)", r"\1", found[1])
    return ANY_NAME if found[0].startswith("<") else found[0]


def _group(below: Options, freeform: Type | None) -> Node:
    """Make a node that has no type of its own; a hidden option still shows by what is below it."""
    if ANY_NAME in below:
        return attach(AttrsOf(Submodule()), below)
    if ANY_ITEM in below:
        return attach(ListOf(Submodule()), below)
    return Group(below) if freeform is None else _submodule(below, freeform)


def _submodule(below: Options, freeform: Type | None) -> Submodule:
    return Submodule(below.plain(freeform), freeform)


def element_of(type_: Type | None) -> Type | None:
    """Return the type of the values in a set of this type; None where it takes no set."""
    match type_:
        case AttrsOf(of):
            return of
        case NullOr(of):
            return element_of(of)
        case Either(parts):
            return next((of for of in map(element_of, parts) if of is not None), None)
        case Submodule(_, freeform):
            return element_of(freeform)
        case Atom(Kind.ANYTHING) | Unknown():
            return ANYTHING
        case Data():
            return type_
        case _:
            return None


def attach(type_: Type, below: Options) -> Type:
    """Give the submodule inside a type the options that are listed below it.

    NixOS describes a submodule that takes other names by the type of those, so a type of another
    kind with options below it is such a submodule. A submodule of which no option is listed takes
    any name, for nothing is known of it.
    """
    match type_:
        case NullOr(of):
            return NullOr(attach(of, below))
        case Either(parts) if any(_holds(part, below) for part in parts):
            return Either(tuple(attach(p, below) if _holds(p, below) else p for p in parts))
        case ListOf(of, non_empty) if not below or ANY_ITEM in below:
            return ListOf(_element(of, below, ANY_ITEM), non_empty)
        case AttrsOf():
            elements = _elements(type_, below)
            return _submodule(below, elements) if below.plain() else elements
        case Submodule(_, freeform) if freeform is not None:
            return _submodule(below, _elements(freeform, below))
        case Submodule():
            return _submodule(below, None if below.plain() else ANYTHING)
        case _ if not below.plain():
            return type_
        case _:
            return _submodule(below, type_ if isinstance(type_, Data) else ANYTHING)


def _holds(type_: Type, below: Options) -> bool:
    """Whether the options below an option can be those of this type."""
    match type_:
        case NullOr(of):
            return _holds(of, below)
        case ListOf():
            return not below or ANY_ITEM in below
        case AttrsOf():
            return not below or ANY_NAME in below
        case Submodule():
            return ANY_ITEM not in below
        case _:
            return False


def _elements(type_: Type, below: Options) -> Type:
    """Give the values of a set the options listed for them."""
    match type_:
        case AttrsOf(of, lazy):
            return AttrsOf(_element(of, below, ANY_NAME), lazy)
        case _:
            return type_


def _element(of: Type, below: Options, segment: str) -> Type:
    """Give the type of each element of a set or a list the options listed for it."""
    return attach(of, below.below(segment))
