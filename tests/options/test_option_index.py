"""The option index: both shapes of the file, the tree made of the names, and the overlay."""

import json
from pathlib import Path

import pytest

from option_tree import node_to_json, tree, write_type_tree
from sovereign.nix.options.index import OptionIndex, OptionIndexError, read_index
from sovereign.nix.options.overlay import (
    NO_OVERLAY,
    Change,
    Overlay,
    Replacement,
    reviewed_overlay,
)
from sovereign.nix.options.parse_type import parse_type
from sovereign.nix.options.types import (
    ANYTHING,
    BOOL,
    PATH,
    STR,
    AttrsOf,
    Data,
    Either,
    Group,
    Int,
    ListOf,
    Node,
    NullOr,
    Submodule,
    is_exact,
)

ANY = {"kind": "anything"}
BOOLEAN = {"type": {"kind": "bool"}}


def node(name: str, described: dict[str, str]) -> Node:
    """The node at the first segment of a name."""
    root = OptionIndex(described, NO_OVERLAY).root
    return root.options[name]


@pytest.mark.parametrize(
    "data",
    [
        {"a.b": {"type": "boolean", "description": "x", "declarations": []}},
        {"options": {"a.b": {"type": "boolean"}}},
        {"options": {"type": "boolean"}, "a.b": {"type": "boolean"}},
    ],
    ids=["as nixpkgs builds it", "below a key", "an option of that name"],
)
def test_both_shapes_are_read(tmp_path: Path, data: dict[str, object]) -> None:
    file = tmp_path / "options.json"
    file.write_text(json.dumps(data))
    group = read_index(file, NO_OVERLAY).root.options["a"]
    assert isinstance(group, Group)
    assert group.options["b"] == BOOL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[" * 200_000, "is no JSON"),
        ("[]", "is no option index"),
        ('{"a.b": "boolean"}', "a.b is no option"),
    ],
)
def test_what_is_no_index_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "options.json"
    file.write_text(text)
    with pytest.raises(OptionIndexError, match=message):
        read_index(file)


def test_a_missing_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionIndexError, match=r"cannot read .*none.json: No such file"):
        read_index(tmp_path / "none.json")


def test_names_become_a_tree() -> None:
    index = OptionIndex({'a."b.c"."d\\"e".f': "path", "a.x": "string"}, NO_OVERLAY)
    assert tree(index) == {
        "options": {
            "a": {
                "options": {
                    "b.c": {
                        "options": {'d"e': {"options": {"f": {"type": {"kind": "path"}}}}},
                    },
                    "x": {"type": {"kind": "str"}},
                }
            }
        }
    }


CLOSED = {"kind": "submodule", "options": {"b": BOOLEAN}, "freeform": None}


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (
            {"a": "attribute set of (submodule)", "a.<name>.b": "boolean"},
            {"kind": "attrsOf", "of": CLOSED, "lazy": False},
        ),
        (
            {"a": "attribute set of (submodule)", "a.<path>.b": "boolean"},
            {"kind": "attrsOf", "of": CLOSED, "lazy": False},
        ),
        ({"a.<name>.b": "boolean"}, {"kind": "attrsOf", "of": CLOSED, "lazy": False}),
        ({"a.*.b": "boolean"}, {"kind": "listOf", "of": CLOSED, "nonEmpty": False}),
        (
            {"a": "null or (list of (submodule))", "a.*.b": "boolean"},
            {"kind": "nullOr", "of": {"kind": "listOf", "of": CLOSED, "nonEmpty": False}},
        ),
        ({"a": "null or (submodule)", "a.b": "boolean"}, {"kind": "nullOr", "of": CLOSED}),
        (
            {"a": "(submodule) or string convertible to it", "a.b": "boolean"},
            {"kind": "either", "of": [CLOSED, {"kind": "str"}]},
        ),
        (
            {"a": "attribute set of attribute set of (submodule)", "a.<name>.<name>.b": "boolean"},
            {
                "kind": "attrsOf",
                "of": {"kind": "attrsOf", "of": CLOSED, "lazy": False},
                "lazy": False,
            },
        ),
        (
            {"a": "attribute set of (submodule)"},
            {
                "kind": "attrsOf",
                "of": {"kind": "submodule", "options": {}, "freeform": ANY},
                "lazy": False,
            },
        ),
        (
            {"a": "attribute set of string", "a.b": "boolean"},
            CLOSED | {"freeform": {"kind": "attrsOf", "of": {"kind": "str"}, "lazy": False}},
        ),
        (
            {"a": "open submodule of attribute set of string", "a.b": "boolean"},
            CLOSED | {"freeform": {"kind": "attrsOf", "of": {"kind": "str"}, "lazy": False}},
        ),
        ({"a": "TOML value", "a.b": "boolean"}, CLOSED | {"freeform": ANY}),
        ({"a": "settings option", "a.b": "boolean"}, CLOSED | {"freeform": ANY}),
        ({"a": "integer between 1 and 2 (both inclusive)"}, {"kind": "int", "min": 1, "max": 2}),
        (
            {"a": "nonnegative integer or floating point number, meaning >=0"},
            {"kind": "number", "min": 0, "max": None, "aboveZero": False},
        ),
        ({"a": "one of “x”, <null>"}, {"kind": "enum", "values": ["x", None]}),
        ({"a": "strings concatenated with “,”"}, {"kind": "separated", "separator": ","}),
    ],
)
def test_the_options_of_a_submodule_are_found(
    described: dict[str, str], expected: dict[str, object]
) -> None:
    assert node_to_json(node("a", described)) == {"type": expected}


