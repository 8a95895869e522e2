"""What a person, a CI log and a program are told of diagnostics."""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovereign.diagnostics import Diagnostic, KeyPath, Severity, Span
from sovereign.report import render, render_short, summary, to_json, to_json_list, visible

HOST = """\
#:schema ../schema.json
name = "cloudlab"

[[disks]]
size = "64Gib"

[pools.ember]
vdevs = 3
"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    file = tmp_path / "hosts" / "cloudlab" / "host.toml"
    file.parent.mkdir(parents=True)
    file.write_text(HOST)
    return file


def diagnostic(
    file: Path,
    at: KeyPath = (),
    *,
    code: str = "INV012",
    severity: Severity = Severity.ERROR,
    message: str = "64Gib is no size",
    span: Span | None = None,
    detail: str = "",
    fix: str = "",
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=severity,
        message=message,
        file=file,
        at=at,
        span=span,
        detail=detail,
        fix=fix,
    )


def shown(text: str, span: Span, folder: Path, width: int = 100) -> str:
    """The source line and the carets, as rendered for a file that holds a text."""
    file = folder / "a.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    lines = render([diagnostic(file, span=span)], folder, width=width).split("\n")
    return "\n".join(lines[3:])


def test_a_diagnostic_shows_its_line_the_place_the_reason_and_the_fix(host: Path) -> None:
    found = Diagnostic(
        code="INV012",
        severity=Severity.ERROR,
        message="64Gib is no size",
        file=host,
        at=("disks", 0, "size"),
        detail="a size is a number and a unit\nunits: GiB, GB",
        fix='write "64GiB"\nor "64GB"',
        source="https://example.org/sizes",
        host="cloudlab",
    )
    assert render([found], host.parents[2], color=False, width=80) == (
        "error[INV012]: 64Gib is no size\n"
        " --> hosts/cloudlab/host.toml:5:8\n"
        "  |\n"
        '5 | size = "64Gib"\n'
        "  |        ^^^^^^^\n"
        "  = a size is a number and a unit\n"
        "  = units: GiB, GB\n"
        '  = help: write "64GiB"\n'
        '  =       or "64GB"\n'
        "  = see: https://example.org/sizes"
    )


def test_diagnostics_are_sorted_by_place_and_set_apart(host: Path) -> None:
    root = host.parents[2]
    other = host.with_name("another.toml")
    other.write_text("\n" * 10 + "a = 1\n")
    found = [
        diagnostic(host, ("pools", "ember", "ashift"), message="ashift is missing"),
        diagnostic(host, ("disks", 0, "size"), code="INV013", severity=Severity.NOTE),
        diagnostic(host, ("disks", 0, "size"), code="INV002", severity=Severity.WARNING),
        diagnostic(host, ("hostid",), message="hostid is missing"),
        diagnostic(other, ("a",), message="a is odd"),
    ]
    expected = """\
error[INV012]: a is odd
  --> hosts/cloudlab/another.toml:11:5
   |
11 | a = 1
   |     ^

error[INV012]: hostid is missing
 --> hosts/cloudlab/host.toml:1:1

warning[INV002]: 64Gib is no size
 --> hosts/cloudlab/host.toml:5:8
  |
5 | size = "64Gib"
  |        ^^^^^^^

note[INV013]: 64Gib is no size
 --> hosts/cloudlab/host.toml:5:8
  |
5 | size = "64Gib"
  |        ^^^^^^^

error[INV012]: ashift is missing
 --> hosts/cloudlab/host.toml:7:1
  |
