"""A value becomes Nix text, and Nix reads the same value back."""

import math
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from markupsafe import Markup

from nix_text.nix_values import HOSTILE, evaluated, exact, names, values
from sovereign.errors import SovereignError
from sovereign.nix.syntax import syntax_errors
from sovereign.nix.text import attribute_name, to_nix
from sovereign.nix.value import (
    Call,
    LocalPath,
    NixTextError,
    ReadFile,
    Reference,
    after,
    before,
    call,
    default,
    force,
    interpolated,
)

INT_MIN = -(2**63)


def drawn(strategy, count):
    """Draw values once, so that all of them go through Nix in one run."""
    found = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value):
        found.append(value)

    draw()
    return found


def test_nix_reads_back_every_value(nix, tmp_path):
    given_values = drawn(values, 2500)
    assert len(given_values) >= 2000
    written = [to_nix(value) for value in given_values]
    read = evaluated(nix, tmp_path, written)
    for value, text, back in zip(given_values, written, read, strict=True):
        assert exact(back) == exact(value), text


def test_nix_reads_back_every_attribute_name(nix, tmp_path):
    given_names = [*drawn(names, 300), "outPath", "__toString", "__functor", "_type"]
    sets = [f"builtins.attrNames {{ {attribute_name(name)} = 1; }}" for name in given_names]
    assert evaluated(nix, tmp_path, sets) == [[name] for name in given_names]


def test_hostile_strings_are_inert_wherever_they_stand(nix, tmp_path):
    written = [to_nix([text, {text: text}, f"a{text}b"]) for text in HOSTILE]
    assert evaluated(nix, tmp_path, written) == [[t, {t: t}, f"a{t}b"] for t in HOSTILE]


