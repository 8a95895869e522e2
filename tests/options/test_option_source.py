"""Nix source, read without evaluating it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovereign.diagnostics import Span
from sovereign.nix.options.module import definitions
from sovereign.nix.options.source import read_expression
from sovereign.nix.options.values import (
    Attrs,
    Function,
    Items,
    Opaque,
    Package,
    PathLiteral,
    Scalar,
    Several,
    Text,
    Value,
)
from sovereign.nix.options.words import value_in_words


def plain(value: Value | None) -> object:
    """A value as Python data; what is not known stands as a word."""
    match value:
        case Scalar(known):
            return known
        case Text(text, True):
            return text
        case Text(text, False):
            return ("starts with", text)
        case PathLiteral(text) | Package(text):
            return (type(value).__name__, text)
        case Items(items):
            return [plain(item) for item in items]
        case Attrs(attrs):
            return [(attr.name, plain(attr.value)) for attr in attrs]
        case Several(values):
            return {"each": [plain(one) for one in values]}
        case Function(result):
            return {"function": plain(result)}
        case _:
            return type(value).__name__


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("3", 3),
        ("-9223372036854775807", -9223372036854775807),
        ("-1.5", -1.5),
        ("null", None),
        ('"a\\n\\"\\${b}\\\\$${c}"', 'a\n"${b}\\$${c}'),
        ('"a${b}c"', ("starts with", "a")),
        ("''\n    a\n      b ''${c} ''' ''\\n\n  ''", "a\n  b ${c} '' \n\n"),
        ("''  \n\n    a\n  b\n    ''", "\n  a\nb\n"),
        ("''a\n  b''", "a\n  b"),
        ("''\n  a''\\n  b\n   c''", "a\nb\n c"),
        ("''one''", "one"),
        ("''a${b}''", ("starts with", "")),
        ("https://a.b/c", "https://a.b/c"),
        ("./a/b", ("PathLiteral", "./a/b")),
        ("<nixpkgs>", ("PathLiteral", "<nixpkgs>")),
        ("pkgs.hello", ("Package", "pkgs.hello")),
        ("pkgs.stdenv", "Opaque"),
        ("config.a.b", "Opaque"),
        ("a.b or 3", "Opaque"),
        ("with pkgs; [ hello 3 ]", ["Opaque", 3]),
        ("assert true; 3", 3),
        ("(3)", 3),
        ("lib.mkForce (lib.mkIf x 3)", 3),
        ("mkOverride 10 3", 3),
        ("lib.mkMerge [ 1 2 ]", {"each": [1, 2]}),
        ("lib.mkMerge x", "Opaque"),
        ("lib.mkOrder 1 [ 2 ]", [2]),
        ("if a then 1 else 2", {"each": [1, 2]}),
        ("a ? b", {"each": [True, False]}),
        ("-x", "Opaque"),
        ("[ 1 ] ++ [ 2 ]", [1, 2]),
        ("[ 1 ] ++ x", [1, "Opaque"]),
        ("x ++ [ 1 ]", ["Opaque", 1]),
        ("lib.optional x 3", [3]),
        ("lib.optionals x [ 3 ]", [3]),
        ("{ a = 1; } // { b = 2; }", {"each": [[("a", 1)], [("b", 2)]]}),
        ('"a" + "b"', "ab"),
        ('"a${x}" + "b"', ("starts with", "a")),
        ("1 + 2", "Opaque"),
        ("toString 3", ("starts with", "")),
        ('pkgs.writeText "a" "b"', ("Package", "pkgs.writeText")),
        ("f 3", "Opaque"),
        ("let a = 1; b = a; in b", 1),
        ("let a = 1; in { a }: a", {"function": "Opaque"}),
        ("let a = 1; in a: a", {"function": "Opaque"}),
        ("let a = 1; in { inherit a; inherit (x) b; }", [("a", 1), ("b", "Opaque")]),
        ("let a = 1; in rec { a = 2; b = a; }", [("a", 2), ("b", "Opaque")]),
        ("let inherit (lib) a; in a", "Opaque"),
        (
            '{ a.b."c d".${x} = 1; "e${f}" = 2; }',
            [("a", [("b", [("c d", [(None, 1)])])]), (None, 2)],
        ),
        ("import ./x", "Opaque"),
    ],
)
def test_an_expression_is_read(source: str, expected: object) -> None:
    assert plain(read_expression(source)) == expected


@pytest.mark.parametrize("source", ["", "{", "{ a = ; }", "# nothing"])
def test_what_is_no_nix_is_not_read(source: str) -> None:
    assert read_expression(source) is None


def test_columns_count_characters() -> None:
    value = read_expression('{\n  "ü" = "äö"; b = ./c;\n}')
    assert isinstance(value, Attrs)
    assert [attr.span for attr in value.attrs] == [Span(2, 3, 6), Span(2, 15, 16)]
    assert [attr.value.span for attr in value.attrs] == [Span(2, 9, 13), Span(2, 19, 22)]


def test_a_span_ends_on_its_first_line() -> None:
    value = read_expression("{ a = [\n  1\n]; }")
    assert isinstance(value, Attrs)
    assert value.attrs[0].value.span == Span(1, 7, 8)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ a = 1; }", [["a"]]),
        ("{ lib, ... }: { a = 1; b = 2; imports = [ ./c.nix ]; }", [["a", "b"]]),
        ("{ ... }: { config = { a = 1; }; options.x = y; }", [["a"]]),
        ("{ config = lib.mkIf x { a = 1; }; }", [["a"]]),
        ("{ config = lib.mkMerge [ { a = 1; } { b = 1; } x ]; }", [["a"], ["b"]]),
        ("{ imports = [ { a = 1; } ({ pkgs, ... }: { b = 1; }) ]; c = 1; }", [["a"], ["b"], ["c"]]),
        ("{ config.a = 1; config.b = 2; }", [["a"], ["b"]]),
        ("lib.mkMerge [ { a = 1; } ]", [["a"]]),
        ("let x = 1; in { a = x; }", [["a"]]),
        ("import ./x", []),
    ],
)
def test_the_definitions_of_a_module_are_found(source: str, expected: list[list[str]]) -> None:
    module = read_expression(source)
    assert module is not None
    assert [[attr.name for attr in one.attrs] for one in definitions(module)] == expected


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("true", "true"),
        ("null", "null"),
        ('"a"', 'the string "a"'),
        (f'"{"a" * 50}"', f'the string "{"a" * 39}…"'),
        ('"${a}"', "a string"),
        ("./a", "the path ./a"),
        ("pkgs.a", "the package pkgs.a"),
        ("x: x", "a function"),
        ("[ 1 ]", "a list"),
        ("[ ]", "an empty list"),
        ("{ }", "a set"),
        ("!x", "true or false"),
        ("x", "a value"),
    ],
)
def test_a_value_is_told_in_words(source: str, words: str) -> None:
    value = read_expression(source)
    assert value is not None
    assert value_in_words(value) == words


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    value = read_expression(text)
    assert value is None or isinstance(value, Value)


def test_an_unknown_form_is_opaque() -> None:
    assert isinstance(read_expression("x.y.z"), Opaque)
