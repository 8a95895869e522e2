"""All files of a host together."""

import pytest

from sovereign.generators import registry
from sovereign.generators.output import Output
from sovereign.generators.registry import CONCERNS, EXPECTATIONS, Concern, generate_host
from sovereign.inventory.load import Inventory
from sovereign.nix.syntax import syntax_errors

HEADER = "# Generated from hosts/cloudlab/host.toml; edit that file instead."


def test_every_concern_is_a_folder_of_its_name() -> None:
    names = [concern.name for concern in CONCERNS]
    assert names == sorted(names)
    modules = [(it.generate.__module__, it.expect.__module__) for it in CONCERNS]
    folders = [f"sovereign.generators.{name}" for name in names]
    assert modules == [(folder, f"{folder}.expect") for folder in folders]


def test_default_nix_imports_every_module_and_nothing_else(fleet: Inventory) -> None:
    made = generate_host(fleet, "cloudlab")
    modules = sorted(name for name in made if name.endswith(".nix") and name != "default.nix")
    imports = "".join(f"    ./{name}\n" for name in modules)
    assert made["default.nix"].text == f"{HEADER}\n{{\n  imports = [\n{imports}  ];\n}}\n"


def test_every_file_says_where_it_comes_from(fleet: Inventory) -> None:
    made = generate_host(fleet, "cloudlab")
    for name, output in made.items() - {(EXPECTATIONS, made[EXPECTATIONS])}:  # JSON has no comments
        first, second, *_ = output.text.split("\n")
        line = second if first.startswith("#!") else first
        assert line.lstrip("-#") == HEADER.lstrip("#"), name


def test_every_module_is_nix(fleet: Inventory) -> None:
    for name, output in generate_host(fleet, "cloudlab").items():
        if output.module:
            assert syntax_errors(output.text) == (), name


def test_two_files_of_one_name_are_refused(
    fleet: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = tuple(
        Concern(name, lambda _, __: iter([Output("x.nix", "{ }\n")]), lambda _, __: iter(()))
        for name in "ab"
    )
    monkeypatch.setattr(registry, "CONCERNS", twins)
    with pytest.raises(AssertionError, match="same name"):
        generate_host(fleet, "cloudlab")
