"""Type descriptions: what they are read as, and which values the types take."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovereign.nix.options.facts import accepts
from sovereign.nix.options.parse_type import parse_type
from sovereign.nix.options.source import read_expression
from sovereign.nix.options.types import (
    ANYTHING,
    BOOL,
    FLOAT,
    PACKAGE,
    PATH,
    STR,
    Atom,
    AttrsOf,
    Data,
    Either,
    Enum,
    Int,
    Kind,
    ListOf,
    NullOr,
    Number,
    Separated,
    StrMatching,
    Submodule,
    Type,
    Unknown,
    is_exact,
)

PORT = "16 bit unsigned integer; between 0 and 65535 (both inclusive)"
INI_ATOM = NullOr(Either((BOOL, Int(), FLOAT, STR)))


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("boolean", BOOL),
        ("string", STR),
        ("path", PATH),
        ("absolute path", PATH),
        ("package", PACKAGE),
        ("unspecified value", ANYTHING),
        ("signed integer", Int()),
        ("unsigned integer, meaning >=0", Int(low=0)),
        ("integer between -20 and 19 (both inclusive)", Int(-20, 19)),
        (PORT, Int(0, 65535)),
        ("integer or floating point number between 0.1 and 1 (both inclusive)", Number(0.1, 1)),
        ("(optionally newline-terminated) single-line string", Atom(Kind.SINGLE_LINE_STR)),
        ("one of “a”, “b c”", Enum(("a", "b c"))),
        ('one of "a", "b c"', Enum(("a", "b c"))),
        ("one of true, <null>, 3, “x”", Enum((True, None, 3, "x"))),
        ("value “auto” (singular enum)", Enum(("auto",))),
        ("string matching the pattern [0-7]{1,5}", StrMatching("[0-7]{1,5}")),
        ("strings concatenated with “\\n”", Separated("\n")),
        ('strings concatenated with " "', Separated(" ")),
        ("null or (list of string)", NullOr(ListOf(STR))),
        ("non-empty (list of string)", ListOf(STR, non_empty=True)),
        ("list of list of signed integer", ListOf(ListOf(Int()))),
        ("attribute set", AttrsOf(ANYTHING)),
        ("attribute set of (submodule)", AttrsOf(Submodule())),
        ("lazy attribute set of (null or boolean)", AttrsOf(NullOr(BOOL), lazy=True)),
        ("open submodule of (JSON value)", Submodule(freeform=Data())),
        ("TOML value", Data(null=False)),
        ("signed integer or string", Either((Int(), STR))),
        ("boolean or null or path", NullOr(Either((BOOL, PATH)))),
        ("null or null or string", NullOr(STR)),
        ("boolean or one of “strict”, “loose”", Either((BOOL, Enum(("strict", "loose"))))),
        ("unsigned integer, meaning >=0, or string", Either((Int(low=0), STR))),
        ("(list of path) or path convertible to it", Either((ListOf(PATH), PATH))),
        (f"{PORT} or value “auto” (singular enum)", Either((Int(0, 65535), Enum(("auto",))))),
        ("function that evaluates to a(n) list of package", Atom(Kind.FUNCTION)),
        (
            "string matching the pattern .*://.*$ or non-empty (list of string)",
            Either((StrMatching(".*://.*$"), ListOf(STR, non_empty=True))),
        ),
        (
            "list of (string matching the pattern (a|b)[)]x)",
            ListOf(StrMatching("(a|b)[)]x")),
        ),
        (
            "attribute set of section of an INI file (attrs of INI atom (null, bool, int, float or string))",
            AttrsOf(AttrsOf(INI_ATOM)),
        ),
        ("file mode string", Unknown("file mode string")),
        ("list of (ibus-engine)", Unknown("list of (ibus-engine)")),
        ("list of (string", Unknown("list of (string")),
        ("one of “a”, b", Unknown("one of “a”, b")),
        ("value “a”", Unknown("value “a”")),
        ("non-empty (attribute set of string)", Unknown("non-empty (attribute set of string)")),
    ],
)
def test_a_description_is_read(description: str, expected: Type) -> None:
    assert parse_type(description) == expected


VALUES = {
    "boolean": (["true", "!x", "a == b", "config.x", "lib.mkForce false"], ['"true"', "1", "null"]),
    "string": (['"a"', '"${x}"', "''a''", "builtins.readFile ./x"], ["./x", "3", "pkgs.hello"]),
    "signed integer": (["3", "-3", "if x then 1 else 2"], ["3.0", "true", "if x then 1 else null"]),
    "floating point number": (["1.5", "-2.5"], ["1", '"1.5"']),
    "signed integer or floating point number": (["1", "1.5"], ["true"]),
    PORT: (["0", "65535"], ["-1", "65536", '"80"']),
    "integer or floating point number between 0 and 1 (both inclusive)": (["0.5", "1"], ["1.5"]),
    "positive integer or floating point number, meaning >0": (["0.5", "2"], ["0", "-1"]),
    "non-empty string": (['"a"', '"${x}"'], ['""', '" \\n"']),
    "(optionally newline-terminated) single-line string": (
        ['"a"', '"a\\n"', '"a${x}"'],
        ['"a\\nb"', '"a\\nb${x}"', "3"],
    ),
    "string (with check: non-empty without trailing slash)": (['"/"', '"/a"'], ['""', '"/a/"']),
    "path": (['"/a"', "./a", "pkgs.hello", '"${x}/a"'], ['"a"', '"a${x}"', "3"]),
    "package": (
        ["pkgs.hello", 'pkgs.writeText "a" "b"', f'"/nix/store/{"0" * 32}-a"', '"${x}"'],
        ['"hello"', "{ }", "./x"],
    ),
    "string, not containing newlines or colons": (['"a"'], ['"a:b"', '"a\\nb"']),
    "one of “a”, true, 3": (['"a"', "true", "3"], ['"b"', "false", "1", "[ ]"]),
    "one of 0, 1": (["0", "1"], ["true", "false", '"0"']),
    "one of “on”, “off”": (['"o${x}"'], ['"x${y}"']),
    "string matching the pattern [[:digit:]]{4}-[[:digit:]]{2}": (['"2024-12"'], ['"2024-1"']),
    "string matching the pattern [a-z\\-]+[.](service|socket)": (['"a\\\\b-c.service"'], ['"a"']),
    "string matching the pattern (?[": (['"a"'], ["3"]),
    "strings concatenated with “,”": (['"a"', "lib.mkAfter ''b''"], ['[ "a" ]']),
    "null or string": (["null", '"a"'], ["3"]),
    "list of string": (["[ ]", '[ "a" x ] ++ y', "y ++ [ ]"], ['[ "a" 1 ]', '"a"', "x ++ [ 1 ]"]),
    "non-empty (list of string)": (['[ "a" ]'], ["[ ]"]),
    "attribute set of signed integer": (["{ a = 1; b.c = x; }.a", "{ a = 1; }"], ['{ a = "b"; }']),
    "list of string or attribute set of boolean": (["[ ]", "{ a = true; }"], ["{ a = 1; }", "3"]),
    "string or (list of string) convertible to it": (['"a"', '[ "a" ]'], ["[ 1 ]"]),
    "function that evaluates to a(n) list of package": (["ps: [ ps.a ]", "x"], ["[ ]"]),
    "JSON value": (["{ a = [ null 1 ]; }"], ["x: x", "{ a = [ (x: x) ]; }"]),
    "TOML value": (["{ a = [ 1 ]; }"], ["null", "{ a = [ null ]; }"]),
    "file mode string": (["3", "{ }"], []),
    "open submodule of attribute set of string": (['{ a = "b"; }', "{ ... }: { }"], ["{ a = 1; }"]),
}


@pytest.mark.parametrize(
    ("description", "expression", "taken"),
    [
        (description, expression, taken)
        for description, both in VALUES.items()
        for expressions, taken in zip(both, (True, False), strict=True)
        for expression in expressions
    ],
)
def test_a_type_takes_what_nixos_takes(description: str, expression: str, taken: bool) -> None:
    value = read_expression(expression)
    assert value is not None
    assert accepts(parse_type(description), value) is taken


_NAMED = {
    STR: ("string", "noun"),
    BOOL: ("boolean", "noun"),
    PATH: ("path", "noun"),
    Int(low=0): ("unsigned integer, meaning >=0", "nonRestrictiveClause"),
}


def _described(type_: Type) -> tuple[str, str]:
    """Describe a type as nixpkgs' lib/types.nix does, with the class of the phrase."""

    def phrase(inner: Type, *bare: str) -> str:
        text, kind = _described(inner)
        return text if kind in bare else f"({text})"

    match type_:
        case Int(int(), int()):
            return f"integer between {type_.low} and {type_.high} (both inclusive)", "noun"
        case Enum((value,)):
            return f"value {json.dumps(value)} (singular enum)", "noun"
        case Enum(values):
            return "one of " + ", ".join(map(json.dumps, values)), "conjunction"
        case StrMatching(pattern):
            return f"string matching the pattern {pattern}", "noun"
        case Separated(separator):
            return f"strings concatenated with {json.dumps(separator)}", "noun"
        case NullOr(of):
            return f"null or {phrase(of, 'noun', 'conjunction')}", "conjunction"
        case ListOf(of, False):
            return f"list of {phrase(of, 'noun', 'composite')}", "composite"
        case ListOf(of, True):
            return f"non-empty ({_described(ListOf(of))[0]})", "composite"
        case AttrsOf(of, lazy):
            start = "lazy attribute set" if lazy else "attribute set"
            return f"{start} of {phrase(of, 'noun', 'composite')}", "composite"
        case Either((first, second)):
            if _described(first)[1] == "nonRestrictiveClause":
                rest = phrase(second, "noun", "conjunction")
                return f"{_described(first)[0]}, or {rest}", "conjunction"
            left = phrase(first, "noun", "conjunction")
            return f"{left} or {phrase(second, 'noun', 'conjunction', 'composite')}", "conjunction"
        case _:
            return _NAMED[type_]


