"""Nix modules from templates: every printed value passes through the one serialiser."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sovereign.nix.text import fragment, name_fragment, settle
from sovereign.nix.value import NixTextError, NixValue
from sovereign.text import environment
from sovereign.text.environment import Language


@dataclass(frozen=True, slots=True)
class AttributeName:
    """A name printed as an attribute name, quoted if need be: `{{ name | attr }}`."""

    name: str


def _attr(name: object) -> AttributeName:
    if type(name) is not str:
        raise NixTextError(f"an attribute name is a string, not {type(name).__name__}")
    return AttributeName(name)


def _write(value: object) -> str:
    if type(value) is AttributeName:
        return name_fragment(value.name)
    return fragment(cast("NixValue", value))


_PLAIN_STRING = r'" (?>[^"\\$]|\\.|\$(?!\{))* "'
_CODE_IN_STRING = rf"""\$\{{ [^"'{{}}]* (?>{_PLAIN_STRING} [^"'{{}}]*)* \}}"""
_COMPLETE = rf"""(?>
    [^"'\#/\0]
    | " (?>[^"\\$] | \\. | \$(?!\{{) | {_CODE_IN_STRING})* "
    | '' (?>[^'$] | '(?!') | ''['$] | ''\\. | \$(?!\{{) | {_CODE_IN_STRING})* ''
    | '(?!')
    | \#[^\n]*\n
    | /\* .*? \*/
    | /(?!\*)
)*"""

NIX = Language(
    name="Nix",
    write=_write,
    complete=re.compile(_COMPLETE, re.VERBOSE | re.DOTALL),
    filters={"attr": _attr},
    finish=settle,
)


def render(template: str | Path, view: object) -> str:
    """Render a Nix template; see `sovereign.text.environment.render` for names and errors."""
    return environment.render(NIX, template, view)
