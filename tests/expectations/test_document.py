"""A host's document: every key is in the inventory, nothing twice, read back as it was written."""

import ast
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from expected import expected
from fleet.make import make
from sovereign.expectations.base import Expectation
from sovereign.expectations.document import Document, InvalidExpectationsError, read
from sovereign.expectations.sysctl import Sysctl
from sovereign.generators.registry import CONCERNS, EXPECTATIONS, expect_host, generate_host
from sovereign.inventory.document import value_at
from sovereign.inventory.load import FLEET_FILE, Inventory, host_file, load
from sovereign.inventory.locate import parse_dotted

ROOT = Path(__file__).resolve().parents[2]


def committed(_: Path) -> Path:
    return ROOT


def example(_: Path) -> Path:
    return ROOT / "tests/generators/example"


def template(_: Path) -> Path:
    return ROOT / "py/sovereign/template"


def many(folder: Path) -> Path:
    make(folder, 3)
    return folder


Fleet = Callable[[Path], Path]
FLEETS = pytest.mark.parametrize("fleet_of", [committed, example, template, many])


@FLEETS
def test_every_key_is_written_in_the_inventory(fleet_of: Fleet, tmp_path: Path) -> None:
    root = fleet_of(tmp_path)
    inventory = load(root)
    shared = tomllib.loads((root / FLEET_FILE).read_text("utf-8"))
    for name in inventory.hosts:
        own = tomllib.loads(host_file(root, name).read_text("utf-8"))
        for one in expect_host(inventory, name).expectations:
            path = parse_dotted(one.key)
            assert path, f"{one.id} names no key"
            assert value_at(shared if one.shared else own, path) is not None, one


@FLEETS
def test_a_document_is_read_back_as_it_was_written(fleet_of: Fleet, tmp_path: Path) -> None:
    inventory = load(fleet_of(tmp_path / "fleet"))
    for name in inventory.hosts:
        document = expect_host(inventory, name)
        file = tmp_path / f"{name}.json"
        file.write_text(document.text(), "utf-8")
        assert read(file) == document
        assert json.loads(document.text()) == document.model_dump(mode="json")
        ids = [one.id for one in document.expectations]
        assert len(ids) == len(set(ids))


def test_each_expectation_is_a_line_of_the_generated_file(fleet: Inventory) -> None:
    text = generate_host(fleet, "cloudlab")[EXPECTATIONS].text
    lines = [line.strip(" ,") for line in text.splitlines() if '"concern"' in line]
    ids = [one.id for one in expect_host(fleet, "cloudlab").expectations]
    assert [json.loads(line)["key"] for line in lines] == [one.key for one in read_text(text)]
    assert len(lines) == len(ids)
    assert text == (ROOT / "hosts/cloudlab/generated/expectations.json").read_text("utf-8")


def read_text(text: str) -> tuple[Expectation, ...]:
    return Document.model_validate_json(text).expectations


def test_the_order_is_that_of_concerns_and_of_the_inventory(fleet: Inventory) -> None:
    first = expect_host(fleet, "cloudlab").text()
    assert expect_host(load(ROOT), "cloudlab").text() == first
    concerns = [one.concern for one in read_text(first)]
    assert concerns == sorted(concerns)
    assert set(concerns) == {concern.name for concern in CONCERNS}


def test_each_concern_says_that_it_is_its_own(fleet: Inventory) -> None:
    for concern in CONCERNS:
        assert {one.concern for one in concern.expect(fleet, "cloudlab")} == {concern.name}


def test_secrets_are_named_by_their_paths_alone(fleet: Inventory) -> None:
    secrets = [one for one in expected(fleet).values() if one.concern == "secrets"]
    fields = {"concern", "key", "shared", "type", "path", "kind", "owner", "group", "mode"}
    assert len(secrets) == 7
    assert all(set(one.model_dump()) == fields for one in secrets)
    assert "PRIVATE" not in expect_host(fleet, "cloudlab").text()


@pytest.mark.parametrize("concern", [concern.name for concern in CONCERNS])
def test_expectations_are_a_second_reading_of_the_inventory(concern: str) -> None:
    """They use nothing that the generator made of it, so that both cannot be wrong alike."""
    files = sorted((ROOT / "generators" / concern).glob("expect*.py"))
    assert files
    for file in files:
        for imported in modules_of(file):
            own = imported.startswith("sovereign.generators.")
            assert not own or imported.rsplit(".", 1)[1].startswith("expect"), imported
            below = imported.split(".")[1] if imported.startswith("sovereign.") else ""
            assert below in {"", "expectations", "generators", "inventory", "units", "diagnostics"}


def modules_of(file: Path) -> list[str]:
    tree = ast.walk(ast.parse(file.read_text("utf-8")))
    return [node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module]


def test_two_that_bear_one_name_are_a_fault() -> None:
    one = Sysctl(concern="network", key="network", name="net.ipv4.tcp_ecn", value="1")
    assert Document.of("x", [one, one]).expectations == (one,)
    with pytest.raises(AssertionError, match=r"net\.ipv4\.tcp_ecn"):
        Document.of("x", [one, one.model_copy(update={"value": "0"})])


@pytest.mark.parametrize(
    "text", ["", "[]", '{"host": "x"}', '{"host": "x", "expectations": [{"type": "magic"}]}']
)
def test_what_is_no_document_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    file = tmp_path / "expectations.json"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidExpectationsError, match=r"expectations\.json"):
        read(file)
    with pytest.raises(InvalidExpectationsError):
        read(tmp_path / "none.json")