7 | [pools.ember]
  | ^^^^^^^^^^^^^"""
    assert render(found, root) == expected
    assert render(reversed(found), root) == expected


def test_the_order_of_what_stands_at_one_place_is_fixed(host: Path) -> None:
    found = [diagnostic(host, ("name",), message=message) for message in ("b", "a")]
    assert render(found, host.parents[2]) == render(reversed(found), host.parents[2])


def test_the_short_form_is_a_line_each(host: Path) -> None:
    found = [
        diagnostic(host, ("disks", 0, "size"), message="two\nlines", detail="not shown"),
        diagnostic(host, ("name",), severity=Severity.WARNING),
        diagnostic(host.with_name("absent.toml"), ("name",)),
    ]
    assert render_short(found, host.parents[2]) == (
        "hosts/cloudlab/absent.toml: error[INV012] 64Gib is no size\n"
        "hosts/cloudlab/host.toml:2:8: warning[INV012] 64Gib is no size\n"
        "hosts/cloudlab/host.toml:5:8: error[INV012] two\\u000Alines"
    )


def test_json_has_every_field(host: Path) -> None:
    found = diagnostic(host, ("disks", 0, "by id"), detail="why", fix="do")
    assert to_json(found, host.parents[2]) == {
        "file": "hosts/cloudlab/host.toml",
        "line": 4,
        "column": 1,
        "end_column": 10,
        "code": "INV012",
        "severity": "error",
        "message": "64Gib is no size",
        "detail": "why",
        "fix": "do",
        "source": "",
        "host": None,
        "key": 'disks[0]."by id"',
    }


def test_json_lists_in_the_rendered_order_and_can_be_written(host: Path) -> None:
    found = [diagnostic(host, ("disks",)), diagnostic(host, ("name",))]
    listed = to_json_list(found, host.parents[2])
    assert [entry["key"] for entry in listed] == ["name", "disks"]
    assert json.loads(json.dumps(listed)) == listed


def test_json_of_a_file_that_cannot_be_read_has_no_place(tmp_path: Path) -> None:
    entry = to_json(diagnostic(tmp_path / "absent.toml", ("a",)), tmp_path)
    assert (entry["line"], entry["column"], entry["end_column"]) == (None, None, None)


@pytest.mark.parametrize(
    ("severities", "text"),
    [
        ("", "no findings"),
        ("e", "1 error"),
        ("wee", "2 errors, 1 warning"),
        ("nnw", "1 warning, 2 notes"),
    ],
)
def test_the_summary_counts_by_severity(severities: str, text: str) -> None:
    letters = {severity[0]: severity for severity in Severity}
    assert summary([diagnostic(Path("x"), severity=letters[s]) for s in severities]) == text


def test_color_adds_nothing_but_styles(host: Path) -> None:
    found = [diagnostic(host, ("name",), detail="why"), diagnostic(host)]
    colored = render(found, host.parents[2], color=True)
    assert "\x1b[1;31merror[INV012]\x1b[0m" in colored
    assert "\x1b[1;31m^^^^^^^^^^\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render(found, host.parents[2], color=False)
    assert "\x1b" not in render(found, host.parents[2], color=False)


@pytest.mark.parametrize("kind", ["absent", "directory", "absent/x"])
def test_a_file_that_cannot_be_read_has_no_frame(tmp_path: Path, kind: str) -> None:
    (tmp_path / "directory").mkdir()
    found = diagnostic(tmp_path / kind, ("a",), fix="mend it")
    assert render([found], tmp_path) == (
        f"error[INV012]: 64Gib is no size\n --> {kind}\n  = help: mend it"
    )
    placed = diagnostic(tmp_path / kind, span=Span(3, 4, 5))
    assert render([placed], tmp_path).endswith(f" --> {kind}:3:4")


def test_a_file_outside_the_root_is_named_in_full(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    assert render([diagnostic(file)], tmp_path / "fleet").endswith(f"--> {file.as_posix()}")


def test_relative_paths_count_from_the_working_folder(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(host.parents[2])
    found = diagnostic(Path("hosts/cloudlab/host.toml"), ("name",))
    assert render_short([found], Path()).startswith("hosts/cloudlab/host.toml:2:8: ")
    assert render_short([found], Path("hosts")).startswith("cloudlab/host.toml:2:8: ")


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("a\t=\t1", Span(1, 5, 6), "1 | a    =    1\n  |           ^"),
        ("\ta = 1\r\n", Span(1, 2, 3), "1 |     a = 1\n  |     ^"),
        ("a\tb", Span(1, 2, 3), "1 | a    b\n  |  ^^^^"),
        ('日本 = "ü" x', Span(1, 6, 9), '1 | 日本 = "ü" x\n  |        ^^^'),
        ("x = '日本'", Span(1, 6, 8), "1 | x = '日本'\n  |      ^^^^"),
        ("e\u0301 = 1", Span(1, 6, 7), "1 | e\u0301 = 1\n  |     ^"),
        ("a = 1", Span(1, 6, 7), "1 | a = 1\n  |      ^"),
        ("a = 1", Span(1, 90, 99), "1 | a = 1\n  |      ^"),
        ("a = 1", Span(1, 5, 99), "1 | a = 1\n  |     ^"),
        ("a = 1", Span(1, 5, 5), "1 | a = 1\n  |     ^"),
        ("a = 1", Span(1, 5, 2), "1 | a = 1\n  |     ^"),
        ("a = 1", Span(2, 1, 2), ""),
        ("a = 1\n", Span(2, 1, 2), "2 |\n  | ^"),
        ("", Span(1, 1, 2), "1 |\n  | ^"),
        ("a = '\x1b[2J\x07'", Span(1, 5, 8), "1 | a = '\\u001B[2J\\u0007'\n  |     ^^^^^^^^"),
        (
            "a = '\u202eb\u2066' # x",
            Span(1, 7, 8),
            "1 | a = '\\u202Eb\\u2066' # x\n  |            ^",
        ),
        ("\ufeffa = 1", Span(1, 1, 2), "1 | \\uFEFFa = 1\n  | ^^^^^^"),
        ("a\u2028= 1\n", Span(1, 3, 4), "1 | a\\u2028= 1\n  |        ^"),
        ("a = \udcff1", Span(1, 5, 6), "1 | a = \\xff1\n  |     ^^^^"),
        ("a = \rb = 1", Span(1, 1, 2), "1 | a = \\u000Db = 1\n  | ^"),
    ],
)
def test_the_carets_stand_under_the_place(
    tmp_path: Path, text: str, span: Span, expected: str
) -> None:
    assert shown(text, span, tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        # A line that just fits, and one that just does not.
        ("a = '" + "x" * 30 + "'", Span(1, 1, 2), "1 | a = '" + "x" * 30 + "'\n  | ^"),
        ("a = '" + "x" * 31 + "'", Span(1, 1, 2), "1 | a = '" + "x" * 29 + "…\n  | ^"),
        # The end of a long line, its middle, and a place wider than the room.
        ("x" * 9999 + "b", Span(1, 10000, 10001), "1 | …" + "x" * 33 + "b\n  | " + " " * 34 + "^"),
        (
            "x" * 5000 + "bb" + "y" * 5000,
            Span(1, 5001, 5003),
            "1 | …" + "x" * 20 + "bb" + "y" * 12 + "…\n  | " + " " * 21 + "^^",
        ),
        (
            "size = '" + "y" * 9990 + "'",
            Span(1, 8, 9999),
            "1 | size = '" + "y" * 26 + "…\n  |        " + "^" * 27,
        ),
        # Characters that take no column do not hide that there are more.
        (
            "e\u0301" * 99 + "b",
            Span(1, 199, 200),
            "1 | …" + "e\u0301" * 18 + "b\n  | " + " " * 19 + "^",
        ),
        ("b" + "e\u0301" * 99, Span(1, 1, 2), "1 | b" + "e\u0301" * 17 + "e…\n  | ^"),
        ("日" * 40, Span(1, 1, 2), "1 | " + "日" * 17 + "…\n  | ^^"),
    ],
)
def test_a_long_line_is_cut_around_the_place(
    tmp_path: Path, text: str, span: Span, expected: str
) -> None:
    assert shown(text, span, tmp_path, width=40) == expected


def test_what_is_said_of_a_hostile_file_cannot_reach_the_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[31m"
    folder.mkdir()
    file = folder / "a\n.toml"
    file.write_text("")
    found = Diagnostic(
        code="X",
        severity=Severity.ERROR,
        message="unknown key \x1b]0;x\x07",
        file=file,
        detail="why\r\u202e",
        fix="do\x9b",
        source="https://\u200b",
    )
    assert render([found], tmp_path) == (
        "error[X]: unknown key \\u001B]0;x\\u0007\n"
        " --> \\u001B[31m/a\\u000A.toml:1:1\n"
        "  = why\\u000D\\u202E\n"
        "  = help: do\\u009B\n"
        "  = see: https://\\u200B"
    )
    assert visible(render_short([found], tmp_path)) == render_short([found], tmp_path)


def columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in {"W", "F"} for c in text)
    none = sum(unicodedata.category(c) in {"Mn", "Me"} for c in text)
    return len(text) + wide - none


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        st.characters(exclude_characters="\n", exclude_categories=["Cs"])
        | st.sampled_from("\t日 \x1b"),
        max_size=120,
    ),
    st.integers(1, 130),
    st.integers(1, 130),
    st.integers(24, 90),
)
def test_no_line_is_wider_than_the_room_or_moves_the_carets(
    tmp_path_factory: pytest.TempPathFactory, text: str, column: int, length: int, width: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    source, carets = shown(text, Span(1, column, column + length), folder, width).split("\n")
    assert columns(source) <= width
    assert source.isprintable()
    before = len(carets) - len(carets.lstrip(" |"))
    assert set(carets[before:]) == {"^"}
    if (
        column <= len(text.rstrip())
        and text[column - 1].isprintable()
        and columns(text[column - 1])
    ):
        at = next(i for i in range(len(source)) if columns(source[:i]) == before)
        assert text[column - 1] in (source[at : at + 2] or " ")


def test_a_file_is_read_once_per_rendering(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    read_bytes = Path.read_bytes

    def counted(path: Path) -> bytes:
        reads.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    render([diagnostic(host, ("name",)), diagnostic(host, ("disks",))], host.parents[2])
    assert reads == [host]


def test_the_report_is_cheap_to_import() -> None:
    heavy = "{'tree_sitter', 'pydantic', 'rich'} & set(sys.modules)"
    program = f"import sys, sovereign.report; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