@settings(max_examples=500, deadline=None)
@given(values)
def test_text_is_well_formed_and_laid_out(value):
    text = to_nix(value)
    assert syntax_errors(text) == ()
    assert "\0" not in text
    for line in text.split("\n"):
        assert line == line.rstrip(" ")
        assert (len(line) - len(line.lstrip(" "))) % 2 == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        ([-5, 1], "[\n  (-5)\n  1\n]"),
        (2**63 - 1, "9223372036854775807"),
        (INT_MIN + 1, "-9223372036854775807"),
        (INT_MIN, "(-9223372036854775807 - 1)"),
        ([INT_MIN], "[ (-9223372036854775807 - 1) ]"),
        (0.0, "0.0"),
        (-0.0, "(-1 * 0.0)"),
        (0.1, "0.1"),
        (-1.5, "-1.5"),
        ([-1.5], "[ (-1.5) ]"),
        ([-(2.0**63)], "[ (-9.223372036854776e+18) ]"),
        (1e22, "1.0e+22"),
        (5e-05, "5.0e-05"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"),
        ("", '""'),
        ("plain", '"plain"'),
        ("${x}", r'"\${x}"'),
        ("$${x}", r'"$\${x}"'),
        ("$x $", '"$x $"'),
        ("''", "\"''\""),
        ('a"b\\c', r'"a\"b\\c"'),
        ("a\nb\tc\rd", r'"a\nb\tc\rd"'),
        ("é漢🦀", '"é漢🦀"'),
        ("\x1b", '"\x1b"'),
        ([], "[ ]"),
        ((), "[ ]"),
        ({}, "{ }"),
        (["a"], '[ "a" ]'),
        ([["a"]], '[ [ "a" ] ]'),
        (["a", "b"], '[\n  "a"\n  "b"\n]'),
        (["x" * 95], '[\n  "' + "x" * 95 + '"\n]'),
        (["x" * 94], '[ "' + "x" * 94 + '" ]'),
        ({"a": 1}, "{\n  a = 1;\n}"),
        ({"b": {"c": []}}, "{\n  b = {\n    c = [ ];\n  };\n}"),
        (MappingProxyType({"a": 1}), "{\n  a = 1;\n}"),
        ([{"a": 1}], "[\n  {\n    a = 1;\n  }\n]"),
        (
            {"a.b": 1, "if": 2, "1x": 3, "": 4},
            '{\n  "a.b" = 1;\n  "if" = 2;\n  "1x" = 3;\n  "" = 4;\n}',
        ),
        ({"a-b'": 1, "_x": 2}, "{\n  a-b' = 1;\n  _x = 2;\n}"),
        ({"b": ["x" * 89]}, '{\n  b = [ "' + "x" * 89 + '" ];\n}'),
        ({"b": ["x" * 90]}, '{\n  b = [\n    "' + "x" * 90 + '"\n  ];\n}'),
        ({"b": "x" * 200}, '{\n  b = "' + "x" * 200 + '";\n}'),
        ({"a b": "x" * 90}, '{\n  "a b" =\n    "' + "x" * 90 + '";\n}'),
        (default(force("x" * 80)), 'lib.mkDefault (\n  lib.mkForce "' + "x" * 80 + '"\n)'),
        (default(force({"a": 1})), "lib.mkDefault (\n  lib.mkForce {\n    a = 1;\n  }\n)"),
        (Reference("pkgs.linuxPackages_6_18"), "pkgs.linuxPackages_6_18"),
        ([Reference("pkgs.zfs")], "[ pkgs.zfs ]"),
        (force("x"), 'lib.mkForce "x"'),
        (force(-1), "lib.mkForce (-1)"),
        (default(force(True)), "lib.mkDefault (lib.mkForce true)"),
        ([force("x")], '[ (lib.mkForce "x") ]'),
        (before([]), "lib.mkBefore [ ]"),
        (after({"a": 1}), "lib.mkAfter {\n  a = 1;\n}"),
        (call("lib.mkOrder", 1500, ["a"]), 'lib.mkOrder 1500 [ "a" ]'),
        (LocalPath("./keys/a.pub"), "./keys/a.pub"),
        (ReadFile("./zones.nft"), "builtins.readFile ./zones.nft"),
        ([ReadFile("./zones.nft")], "[ (builtins.readFile ./zones.nft) ]"),
        (interpolated(Reference("pkgs.zfs"), "/bin/zfs"), '"${pkgs.zfs}/bin/zfs"'),
        (interpolated(call("lib.getExe", Reference("pkgs.a")), " -x"), '"${lib.getExe pkgs.a} -x"'),
        (interpolated("$", "{x} $", Reference("pkgs.a")), r'"\${x} \$${pkgs.a}"'),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_text_of(value, text):
    assert to_nix(value) == text


def test_nix_evaluates_the_typed_wrappers(nix, tmp_path):
    (tmp_path / "zones.nft").write_text("table inet zones {}\n")
    wrapped = {
        "forced": force([-1]),
        "call": call("lib.add", -1, INT_MIN + 2),
        "reference": Reference("pkgs.hello"),
        "read": ReadFile("./zones.nft"),
        "joined": interpolated(
            "$", "{x} $", Reference("pkgs.hello"), "${y}$$", call("lib.id", "z")
        ),
    }
    lib = "lib = { mkForce = content: { inherit content; }; add = a: b: a + b; id = x: x; };"
    [found] = evaluated(nix, tmp_path, [f'let {lib} pkgs.hello = "hello"; in {to_nix(wrapped)}'])
    assert found == {
        "forced": {"content": [-1]},
        "call": INT_MIN + 1,
        "reference": "hello",
        "read": "table inet zones {}\n",
        "joined": "${x} $hello${y}$$z",
    }


def test_continuation_lines_take_the_indentation_that_is_asked_for():
    assert to_nix({"a": ["b", "c"]}, indent=4) == (
        '{\n      a = [\n        "b"\n        "c"\n      ];\n    }'
    )
    assert to_nix(["x" * 95], indent=2).startswith("[\n    ")


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    ONE = 1


class Size(int):
    pass


@dataclass(frozen=True)
class View:
    name: str


Pair = namedtuple("Pair", "a b")
CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a\0b", "NUL"),
        ("\ud800", "lone surrogate"),
        ({"\0": 1}, "NUL"),
        ({"\udfff": 1}, "lone surrogate"),
        (math.nan, "no Nix form"),
        (math.inf, "no Nix form"),
        (-math.inf, "no Nix form"),
        (5e-324, "subnormal"),
        (-2.225073858507201e-308, "subnormal"),
        (2**63, "64 bits"),
        (INT_MIN - 1, "64 bits"),
        (10**5000, "an integer of 16610 bits"),
        (b"bytes", "bytes"),
        ({1: 2}, "attribute name"),
        ({Colour.RED: 2}, "attribute name"),
        ({"a"}, "set"),
        (range(3), "range"),
        (object(), "object"),
        (len, "builtin"),
        (Colour.RED, "Colour"),
        (Level.ONE, "Level"),
        (Size(5), "Size"),
        (Markup("x"), "Markup"),
        (Pair(1, 2), "Pair"),
        (OrderedDict(a=1), "OrderedDict"),
        (View("x"), "View"),
        (IPv4Address("10.0.0.1"), "IPv4Address"),
        (Path("/x"), "PosixPath"),
        (1j, "complex"),
        ([[{"deep": View("x")}]], "View"),
        (interpolated("a", 5), "part of a string"),
        (interpolated("\0"), "NUL"),
        (CYCLE, "contains itself"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_is_refused(value, reason):
    with pytest.raises(NixTextError, match=reason) as caught:
        to_nix(value)
    assert isinstance(caught.value, SovereignError)
    assert caught.value.code == "NIX001"


@pytest.mark.parametrize(
    "path",
    ["", "pkgs.", ".pkgs", "pkgs..x", "evil", "builtins.abort", "pkgs.x y", "pkgs.if", "pkgs.1x",
     "pkgs.${x}", 'pkgs."x"', "pkgs.x;", "pkgs.x\n", "pkgs.é", "import ./x"],
)  # fmt: skip
def test_no_reference(path):
    with pytest.raises(NixTextError):
        Reference(path)


@pytest.mark.parametrize(
    "path",
    ["", "x", "/etc/passwd", "../x", "./../x", "./a/../b", "./", "./a b", "./.hidden", "./a/",
     "./${x}", "./a;b", "./a\n", ".//a", "<nixpkgs>", "~/x"],
)  # fmt: skip
def test_no_local_path(path):
    for wrapper in (LocalPath, ReadFile):
        with pytest.raises(NixTextError):
            wrapper(path)


def test_no_call_without_arguments():
    with pytest.raises(NixTextError):
        Call(Reference("lib.getExe"), ())
