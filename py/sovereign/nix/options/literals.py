"""The parts of Nix source that stand for themselves: strings, numbers, paths, names."""

import re
from collections.abc import Callable

from tree_sitter import Node

from sovereign.diagnostics import Span
from sovereign.nix.options.values import (
    Opaque,
    Package,
    PathLiteral,
    Scalar,
    Several,
    Text,
    Value,
)

_ESCAPES = {
    "\\n": "\n",
    "\\t": "\t",
    "\\r": "\r",
    "''\\n": "\n",
    "''\\t": "\t",
    "''\\r": "\r",
    "'''": "''",
}
_FIRST_LINE = re.compile(r"\A *\n")
_NO_PACKAGE = frozenset({"lib", "config", "stdenv", "system", "formats", "writers", "hostPlatform"})


def text_of(node: Node) -> str:
    """Return the source of a node."""
    return (node.text or b"").decode()


def span_of(node: Node, lines: list[bytes]) -> Span:
    """Return where a node begins and where it ends on that line; tree-sitter counts bytes."""
    row, start = node.start_point
    end_row, end = node.end_point
    line = lines[row]
    stop = end if end_row == row else len(line)
    column = len(line[:start].decode(errors="replace")) + 1
    return Span(row + 1, column, len(line[:stop].decode(errors="replace")) + 1)


def attribute_name(node: Node) -> str | None:
    """Return the name of an attribute; None for a computed one."""
    if node.type == "identifier":
        return text_of(node)
    if node.type == "string_expression" and not _interpolates(node):
        return "".join(map(_unescape, node.named_children))
    return None


def truth(span: Span) -> Value:
    """Return what is known of a condition: it is true or false."""
    return Several((Scalar(True, span), Scalar(False, span)), span)


def _interpolates(node: Node) -> bool:
    return any(part.type == "interpolation" for part in node.named_children)


def _unescape(part: Node) -> str:
    text = text_of(part)
    if part.type == "string_fragment":
        return text
    if part.type == "dollar_escape":
        return ""
    return _ESCAPES.get(text, re.sub(r"^(?:''\\|\\)", "", text))


def _string(node: Node, span: Span) -> Value:
    text = ""
    for part in node.named_children:
        if part.type == "interpolation":
            return Text(text, complete=False, span=span)
        text += _unescape(part)
    return Text(text, complete=True, span=span)


def _indented_string(node: Node, span: Span) -> Value:
    """Read a string between two single quotes: what all lines are indented by is cut.

    As in Nix, an escape ends the indentation of its line, and a newline that is one begins a line
    that is cut but not measured.
    """
    if _interpolates(node):
        return Text("", complete=False, span=span)
    measured = "".join(
        text_of(part) if part.type == "string_fragment" else "\\" for part in node.named_children
    )
    first = len(measured) - len(_FIRST_LINE.sub("", measured))
    lines = measured[first:].split("\n")
    cut = min((len(li) - len(li.lstrip(" ")) for li in lines if li.strip(" ")), default=0)
    whole = "".join(map(_unescape, node.named_children))[first:]
    *body, last = re.sub(f"(?m)^ {{0,{cut}}}", "", whole).split("\n")
    text = "\n".join([*body, last if last.strip(" ") else ""])
    return Text(text, complete=True, span=span)


def _selection(node: Node, span: Span) -> Value:
    """Read `pkgs.name` as a package; any other selection is known only to evaluation."""
    words = text_of(node).split(".")
    if len(words) == 2 and words[0] == "pkgs" and words[1] not in _NO_PACKAGE:
        return Package(text_of(node), span)
    return Opaque(span)


LITERALS: dict[str, Callable[[Node, Span], Value]] = {
    "integer_expression": lambda node, span: Scalar(int(text_of(node)), span),
    "float_expression": lambda node, span: Scalar(float(text_of(node)), span),
    "string_expression": _string,
    "indented_string_expression": _indented_string,
    "path_expression": lambda node, span: PathLiteral(text_of(node), span),
    "hpath_expression": lambda node, span: PathLiteral(text_of(node), span),
    "spath_expression": lambda node, span: PathLiteral(text_of(node), span),
    "uri_expression": lambda node, span: Text(text_of(node), complete=True, span=span),
    "select_expression": _selection,
    "has_attr_expression": lambda _, span: truth(span),
}
"""How each form is read that needs nothing of what stands around it."""
