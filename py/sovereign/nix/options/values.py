"""What is known of a Nix value before it is evaluated."""

from dataclasses import dataclass
from typing import TypeAlias

from sovereign.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Scalar:
    """A literal null, boolean, integer or float."""

    value: int | float | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string; when it is not `complete`, `text` is only what stands before the first `${`."""

    text: str
    complete: bool
    span: Span


@dataclass(frozen=True, slots=True)
class PathLiteral:
    """A path written without quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Package:
    """A package, such as `pkgs.hello` or what `pkgs.writeText` gives."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """A function, with what it gives for any argument."""

    result: "Value"
    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Value", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Attr:
    """One definition in a set; `name` is None where it is computed."""

    name: str | None
    value: "Value"
    span: Span


@dataclass(frozen=True, slots=True)
class Attrs:
    """A set, with its definitions in the order they are written; a name may come up twice."""

    attrs: tuple[Attr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Several:
    """Several values that all must fit: the branches of an `if`, the parts of `lib.mkMerge`."""

    values: tuple["Value", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that only evaluation can tell."""

    span: Span


Value: TypeAlias = (
    Scalar | Text | PathLiteral | Package | Function | Items | Attrs | Several | Opaque
)
