"""The values that can be written as Nix: plain data, and typed wrappers for what is not data.

A plain string is always a Nix string. What must be code (a reference, a call, a path) is one of the
wrappers below, which accept nothing but the form they stand for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sovereign.text.errors import TextError

KEYWORDS = frozenset({"assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"})
"""Words that are no attribute name unless quoted. (`or` is one in some positions only.)"""

ROOTS = frozenset({"config", "inputs", "lib", "modulesPath", "options", "pkgs", "ps"})
"""What a reference may begin with: a module's arguments, and `ps` of `withPackages (ps: …)`."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_'-]*")
_FILE = re.compile(r"\./(?:[A-Za-z0-9_][A-Za-z0-9._+-]*/)*[A-Za-z0-9_][A-Za-z0-9._+-]*")


class NixTextError(TextError):
    """A value that Nix text cannot hold: it has no Nix form, or would read back as another one."""

    code = "NIX001"


@dataclass(frozen=True, slots=True)
class Reference:
    """A path of names that Nix resolves: `pkgs.linuxPackages_6_18`.

    Raises NixTextError unless it begins with one of ROOTS and every segment is an identifier.
    """

    path: str

    def __post_init__(self) -> None:
        root, *rest = self.path.split(".")
        if root not in ROOTS:
            raise NixTextError(
                f"{self.path!r} is no Nix reference",
                hint=f"it begins with one of {', '.join(sorted(ROOTS))}",
            )
        for segment in rest:
            if not IDENTIFIER.fullmatch(segment) or segment in KEYWORDS:
                raise NixTextError(
                    f"{self.path!r} is no Nix reference: {segment!r} is no identifier"
                )


@dataclass(frozen=True, slots=True)
class LocalPath:
    """A file beside the module, written `./zones.nft`; below it, never above."""

    path: str

    def __post_init__(self) -> None:
        if not _FILE.fullmatch(self.path):
            raise NixTextError(
                f"{self.path!r} is no plain relative path", hint="write it as ./folder/file"
            )


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The content of a file beside the module: `builtins.readFile ./zones.nft`."""

    path: str

    def __post_init__(self) -> None:
        LocalPath(self.path)


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to values: `lib.mkForce "x"`, `lib.getExe pkgs.zfs`."""

    function: Reference
    arguments: "tuple[NixValue, ...]"

    def __post_init__(self) -> None:
        if not self.arguments:
            raise NixTextError(f"{self.function.path} is called without an argument")


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A string with code in it: `"${pkgs.zfs}/bin/zpool scrub"`; its `str` parts are plain text."""

    parts: "tuple[str | Reference | Call, ...]"


NixValue: TypeAlias = (
    "bool | int | float | str | Sequence[NixValue] | Mapping[str, NixValue] "
    "| Reference | LocalPath | ReadFile | Call | Interpolated | None"
)
"""What `to_nix` accepts. Sequences are lists and tuples; mappings are dicts and their read-only
views. Subclasses (enums, typed sizes, Markup, named tuples) are refused: the view converts them."""


def call(function: str, *arguments: NixValue) -> Call:
    """Apply the function at a reference's path to the arguments."""
    return Call(Reference(function), arguments)


def force(value: NixValue) -> Call:
    """Win over every other definition of the option (`lib.mkForce`, priority 50)."""
    return call("lib.mkForce", value)


def default(value: NixValue) -> Call:
    """Give way to any other definition of the option (`lib.mkDefault`, priority 1000)."""
    return call("lib.mkDefault", value)


def before(value: NixValue) -> Call:
    """Come first among merged definitions (`lib.mkBefore`)."""
    return call("lib.mkBefore", value)


def after(value: NixValue) -> Call:
    """Come last among merged definitions (`lib.mkAfter`)."""
    return call("lib.mkAfter", value)


def interpolated(*parts: str | Reference | Call) -> Interpolated:
    """Join text and code into one string."""
    return Interpolated(parts)