def test_a_group_in_a_freeform_submodule_takes_other_names_too() -> None:
    settings = node(
        "a", {"a": "attribute set of attribute set of string", "a.global.security": "boolean"}
    )
    assert isinstance(settings, Submodule)
    group = settings.options["global"]
    assert isinstance(group, Submodule)
    assert group.freeform == AttrsOf(STR)
    assert group.options["security"] == BOOL


def test_the_values_of_a_freeform_submodule_have_options_too() -> None:
    opened = node(
        "a",
        {
            "a": "open submodule of attribute set of (submodule)",
            "a.b": "boolean",
            "a.<name>.c": "path",
        },
    )
    assert isinstance(opened, Submodule)
    assert isinstance(opened.freeform, AttrsOf)
    assert isinstance(opened.freeform.of, Submodule)
    assert dict(opened.freeform.of.options) == {"c": PATH}


def test_a_format_holds_in_its_groups() -> None:
    opened = node("a", {"a": "TOML value", "a.b.c": "boolean"})
    assert isinstance(opened, Submodule)
    group = opened.options["b"]
    assert isinstance(group, Submodule)
    assert group.freeform == Data(null=False)


def test_of_several_types_the_one_that_can_gets_the_options() -> None:
    mixed = node(
        "a",
        {
            "a": "(attribute set of (submodule)) or list of string",
            "a.<name>.b": "signed integer",
        },
    )
    assert isinstance(mixed, Either)
    element, other = mixed.of
    assert isinstance(element, AttrsOf)
    assert isinstance(element.of, Submodule)
    assert dict(element.of.options) == {"b": Int()}
    assert other == ListOf(STR)


def test_an_overlay_adds_what_is_missing_and_changes_what_it_knows() -> None:
    overlay = Overlay(
        newer={"new": "path", "old": "path"},
        changed={"retyped": Change("string", "null or string"), "other": Change("x", "path")},
        replaced={"gone": Replacement("new", renamed=True, since="1", source="x")},
    )
    index = OptionIndex({"old": "string", "retyped": "string", "other": "boolean"}, overlay)
    assert dict(index.root.options) == {
        "new": PATH,
        "old": STR,
        "retyped": NullOr(STR),
        "other": BOOL,
    }
    assert index.replaced["gone"].instead == "new"


def test_every_type_of_the_reviewed_overlay_is_understood() -> None:
    overlay = reviewed_overlay()
    types = [*overlay.newer.values(), *(change.type for change in overlay.changed.values())]
    assert [type_ for type_ in types if not is_exact(parse_type(type_))] == []


def test_what_replaces_an_option_is_an_option(option_index: Path) -> None:
    index = read_index(option_index)
    missing = [
        entry.instead
        for entry in index.replaced.values()
        if entry.instead and not _has(index.root, entry.instead.replace('"', "").split("."))
    ]
    assert missing == []


def _has(place: Node, path: list[str]) -> bool:
    """Whether a place of the tree has an option, or takes any name there."""
    if not path:
        return True
    if isinstance(place, NullOr):
        return _has(place.of, path)
    options = place.options if isinstance(place, Group | Submodule) else {}
    if path[0] in options:
        return _has(options[path[0]], path[1:])
    return isinstance(place, Submodule) and place.freeform not in (None, ANYTHING)


def test_the_whole_tree_is_written(option_index: Path, tmp_path: Path) -> None:
    out = tmp_path / "tree.json"
    write_type_tree(option_index, out)
    written = json.loads(out.read_text())
    services = written["options"]["services"]["options"]
    assert services["samba"]["options"]["enable"] == BOOLEAN
    assert services["nginx"]["options"]["virtualHosts"]["type"]["kind"] == "attrsOf"