_words = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=5)
_plain = st.one_of(
    st.sampled_from([STR, BOOL, PATH, Int(low=0), StrMatching("[a-z]+(x|y)"), Separated("\n")]),
    st.builds(lambda low, span: Int(low, low + span), st.integers(), st.integers(0)),
    st.builds(
        lambda words: Enum(tuple(words)), st.lists(_words, min_size=1, max_size=3, unique=True)
    ),
)


def _holding(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    not_null = inner.filter(lambda type_: not isinstance(type_, NullOr))
    single = not_null.filter(lambda type_: not isinstance(type_, Either))
    return st.one_of(
        st.builds(ListOf, inner, st.booleans()),
        st.builds(AttrsOf, inner, st.booleans()),
        st.builds(NullOr, not_null),
        st.tuples(single, single).filter(lambda two: two[0] != two[1]).map(Either),
    )


@settings(deadline=None)
@given(st.recursive(_plain, _holding, max_leaves=6))
def test_what_nixpkgs_describes_is_read_back(type_: Type) -> None:
    assert parse_type(_described(type_)[0]) == type_


def test_the_types_of_the_whole_index_are_understood(option_index: Path) -> None:
    options = json.loads(option_index.read_bytes())["options"]
    understood = [is_exact(parse_type(entry["type"])) for entry in options.values()]
    assert sum(understood) / len(understood) >= 0.99
