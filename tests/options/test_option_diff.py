"""What a newer NixOS changes for the modules of a fleet."""

from pathlib import Path

from sovereign.nix.options.diff import ChangeKind, OptionChange, diff
from sovereign.nix.options.index import OptionIndex
from sovereign.nix.options.overlay import NO_OVERLAY, Overlay, Replacement

OLD = OptionIndex(
    {
        "a.gone": "string",
        "a.moved": "string",
        "a.kept": "string",
        "a.retyped": "string",
        "a.widened": "string",
        "a.set": "attribute set of (submodule)",
        "a.set.<name>.gone": "boolean",
    },
    NO_OVERLAY,
)
NEW = OptionIndex(
    {
        "a.kept": "string",
        "a.retyped": "list of string",
        "a.widened": "null or string",
        "a.new": "boolean",
        "a.set": "attribute set of (submodule)",
        "a.set.<name>.other": "boolean",
    },
    Overlay({}, {}, {"a.moved": Replacement("a.kept", renamed=True, since="2", source="")}),
)
FILE = Path("one.nix")


def changed(module: str) -> list[tuple[str, ChangeKind, str]]:
    return [
        (change.option, change.kind, change.detail)
        for change in diff(OLD, NEW, {"one": {FILE: module}})
    ]


def test_an_option_that_is_gone_is_told() -> None:
    assert changed('{ a.gone = "x"; a.kept = "x"; }') == [("a.gone", ChangeKind.REMOVED, "")]


def test_an_option_in_a_submodule_is_told() -> None:
    assert changed("{ a.set.x.gone = true; }") == [("a.set.x.gone", ChangeKind.REMOVED, "")]


def test_what_took_its_place_is_told() -> None:
    assert changed('{ a.moved = "x"; }') == [("a.moved", ChangeKind.REMOVED, "set a.kept")]


def test_a_value_that_is_no_longer_taken_is_told() -> None:
    assert changed('{ a.retyped = "x"; a.widened = "x"; }') == [
        ("a.retyped", ChangeKind.RETYPED, 'takes a list, each of it a string, not the string "x"')
    ]


def test_a_value_that_was_wrong_before_is_no_change() -> None:
    assert changed("{ a.kept = 3; a.retyped = 3; a.nothing = 1; }") == []


def test_an_option_that_now_exists_is_told() -> None:
    assert changed("{ a.new = true; }") == [("a.new", ChangeKind.ADDED, "")]


def test_the_changes_are_told_by_host_and_place() -> None:
    text = '{\n  a.moved = "x";\n  a.gone = "x";\n}'
    other = Path("other.nix")
    changes = diff(OLD, NEW, {"two": {FILE: text}, "one": {other: text, FILE: '{ a.kept = "x"; }'}})
    assert [(one.host, one.file, one.line, one.column, one.option) for one in changes] == [
        ("one", other, 2, 5, "a.moved"),
        ("one", other, 3, 5, "a.gone"),
        ("two", FILE, 2, 5, "a.moved"),
        ("two", FILE, 3, 5, "a.gone"),
    ]
    assert changes[1] == OptionChange("one", other, 3, 5, "a.gone", ChangeKind.REMOVED)


def test_an_index_compared_with_itself_changes_nothing() -> None:
    text = '{ a.gone = "x"; a.retyped = 3; a.nothing = 1; }'
    assert diff(OLD, OLD, {"one": {FILE: text}}) == ()
