"""Where keys and values of a TOML text stand, and how a key path is written."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sovereign.diagnostics import KeyPath, Span
from sovereign.inventory.locate import (
    WHOLE_FILE,
    TomlPositions,
    dotted,
    parse_dotted,
    syntax_problem,
)
from toml_documents import Leaf, Table, Value, documents, keys

HOST = """\
#:schema ../schema.json
name = "cloudlab"          # a comment
size.max = "64GiB"
size . min = '1 "GiB"'
[storage.pools]            # storage is implied
rpool = { kind = "mirror", disks = ["a", "b"] }
"tank é\\u00e9" = 'x'
[storage.pools.ember]
vdevs = [  # nested
  { kind = "raidz2", disks = [
      'one', "two" ] }, [1, [2, 3]],
\t{ kind = "special" }
]
[[storage.disks]]
id = "first"
[[ storage . disks ]]
id = "second"
[storage.disks.smart]
every = 1
[[storage.disks.parts]]
n = 1
[[storage.disks.parts]]
n = 2
[storage]
note = \"\"\"
several
lines\"\"\" # note
"日本" = "ü"
'a.b'."" = -1
1.2 = true
"""


def shown(text: str, span: Span | None) -> str | None:
    """What a span covers, after its line and column."""
    if span is None:
        return None
    line = text.split("\n")[span.line - 1]
    return f"{span.line}:{span.column} {line[span.column - 1 : span.end_column - 1]}"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("name",), '2:8 "cloudlab"', "2:1 name"),
        (("size",), "3:1 size.max", "3:1 size"),
        (("size", "max"), '3:12 "64GiB"', "3:6 max"),
        (("size", "min"), "4:14 '1 \"GiB\"'", "4:8 min"),
        (("storage", "pools"), "5:1 [storage.pools]", "5:10 pools"),
        (("storage", "pools", "rpool", "disks", 1), '6:42 "b"', '6:42 "b"'),
        (("storage", "pools", "rpool", "kind"), '6:18 "mirror"', "6:11 kind"),
        (("storage", "pools", "tank éé"), "7:18 'x'", '7:1 "tank é\\u00e9"'),
        (("storage", "pools", "ember"), "8:1 [storage.pools.ember]", "8:16 ember"),
        (("storage", "pools", "ember", "vdevs"), "9:9 [  # nested", "9:1 vdevs"),
        (
            ("storage", "pools", "ember", "vdevs", 0),
            '10:3 { kind = "raidz2", disks = [',
            '10:3 { kind = "raidz2", disks = [',
        ),
        (("storage", "pools", "ember", "vdevs", 0, "disks", 1), '11:14 "two"', '11:14 "two"'),
        (("storage", "pools", "ember", "vdevs", 1, 1, 0), "11:30 2", "11:30 2"),
        (("storage", "pools", "ember", "vdevs", 2, "kind"), '12:11 "special"', "12:4 kind"),
        (("storage", "disks"), "14:1 [[storage.disks]]", "14:11 disks"),
        (("storage", "disks", 0), "14:1 [[storage.disks]]", "14:11 disks"),
        (("storage", "disks", 1), "16:1 [[ storage . disks ]]", "16:14 disks"),
        (("storage", "disks", 1, "id"), '17:6 "second"', "17:1 id"),
        (("storage", "disks", 1, "smart"), "18:1 [storage.disks.smart]", "18:16 smart"),
        (("storage", "disks", 1, "smart", "every"), "19:9 1", "19:1 every"),
        (("storage", "disks", 1, "parts", 1, "n"), "23:5 2", "23:1 n"),
        (("storage",), "24:1 [storage]", "24:2 storage"),
        (("storage", "note"), '25:8 """', "25:1 note"),
        (("storage", "日本"), '28:8 "ü"', '28:1 "日本"'),
        (("storage", "a.b"), "29:1 'a.b'.\"\"", "29:1 'a.b'"),
        (("storage", "a.b", ""), "29:12 -1", '29:7 ""'),
        (("storage", "1", "2"), "30:7 true", "30:3 2"),
        (("storage", "disks", 0, "smart"), None, None),
        (("storage", "disks", 2), None, None),
        (("name", "first"), None, None),
    ],
)
def test_a_key_path_is_found_at_its_line_and_column(
    path: KeyPath, value: str | None, key: str | None, newline: str
) -> None:
    tomllib.loads(HOST)
    text = HOST.replace("\n", newline)
    positions = TomlPositions(text)
    assert shown(text, positions.of(path)) == value
    assert shown(text, positions.of(path, "key")) == key


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("storage", "pools", "ember", "ashift"), "8:1 [storage.pools.ember]"),
        (("storage", "pools", "rpool", "size", "x"), '6:9 { kind = "mirror", disks = ["a", "b"] }'),
        (("storage", "disks", 1, "serial"), "16:1 [[ storage . disks ]]"),
        (("storage", "disks", 7, "serial"), "14:1 [[storage.disks]]"),
        (("name", "first"), '2:8 "cloudlab"'),
        (("size", "typical"), "3:1 size.max"),
        (("name",), '2:8 "cloudlab"'),
    ],
)
def test_an_absent_key_is_placed_at_the_nearest_that_exists(path: KeyPath, place: str) -> None:
    assert shown(HOST, TomlPositions(HOST).nearest(path)) == place


