"""The languages beside Nix: a value is one token there, as the real program reads it."""

import shutil
import sqlite3
from contextlib import closing
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from nix_text.nix_values import HOSTILE
from sovereign.run import run
from sovereign.text import mermaid, nft, sh, sql, systemd
from sovereign.text.characters import visible
from sovereign.text.environment import Language, render
from sovereign.text.errors import TemplateError, TextError

seen = st.text(
    alphabet=st.characters(
        exclude_categories=["Cc", "Cs"],
        exclude_characters="\u2028\u2029\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e"
        "\u2066\u2067\u2068\u2069",
    )
    | st.sampled_from("'\"$`\\;|&()<>*?#~!{}-"),
    max_size=30,
)
HIDDEN = ["a\nb", "a\0b", "\x1b[31m", "\x7f", "\x85", "a\u202eb", "\u2028", "\ud800", "\t"]


@pytest.fixture
def template(tmp_path):
    def write(text: str) -> Path:
        file = tmp_path / "example.j2"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize("text", HIDDEN, ids=ascii)
def test_hidden_characters_are_refused(text):
    for write in (sh.word, sql.identifier, nft.comment, mermaid.label, systemd.word):
        with pytest.raises(TextError, match=r"U\+"):
            write(text)


def test_visible_text_passes():
    assert visible("é 漢 -_", "any") == "é 漢 -_"


@settings(max_examples=30, deadline=None)
@given(st.lists(seen, min_size=1, max_size=20))
def test_the_shell_reads_each_value_as_one_word(values):
    shown = run(["sh", "-c", f"printf '%s\\n' {sh.words(values)}"]).out
    assert shown.split("\n") == [*values, ""]


def test_a_shell_script_from_a_template(template):
    file = template(
        """\
#!/bin/sh
# it's a comment with "quotes
name={{ name }}; count={{ count }}
cat <<'END'
don't "mind
END
for path in {{ paths }}; do
  printf '%s|' "$(printf '%s' "$path")" "${name}" "$count"
done
"""
    )
    hostile = "a'b $(echo evil) `x` \"; exit 1"
    view = {"name": hostile, "count": -3, "paths": [hostile, "-n", PurePosixPath("/x y")]}
    shown = run(["sh"], stdin=render(sh.SH, file, view)).out
    assert shown == "don't \"mind\n" + "".join(
        f"{path}|{hostile}|-3|" for path in (hostile, "-n", "/x y")
    )


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_string_is_the_same_for_sql(text):
    with closing(sqlite3.connect(":memory:")) as connection:
        [(back,)] = connection.execute(f"SELECT {sql.literal(text)}")
    assert back == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_string_is_the_same_for_sql(text):
    with closing(sqlite3.connect(":memory:")) as connection:
        [(back,)] = connection.execute(f"SELECT {sql.literal(text)}")
    assert back == text


@given(seen.filter(lambda name: 0 < len(name.encode()) <= 63))
def test_every_identifier_is_the_same_for_sql(name):
    with closing(sqlite3.connect(":memory:")) as connection:
        cursor = connection.execute(f"SELECT 1 AS {sql.identifier(name)}")
        assert cursor.description[0][0] == name


def test_sql_from_a_template(template):
    file = template(
        "-- it's a comment\n"
        'CREATE TABLE {{ table }} (/* " */ name TEXT, n INT DEFAULT (2-{{ n }}));\n'
        "INSERT INTO {{ table }} (name) VALUES ({{ name }}){% for x in more %}, ({{ x }})"
        "{% endfor %};\n"
    )
    view = {"table": sql.Identifier('a"b'), "n": -1, "name": "x'); --", "more": ["y", None]}
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(render(sql.SQL, file, view))
        rows = connection.execute('SELECT name, n FROM "a""b"').fetchall()
    assert rows == [("x'); --", 3), ("y", 3), (None, 3)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "TRUE"), (False, "FALSE"), (None, "NULL"), (5, "5"), (-5, "(-5)"), ("a\\'", "'a\\'''")],
)
def test_sql_literal(value, text):
    assert sql.literal(value) == text


RULES = """\
table inet {{ table }} {
  chain forward {
    type filter hook forward priority filter; policy drop;
{% for rule in rules %}
    iifname {{ rule.source }} oifname {{ rule.target }} ip daddr {{ rule.to }} \
tcp dport {{ rule.ports }} accept comment {{ rule.reason }}
{% endfor %}
    ip6 saddr {{ six }} drop
  }
}
"""


@pytest.fixture
def rules(template) -> str:
    rule = {
        "source": nft.Interface("vlan10"),
        "target": [nft.Interface("wg0"), nft.Interface("enp1s0.20")],
        "to": [IPv4Network("10.0.0.0/8"), IPv4Address("192.0.2.1")],
        "ports": [22, nft.Ports(5000, 5010)],
        "reason": "it's # {open}; \\ $x é" + "x" * 103,
    }
    view = {
        "table": nft.Name("zones"),
        "rules": [rule],
        "six": [IPv6Network("2001:db8::/32"), IPv6Address("fe80::1")],
    }
    return render(nft.NFT, template(RULES), view)


def test_nftables_text(rules):
    assert (
        '    iifname "vlan10" oifname { "wg0", "enp1s0.20" } ip daddr { 10.0.0.0/8, 192.0.2.1 } '
        "tcp dport { 22, 5000-5010 } accept comment \"it's # {open};"
    ) in rules
    assert "    ip6 saddr { 2001:db8::/32, fe80::1 } drop\n" in rules


