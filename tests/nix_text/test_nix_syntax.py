"""The syntax check finds what the parser of Nix finds, and where."""

import pytest

from nix_text.nix_values import HOSTILE
from sovereign.diagnostics import Span
from sovereign.nix.syntax import syntax_errors
from sovereign.nix.text import to_nix

GOOD = [
    "1",
    "{ }",
    "[ ]",
    "{ pkgs, ... }: { }",
    "{ config, lib, ... }@args: args",
    "{ a.b.c = 1; a.b.d = 2; }",
    '{ "a b"."c" = 1; ${"x"} = 2; }',
    "let a = 1; in a",
    "rec { a = 1; b = a; }",
    "{ inherit (builtins) map; }",
    'x: "${x}/bin $${y} \\${z}"',
    "x: ''\n  a ${x} ''${y} ''' b\n''",
    "[ (-1) (-9223372036854775807 - 1) 1.0e+22 ./a.nix <nixpkgs> ]",
    "x: x.a or 1",
    "x: x ? a.b && !x.c",
    "if true then 1 else 2",
    "assert true; 1",
    "with builtins; map",
    "# comment\n/* another */ 1",
    "{ or = 1; }",
    "a: b: a // b ++ [ ]",
    "1\n",
    *[to_nix({text: [text]}) for text in HOSTILE],
]
BAD = [
    ("", Span(1, 1, 1)),
    ("{ a = 1 }", None),
    ("{ a = ; }", None),
    ("{\n  a = 1;\n", None),
    ("[ 1 2", None),
    ('"open', None),
    ("''open", None),
    ('{ a = "${x"; }', None),
    ("{ a = 1;; }", None),
    ("{ 1a = 1; }", None),
    ("{ if = 1; }", None),
    ("let a = 1; a", None),
    ("1 +", None),
    ("{ a, b }", None),
    ("(1", None),
    ("1)", None),
    ("[ -1 ]", None),
    ("{ a = 'b'; }", None),
    ("/* open", None),
    ("{\n  é = 1;\n}", None),
    ('{\n  a = "é";\n  b = "é" = 1;\n}', None),
]


@pytest.mark.parametrize("text", GOOD, ids=ascii)
def test_good(text, nix):
    assert syntax_errors(text) == ()
    parsed = nix.run("nix-instantiate", "--parse", "-", stdin=text, check=False)
    assert "syntax error" not in parsed.err
    assert parsed.code == 0 or "undefined variable" in parsed.err


@pytest.mark.parametrize(("text", "span"), BAD, ids=ascii)
def test_bad(text, span, nix):
    found = syntax_errors(text)
    assert found
    assert span is None or found == (span,)
    lines = text.split("\n")
    for each in found:
        assert 1 <= each.column <= each.end_column <= len(lines[each.line - 1]) + 1
    assert nix.run("nix-instantiate", "--parse", "-", stdin=text, check=False).code != 0


@pytest.mark.parametrize(
    ("text", "line"),
    [("{\n  a = 1;\n  b = = 2;\n}\n", 3), ("{\n  a = 1;\n  b = [ 1 2 );\n  c = 1;\n}\n", 3)],
)
def test_a_fault_is_found_at_its_line(text, line):
    assert syntax_errors(text)[0].line == line


def test_columns_count_characters():
    [found] = syntax_errors('{\n  a = "éé" = 1;\n}\n')
    assert found == Span(2, 12, 13)