def test_the_nearest_of_an_absent_key_is_a_value_even_when_a_key_is_asked_for() -> None:
    positions = TomlPositions(HOST)
    assert positions.nearest(("name", "x"), "key") == positions.of(("name",), "value")
    assert positions.nearest(("name",), "key") == positions.of(("name",), "key")


@pytest.mark.parametrize("text", ["", "# nothing\n", "a = 1\n"])
def test_what_the_root_lacks_is_placed_at_the_whole_file(text: str) -> None:
    positions = TomlPositions(text)
    assert positions.of(("host",)) is None
    assert positions.nearest(("host",)) == WHOLE_FILE
    assert positions.of(()) == WHOLE_FILE


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("[a.b.c]\n[a]\nx=1\n[a.b]\n", ("a",), "2:1 [a]"),
        ("[a.b.c]\n[a]\nx=1\n[a.b]\n", ("a", "b"), "4:1 [a.b]"),
        ("[a.b]\nc.d = 1\nc.e = 2", ("a", "c"), None),
        ("[a.b]\nc.d = 1\nc.e = 2", ("a", "b", "c"), "2:1 c.d"),
        ("x = [\n  # one\n  1,\n]\n", ("x", 0), "3:3 1"),
        ("x = []\ny = {}\n", ("y",), "2:5 {}"),
        ("x = {a.b = 1, a.c = [{}]}", ("x", "a", "c", 0), "1:22 {}"),
        ("x = {a.b = 1, a.c = [{}]}", ("x", "a"), "1:6 a.b"),
        ("\ufeffa = 1", ("a",), "1:6 1"),
        ("\t\ta\t=\t1", ("a",), "1:7 1"),
        ('k = "😀e\u0301"\nz = ["😀", 1]', ("z", 1), "2:11 1"),
        ("x = '''a''b'''''\ny=1", ("y",), "2:3 1"),
        ('x = """a\\\n  b""""\ny=2\n', ("y",), "3:3 2"),
        ("a = 1\nb = = 2\n[c]\nd = 3", ("c", "d"), "4:5 3"),
        ("a = '\udcff' # \udcff\n['\udcff']\nb=1", ("\udcff", "b"), None),
    ],
)
def test_tricky_texts(text: str, path: KeyPath, place: str | None) -> None:
    assert shown(text, TomlPositions(text).of(path)) == place