def test_nft_accepts_the_rules(rules, tmp_path):
    if shutil.which("nft") is None:
        pytest.skip("nft is not on PATH")
    (tmp_path / "rules.nft").write_text(rules, encoding="utf-8")
    checked = run(["nft", "-c", "-f", tmp_path / "rules.nft"], check=False)
    if "Operation not permitted" in checked.err:
        pytest.skip("nft -c needs the rights of root here")
    assert checked.code == 0, checked.err


def test_different_texts_are_different_nodes():
    texts = ["", "a", "A", "a-b", "a_b", "a b", "a_2d_b", "end", "é", "_"]
    nodes = [mermaid.node(text) for text in texts]
    assert len(set(nodes)) == len(texts)
    assert all(node.replace("_", "a").isalnum() and node.isascii() for node in nodes)


@given(seen)
def test_a_label_holds_nothing_that_mermaid_reads(text):
    label = mermaid.label(text)
    assert label[0] == label[-1] == '"'
    assert not set(label[1:-1]) & set("\"<>&`%\\[]{}|:'$!")


def test_a_diagram_from_a_template(template):
    file = template("graph LR\n%% it's \"open\n  {{ a }}[{{ text }}] --> {{ b }}\n")
    view = {"a": mermaid.Node("x y"), "b": mermaid.Node("end"), "text": 'a"]; click %%{init}%%'}
    assert render(mermaid.MERMAID, file, view) == (
        "graph LR\n%% it's \"open\n"
        '  n_x_20_y["a#34;#93;#59; click #37;#37;#123;init#125;#37;#37;"] --> n_end\n'
    )


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["-x", "a b"], '"-x" "a b"'),
        (["%i", "$HOME", "${HOME}"], '"%%i" "$$HOME" "$${HOME}"'),
        (['a"b', "a\\nb", "'"], '"a\\"b" "a\\\\nb" "\'"'),
        ([";", ""], '";" ""'),
    ],
)
def test_systemd_arguments(values, text):
    assert systemd.words(values) == text


@pytest.mark.parametrize(
    ("language", "value"),
    [
        (sh.SH, None),
        (sh.SH, 1.5),
        (sh.SH, True),
        (sh.SH, Markup("x")),
        (sh.SH, [["x"]]),
        (sql.SQL, 1.5),
        (sql.SQL, Markup("x")),
        (sql.SQL, "a\0"),
        (sql.SQL, sql.Identifier("")),
        (sql.SQL, sql.Identifier("é" * 32)),
        (nft.NFT, 'a"b'),
        (nft.NFT, "x" * 128),
        (nft.NFT, []),
        (nft.NFT, ["text"]),
        (nft.NFT, -1),
        (nft.NFT, True),
        (nft.NFT, None),
        (nft.NFT, Markup("x")),
        (nft.NFT, IPv4Interface("10.0.0.1/24")),
        (nft.NFT, IPv6Address("fe80::1%a accept")),
        (mermaid.MERMAID, None),
        (mermaid.MERMAID, Markup("x")),
        (mermaid.MERMAID, ["x"]),
    ],
    ids=lambda each: each.name if isinstance(each, Language) else ascii(each),
)
def test_a_value_without_a_form_is_refused(template, language, value):
    with pytest.raises(TextError):
        render(language, template("{{ value }}\n"), {"value": value})


@pytest.mark.parametrize("name", ["", "a b", "a;", "1a", "é", "a-b", "a" * 32, "a\n"])
def test_no_nftables_name(name):
    with pytest.raises(TextError):
        nft.Name(name)


@pytest.mark.parametrize("name", ["", "a b", 'a"', "wg*", "a" * 16, "a/b", "-a", "a\n"])
def test_no_interface(name):
    with pytest.raises(TextError):
        nft.Interface(name)


@pytest.mark.parametrize("ends", [(0, 5), (5, 5), (6, 5), (5, 65536)])
def test_no_range_of_ports(ends):
    with pytest.raises(TextError):
        nft.Ports(*ends)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (sh.SH, 'echo "{{ x }}"\n'),
        (sh.SH, "echo '{{ x }}'\n"),
        (sh.SH, 'echo "$(cat "{{ x }}")"\n'),
        (sh.SH, 'echo "${y:-"{{ x }}"}"\n'),
        (sh.SH, "echo `cat {{ x }}`\n"),
        (sh.SH, "echo $(( {{ x }} ))\n"),
        (sh.SH, "echo ${{ x }}\n"),
        (sh.SH, "echo \\{{ x }}\n"),
        (sh.SH, "echo $'a\\'b' {{ x }}\n"),
        (sh.SH, "# about {{ x }}\n"),
        (sh.SH, 'echo {{ x }}#"\n{{ x }}\n'),
        (sh.SH, "cat <<END\n{{ x }}\nEND\n"),
        (sql.SQL, "SELECT '{{ x }}';\n"),
        (sql.SQL, 'SELECT "{{ x }}";\n'),
        (sql.SQL, "SELECT E{{ x }};\n"),
        (sql.SQL, "SELECT U&{{ x }};\n"),
        (sql.SQL, "-- {{ x }}\n"),
        (sql.SQL, "/* /* */ {{ x }} */\n"),
        (sql.SQL, "DO $$ BEGIN {{ x }} END $$;\n"),
        (sql.SQL, "DO $a$ $$ $$ {{ x }} $a$;\n"),
        (nft.NFT, 'comment "{{ x }}"\n'),
        (nft.NFT, "# {{ x }}\n"),
        (mermaid.MERMAID, 'a["{{ x }}"]\n'),
        (mermaid.MERMAID, "%% {{ x }}\n"),
    ],
    ids=lambda each: each.name if isinstance(each, Language) else each,
)
def test_a_value_has_no_place_inside_quotes_or_comments(template, language, text):
    with pytest.raises(TemplateError, match="a tag stands inside"):
        render(language, template(text), {"x": "x"})
