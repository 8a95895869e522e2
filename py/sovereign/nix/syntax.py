"""The syntax check of Nix text by tree-sitter, without Nix."""

from functools import cache

import tree_sitter_nix
from tree_sitter import Language, Node, Parser

from sovereign.diagnostics import Span


def syntax_errors(text: str) -> tuple[Span, ...]:
    """Find the places where the text is no Nix, in order; none if it parses.

    Only the syntax is judged: not whether names are bound or attributes defined twice.
    """
    source = text.encode("utf-8", "surrogatepass")
    root = _parser().parse(source).root_node
    if root.has_error:
        lines = source.split(b"\n")
        return tuple(_span(node, lines) for node in _faults(root))
    return () if root.named_child_count else (Span(1, 1, 1),)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_nix.language()))


def _faults(node: Node) -> list[Node]:
    if node.is_error or node.is_missing:
        return [node]
    return [fault for child in node.children if child.has_error for fault in _faults(child)]


def _span(node: Node, lines: list[bytes]) -> Span:
    row, start = node.start_point
    last, end = node.end_point
    line = lines[row]
    if last != row:
        end = len(line)
    return Span(row + 1, _column(line, start), _column(line, end))


def _column(line: bytes, offset: int) -> int:
    return len(line[:offset].decode("utf-8", "replace")) + 1