def test_depth_is_not_bounded_by_the_stack() -> None:
    path = ("a",) * 3000
    assert TomlPositions(f"{'.'.join(path)} = 1").of(path) == Span(1, 6003, 6004)
    brackets = "[" * 3000 + "7" + "]" * 3000
    assert TomlPositions(f"a = {brackets}").of(("a", *[0] * 3000)) == Span(1, 3005, 3006)


def leaf_paths(value: Value, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Leaf]]:
    if isinstance(value, dict | list):
        for step, element in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaf_paths(element, (*path, step))
    else:
        yield path, value


def covered(text: str, span: Span | None) -> str:
    assert span is not None
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


def read(written: str) -> Value:
    value: Value = tomllib.loads(f"value = {written}")["value"]
    return value


@settings(max_examples=300, deadline=None)
@given(documents())
def test_every_leaf_is_found_where_it_stands(document: tuple[Table, str]) -> None:
    table, text = document
    assert tomllib.loads(text) == table
    positions = TomlPositions(text)
    for path, leaf in leaf_paths(table):
        span = positions.of(path)
        written = covered(text, span)
        if written == '"""':  # the rest is on the lines below
            assert span is not None
            below = "\n".join(text.split("\n")[span.line :]).replace("\r\n", "\n")
            rest = re.match(r'(?:[^"\\]|\\.|"(?!""))*"""', below, re.DOTALL)
            assert rest
            written = '"""\n' + rest[0]
        value = read(written)
        assert (type(value), value) == (type(leaf), leaf)
        assert positions.nearest((*path, "absent")) == span


@settings(max_examples=300, deadline=None)
@given(documents())
def test_every_key_is_found_where_it_first_stands(document: tuple[Table, str]) -> None:
    table, text = document
    positions = TomlPositions(text)
    for path, _ in leaf_paths(table):
        for length in range(1, len(path) + 1):
            span = positions.of(path[:length], "key")
            if isinstance(path[length - 1], str):
                assert parse_dotted(covered(text, span)) == (path[length - 1],)
            assert covered(text, positions.of(path[:length]))


@pytest.mark.parametrize(
    ("text", "message", "line", "column", "end_column"),
    [
        (b"a = \n", "Invalid value", 1, 5, 6),
        (b"a = 1\r\nb = \r\n", "Invalid value", 2, 5, 6),
        (
            "a = '日本' x\n".encode(),
            "Expected newline or end of document after a statement",
            1,
            10,
            11,
        ),
        (b"a = [1,\n\n\n", "Invalid value", 1, 8, 9),
        (b"a = 1\rb = 2", "Expected newline or end of document after a statement", 1, 6, 7),
        (b'a = "\x1b"', "Illegal character '\\x1b'", 1, 6, 7),
        (b"# caf\xc3\xa9 \xe9\n", "not UTF-8: byte 0xe9", 1, 8, 9),
        (b"a = 1\n\xff\xfe\n", "not UTF-8: byte 0xff", 2, 1, 2),
        (b"a = 1\n  b = 2\n  b =  3 # again\n", "Cannot overwrite a value", 3, 3, 4),
        (b"b = 2\n b = [\n 1,\n]", "Cannot overwrite a value", 2, 2, 3),
        ("['é'.b]\n['é'.b]\n".encode(), 'Cannot declare "é".b twice', 2, 2, 7),
        (b'["it\'s"]\n["it\'s"]\n', 'Cannot declare "it\'s" twice', 2, 2, 8),
        (b"a = {b = 1, b = 2}", "Duplicate inline table key 'b'", 1, 13, 14),
        (b"a = []\n[[ a ]]", "Cannot mutate immutable namespace a", 2, 4, 5),
        (b"a = 2024-02-30", "Invalid date or datetime", 1, 5, 6),
        (
            b"m = " + b"1" * 4300 + b"\nn = " + b"1" * 4301,
            "an integer of more than 4300 digits",
            2,
            5,
            4306,
        ),
        (b"n = -1_" + b"1" * 5000 + b"\nx =", "an integer of more than 4300 digits", 1, 5, 5008),
        (
            b"n = 0x" + b"1" * 5000 + b"\nx = 1" + b"_1" * 5000,
            "an integer of more than 4300 digits",
            2,
            5,
            10006,
        ),
        (b"a =" + b"[" * 9000 + b"]" * 9000, "nested too deeply", 1, 9003, 9004),
        (
            b"\xef\xbb\xbfa = 1",
            "the file starts with a byte order mark; save it as UTF-8 without",
            1,
            1,
            2,
        ),
    ],
)
def test_a_syntax_error_is_told_with_its_place(
    text: bytes, message: str, line: int, column: int, end_column: int
) -> None:
    assert syntax_problem(text) == (message, Span(line, column, end_column))


