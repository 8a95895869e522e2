"""Nix templates: what a view holds is printed as values, never as code."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from markupsafe import Markup

from nix_text.nix_values import HOSTILE, evaluated, exact, names, values
from sovereign.nix.syntax import syntax_errors
from sovereign.nix.template import render
from sovereign.nix.value import NixTextError, Reference, force
from sovereign.text.errors import TemplateError, TextError


@pytest.fixture
def template(tmp_path):
    def write(text: str) -> Path:
        file = tmp_path / "example.nix.j2"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@dataclass(frozen=True)
class Unit:
    name: str
    after: tuple[str, ...]
    settings: dict[str, str]


@dataclass(frozen=True)
class View:
    package: Reference
    level: int
    units: tuple[Unit, ...]


def test_a_module_from_a_view(template):
    file = template(
        """\
{ lib, pkgs, ... }:
{
  environment.systemPackages = [ {{ package }} ];
  boot.consoleLogLevel = {{ level }};
  boot.list = [ {{ level }} ];
{% for unit in units %}
  systemd.services.{{ unit.name | attr }} = {
    after = {{ unit.after }};
    {% if unit.settings %}
    serviceConfig = {{ unit.settings }};
    {% endif %}
  };
{% endfor %}
}
"""
    )
    view = View(
        package=Reference("pkgs.zfs"),
        level=-1,
        units=(
            Unit("scrub@rpool", ("a.target", "b.target"), {}),
            Unit("note", (), {"ExecStart": "echo\n${x}"}),
        ),
    )
    text = render(file, view)
    assert text == (
        """\
{ lib, pkgs, ... }:
{
  environment.systemPackages = [ pkgs.zfs ];
  boot.consoleLogLevel = -1;
  boot.list = [ (-1) ];
  systemd.services."scrub@rpool" = {
    after = [
      "a.target"
      "b.target"
    ];
  };
  systemd.services.note = {
    after = [ ];
    serviceConfig = {
      ExecStart = "echo\\n\\${x}";
    };
  };
}
"""
    )
    assert syntax_errors(text) == ()


@pytest.mark.parametrize(
    ("place", "printed"),
    [
        ("x = {{ value }};", "x = lib.mkForce {\n  a = -1;\n};"),
        ("  x = {{ value }};", "  x = lib.mkForce {\n    a = -1;\n  };"),
        ("  [ {{ value }} ]", "  [ (lib.mkForce {\n    a = -1;\n  }) ]"),
        ("f {{ value }}", "f (lib.mkForce {\n  a = -1;\n})"),
    ],
)
def test_parentheses_stand_only_where_they_are_needed(template, place, printed):
    assert render(template(place + "\n"), {"value": force({"a": -1})}) == printed + "\n"


def test_a_list_of_one_breaks_when_its_line_is_full(template):
    file = template("  some.option = {{ value }};\n")
    assert render(file, {"value": ["x" * 79]}) == f'  some.option = [ "{"x" * 79}" ];\n'
    assert render(file, {"value": ["x" * 80]}) == (f'  some.option = [\n    "{"x" * 80}"\n  ];\n')


def test_a_quoted_name_breaks_before_a_value_that_does_not_fit(template):
    file = template("  x.{{ name | attr }} = {{ value }};\n")
    view = {"name": "a b", "value": "x" * 87}
    assert render(file, view) == f'  x."a b" = "{"x" * 87}";\n'
    view = {"name": "a b", "value": "x" * 88}
    assert render(file, view) == f'  x."a b" =\n    "{"x" * 88}";\n'


def test_a_line_that_only_looks_like_a_binding_is_not_broken(template):
    file = template("  x = cfg.{{ name | attr }} == {{ value }};\n")
    value = "x" * 90 + " = y"
    assert render(file, {"name": "a b", "value": value}) == f'  x = cfg."a b" == "{value}";\n'


def test_nix_reads_back_what_a_template_printed(nix, tmp_path, template):
    file = template(
        "{\n    first = {{ value }};\n  x = { deep.{{ name | attr }} = {{ value }};\n  };\n"
        "{% for each in many %}\n        l{{ loop.index }} = [ {{ each }} {{ each }} ];\n"
        "{% endfor %}\n}\n"
    )
    views = []

    @settings(
        max_examples=400,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(values, names, values)
    def draw(value, name, each):
        views.append({"value": value, "name": name, "many": [each, value]})

    draw()
    written = [render(file, view) for view in views]
    for view, back in zip(views, evaluated(nix, tmp_path, written), strict=True):
        value, each = view["value"], view["many"][0]
        assert exact(back) == exact(
            {
                "first": value,
                "x": {"deep": {view["name"]: value}},
                "l1": [each, each],
                "l2": [value, value],
            }
        )


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_stays_one_string(template, text):
    file = template("{\n  a = {{ text }};\n  {{ text | attr }} = [ {{ text }} ];\n}\n")
    rendered = render(file, {"text": text})
    assert syntax_errors(rendered) == ()
    assert rendered.count("\n") == 4


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{\n  x = "a {{ value }} b";\n}\n', 2, "a tag stands inside"),
        ('{\n  x = "${f "{{ value }}"}";\n}\n', 2, "a tag stands inside"),
        ("{\n  x = ''\n    a {{ value }}\n  '';\n}\n", 2, "a tag stands inside"),
        ("{\n  x = ''${f {{ value }}}'';\n}\n", 2, "a tag stands inside"),
        ("{\n  # about {{ value }}\n}\n", 2, "a tag stands inside"),
        ("{\n  /* about {{ value }} */\n}\n", 2, "a tag stands inside"),
        ('{\n  x = "\n{% if value %}\n  ";\n{% endif %}\n}\n', 2, "a tag stands inside"),
        ("{{ value | safe }}\n", 1, "No filter named 'safe'"),
        ("{{ value | replace('a', 'b') }}\n", 1, "No filter named 'replace'"),
        ("\n{% filter upper %}x{% endfilter %}\n", 2, "FilterBlock"),
        ("{% macro m() %}x{% endmacro %}\n", 1, "Macro"),
        ("{% set x %}{{ value }}{% endset %}\n", 1, "AssignBlock"),
        ("{% include 'other' %}\n", 1, "Include"),
        ("{% extends 'other' %}\n", 1, "Extends"),
        ("{% import 'other' as o %}\n", 1, "Import"),
        ("{% block b %}{% endblock %}\n", 1, "Block"),
        ("{% autoescape true %}{{ value }}{% endautoescape %}\n", 1, "ScopedEvalContextModifier"),
        ("{\n{% for x in %}\n", 2, "Expected an expression"),
        ("{{ value", 1, "unexpected end"),
    ],
)
def test_a_wrong_template_is_refused_at_its_line(template, text, line, reason):
    file = template(text)
    with pytest.raises(TemplateError, match=reason) as caught:
        render(file, {"value": "builtins.abort 1"})
    assert caught.value.message.startswith(f"{file}:{line}: ")


@pytest.mark.parametrize(
    "text",
    [
        '{ x = "${pkgs.a}/b ${lib.f "x"} $${c}"; y = {{ value }}; }\n',
        "{ x = ''\n  a 'b' \"c\" ''${d} ''' ${e} ''\\n\n''; y = {{ value }}; }\n",
        "# it's \"open\n{ a' = 1 / 2; /* \" '' # */ y = {{ value }}; }\n",
    ],
)
def test_whole_strings_and_comments_may_stand_before_a_tag(template, text):
    assert render(template(text), {"value": "v"}) == text.replace("{{ value }}", '"v"')


@pytest.mark.parametrize(
    ("text", "view", "error"),
    [
        ("{{ missing }}\n", {}, TemplateError),
        ("{{ value.missing }}\n", {"value": "x"}, TemplateError),
        ("{% if missing %}{% endif %}\n", {}, TemplateError),
        ("{{ range(3) }}\n", {}, TemplateError),
        ("{{ value.items }}\n", {"value": {}}, NixTextError),
        ("{{ value }}\n", {"value": Markup("evil")}, NixTextError),
        ("{{ value }}\n", {"value": "\0"}, NixTextError),
        ("{{ value }}\n", {"value": Unit("a", (), {})}, NixTextError),
        ("{{ value | attr }}\n", {"value": 5}, NixTextError),
        ("{{ value | attr }}\n", {"value": "\0n"}, NixTextError),
        ("{{ [value | attr] }}\n", {"value": "a"}, NixTextError),
        ("{{ value }}\n", 5, TemplateError),
        ("{{ value }}\n", View, TemplateError),
    ],
)
def test_a_view_that_does_not_fit_is_refused(template, text, view, error):
    with pytest.raises(error) as caught:
        render(template(text), view)
    assert isinstance(caught.value, TextError | TemplateError)


def test_a_missing_template_is_named(tmp_path):
    with pytest.raises(TemplateError, match="no such template"):
        render(tmp_path / "none.nix.j2", {})
    with pytest.raises(TemplateError, match="no such template"):
        render("none/none.nix.j2", {})


def test_a_template_that_is_no_utf8_is_named(tmp_path):
    (tmp_path / "x.nix.j2").write_bytes(b"\xff")
    with pytest.raises(TemplateError, match="not UTF-8"):
        render(tmp_path / "x.nix.j2", {})
