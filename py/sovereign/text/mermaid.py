"""Mermaid diagrams: labels in quotes, identifiers that no keyword equals."""

import re
from dataclasses import dataclass

from sovereign.text.characters import visible
from sovereign.text.environment import Language
from sovereign.text.errors import TextError

# No colon: Mermaid treats `style…:…#…;` specially even inside a label. No percent sign: it looks
# for `%%{…}%%` directives everywhere.
_CODED = re.compile(r"[^\w .,/()+=@-]")


@dataclass(frozen=True, slots=True)
class Node:
    """The identifier of a node or subgraph, made from any text; different texts stay different."""

    text: str


def label(text: str) -> str:
    """Quote text as a label, with entity codes for what Mermaid or HTML would read."""
    coded = _CODED.sub(lambda found: f"#{ord(found[0])};", visible(text, "Mermaid"))
    return f'"{coded}"'


def node(text: str) -> str:
    """Make an identifier: `n_`, then letters and digits as they are, all else as `_<hex>_`."""
    return "n_" + re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", text)


def _write(value: object) -> str:
    if type(value) is str:
        return label(value)
    if type(value) is Node:
        return node(value.text)
    if type(value) is int:
        return str(value)
    raise TextError(f"{type(value).__name__} has no form in Mermaid")


MERMAID = Language(
    name="Mermaid",
    write=_write,
    complete=re.compile(r"""(?>[^"%`]|"[^"\n]*"|%(?!%)|%%[^\n]*\n)*"""),
)