@pytest.mark.parametrize("text", [b"", b"\n", b"# only", HOST.encode(), b"a = 1"])
def test_toml_has_no_syntax_problem(text: bytes) -> None:
    assert syntax_problem(text) is None


PIECES = [
    *"ab1=.[]{},#日\\\x00\n\r \ufeff\udcff",
    "'é'",
    '"c',
    '"""',
    "'''",
    "[[",
    "]]",
    "\r\n",
    "1979-05-27",
]
fragments = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@settings(max_examples=500, deadline=None)
@given(fragments)
@example('a.=""""""')
def test_no_text_is_too_broken_to_be_answered(text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    try:
        tomllib.loads(data.decode())
    except ValueError:
        valid = False
    else:
        valid = True
    problem = syntax_problem(data)
    assert (problem is None) == valid
    lines = text.split("\n")
    spans = [] if problem is None else [problem[1]]
    positions = TomlPositions(text)
    spans += [positions.nearest(path) for path in [("a",), ("a", "b"), ("a", 0), ("é", "a")]]
    for span in spans:
        assert 1 <= span.column <= span.end_column
        assert span.column <= len(lines[span.line - 1]) + 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("storage", "pools", "ember", "vdevs", 0), "storage.pools.ember.vdevs[0]"),
        (("disks", 3, "size"), "disks[3].size"),
        (("m", 0, 12), "m[0][12]"),
        (("by id", "", "a.b", "1"), '"by id".""."a.b".1'),
        (('"\\', "é"), '"\\"\\\\"."é"'),
        (("a[0]",), '"a[0]"'),
        (("x\n\u202e", "\U000e0041"), '"x\\u000A\\u202E"."\\U000E0041"'),
    ],
)
def test_a_key_path_is_written_as_toml_spells_it(path: KeyPath, text: str) -> None:
    assert dotted(path) == text
    assert parse_dotted(text) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("'by id' . x", ("by id", "x")),
        (" a . b [0] ", ("a", "b", 0)),
        ('"\\u00e9"', ("é",)),
        ("a[007]", ("a", 7)),
    ],
)
def test_a_key_path_may_be_written_as_toml_allows(text: str, path: KeyPath) -> None:
    assert parse_dotted(text) == path


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (".a", 1),
        ("a.", 3),
        ("a..b", 3),
        ("[0]", 1),
        ("a[", 1),
        ("a[-1]", 1),
        ("a[x]", 1),
        ("a[0]b", 1),
        ("a b", 1),
        ("b.é", 3),
        ('b."\\q"', 3),
        ('b."\\ud800"', 3),
        ('b."x', 3),
        ("a\n", 1),
        (" ", 1),
        ("a[٣]", 1),
    ],
)
def test_what_is_no_key_path_is_refused_at_its_column(text: str, column: int) -> None:
    with pytest.raises(ValueError, match=f"no key path from column {column} on"):
        parse_dotted(text)


@given(st.lists(keys, min_size=1, max_size=3), st.lists(st.integers(0, 10**9 - 1), max_size=2))
def test_reading_undoes_writing(names: list[str], indexes: list[int]) -> None:
    path: KeyPath = (*names, *indexes, names[0])
    assert parse_dotted(dotted(path)) == path
    assert dotted(path).isprintable()
