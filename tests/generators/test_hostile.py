"""Free text that reads as code, in every field at once: inert in whatever is generated from it.

All other strings of the inventory are spelled so that no language reads anything into them
(tests/test_inventory.py). Here a fleet whose free texts are hostile is compared with the same fleet
whose free texts are a harmless word: nothing may differ but those texts themselves, as values.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

import test_evaluation
from fleets import FLEET, HOST, ROOT, copy_with
from real_nix import Nix
from sovereign.generators.registry import EXPECTATIONS, expect_host, generate_host
from sovereign.inventory.base import Model
from sovereign.inventory.load import Inventory, load
from sovereign.inventory.schema import schemas
from sovereign.operate.graph import graph
from sovereign.operate.init import TEMPLATE
from sovereign.run import run
from test_evaluation import evaluate_host

stand_ins = test_evaluation.stand_ins

Fleets: TypeAlias = Mapping[str, tuple[Path, Inventory]]
"""The fleets by the text that they say: where they lie, as flakes, and what was read."""

HARMLESS = "harmless"
HOSTILE = " ".join(
    (
        r"""${builtins.abort "n"} ''${x}'' $${x} "; evil = 1; x = " \${x}""",  # Nix
        r"""$(touch evil) `touch evil` '; touch evil; ' | & > evil * !x""",  # sh, systemd
        r"""'); DROP TABLE x; -- /* \! touch evil""",  # SQL, psql
        r"""" accept comment " } ; # { policy accept; }""",  # nftables
        r"""[global] guest ok = yes ; include = /etc/passwd %U""",  # smb.conf
        r"""{{ 7 * 7 }} "] --> x["x #quot; %%{init} <b>""",  # templates, Mermaid, HTML
        "\\",  # goes on below
    )
)
IN_SAMBA = HOSTILE.replace("%U", "% U").replace("%%{", "% % {").removesuffix(" \\")
"""Samba would read `%U` as a variable, and a last `\\` as "goes on below"."""

FREE_TEXTS = {
    ("Acceptance", "reason"),
    ("Alerts", "user"),
    ("Cpu", "model"),
    ("Gpu", "model"),
    ("Identity", "description"),
    ("Identity", "node_type"),
    ("LedgerPort", "use"),
    ("Peer", "description"),
    ("Share", "description"),
    ("Tunnel", "description"),
    ("Zone", "description"),
}
"""Where the inventory takes any line of text."""

PARSED = {("Acceptance", "key"), ("Peer", "public_key"), ("TunnelEnd", "public_key")}
"""What is read by a parser of its own instead."""

EMILY = """{ pkgs, ... }:
{
  imports = [ ../../nix/modules/emily.nix ];
  services.emily.package = pkgs.python3;
}
"""
"""The template's hosts lack her module."""

_WRITTEN = re.compile(r'\b(description|model|node_type|reason|use) = "[^"]*"')


def fleet_saying(text: str, root: Path) -> Inventory:
    """The committed fleet with a text in every field that takes any."""
    written = json.dumps(text, ensure_ascii=False)
    copy_with(
        root,
        {
            HOST: {
                'user = "cloudlab"': f"user = {written}",
                # No table knows the model, which chose the driver.
                'inference = "llama-cpp"': 'driver = "legacy_580"',
            },
            FLEET: {"ssh = { port = 22 }": 'ssh = { port = 22, use = "Operators" }'},
        },
    )
    for name in (HOST, FLEET):
        file = root / name
        said = _WRITTEN.sub(lambda found: f"{found[1]} = {written}", file.read_text("utf-8"))
        file.write_text(said, "utf-8")
    return load(root)


def saying(value: object, text: str) -> Iterator[tuple[str, str]]:
    """The fields of an inventory that hold a text: model and name."""
    if isinstance(value, Model):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if inner == text:
                yield type(value).__name__, name
            yield from saying(inner, text)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from saying(inner, text)
    elif isinstance(value, tuple):
        for inner in value:
            yield from saying(inner, text)


def differences(left: object, right: object, at: str = "") -> Iterator[tuple[str, object, object]]:
    """The leaves in which two values of JSON differ: path, left, right."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        for key in left:
            yield from differences(left[key], right[key], f"{at}.{key}".lstrip("."))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            yield from differences(*pair, f"{at}.{index}")
    elif left != right:
        yield at, left, right


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Fleets:
    made = {}
    for text in (HARMLESS, HOSTILE):
        root = tmp_path_factory.mktemp("fleet")
        inventory = fleet_saying(text, root)
        for name in ("flake.nix", "flake.lock"):
            shutil.copy(TEMPLATE / name, root)
        shutil.copytree(ROOT / "nix", root / "nix")
        (root / "hosts/cloudlab/extra.nix").write_text(EMILY, "utf-8")
        generated = root / "hosts/cloudlab/generated"
        generated.mkdir()
        for name, output in generate_host(inventory, "cloudlab").items():
            (generated / name).write_text(output.text, "utf-8")
        made[text] = root, inventory
    return made


def test_every_free_text_of_the_inventory_is_hostile_here(fleets: Fleets) -> None:
    _, inventory = fleets[HOSTILE]
    said = {*saying(inventory.fleet, HOSTILE), *saying(inventory.hosts["cloudlab"], HOSTILE)}
    assert said == FREE_TEXTS
    unrestricted = {
        (model, name)
        for schema in schemas().values()
        for model, described in json.loads(schema)["$defs"].items()
        for name, field in described.get("properties", {}).items()
        for form in field.get("anyOf", [field])
        if form.get("type") == "string" and not {"pattern", "enum", "const", "format"} & set(form)
    }
    assert unrestricted - PARSED == FREE_TEXTS


def test_scripts_rules_and_statements_hold_nothing_of_it(fleets: Fleets) -> None:
    harmless, hostile = (
        {
            name: output.text
            for name, output in generate_host(inventory, "cloudlab").items()
            if not output.module and name != EXPECTATIONS
        }
        for _, inventory in fleets.values()
    )
    assert {".sh", ".sql", ".nft", ".conf"} == {Path(name).suffix for name in hostile}
    assert hostile == harmless


def test_expectations_hold_the_model_of_a_graphics_card_and_nothing_else_of_it(
    fleets: Fleets,
) -> None:
    harmless, hostile = (
        expect_host(inventory, "cloudlab").model_dump(mode="json")
        for _, inventory in fleets.values()
    )
    found = [(left, right) for _, left, right in differences(harmless, hostile)]
    assert found == [(HARMLESS, HOSTILE)]


def test_the_evaluated_host_differs_in_nothing_but_the_texts(
    fleets: Fleets, nix: Nix, stand_ins: Path
) -> None:
    harmless, hostile = (
        evaluate_host(nix, root, stand_ins, "cloudlab", "config.system.build.toplevel.definitions")
        for root, _ in fleets.values()
    )
    assert {at: (left, right) for at, left, right in differences(harmless, hostile)} == {
        "programs.msmtp.accounts.default.user": (HARMLESS, HOSTILE),
        "services.samba.settings.code.comment": (HARMLESS, IN_SAMBA),
        "services.samba.settings.media.comment": (HARMLESS, IN_SAMBA),
        "services.samba.settings.models.comment": (HARMLESS, IN_SAMBA),
    }


def test_samba_reads_it_as_a_comment(tmp_path: Path) -> None:
    if shutil.which("testparm") is None:
        pytest.skip("not installed: testparm")
    conf = tmp_path / "smb.conf"
    conf.write_text(f"[global]\n[code]\ncomment={IN_SAMBA}\npath=/ember/code\n", "utf-8")
    read = run(["testparm", "--suppress-prompt", conf]).out
    assert f"\n[code]\n\tcomment = {IN_SAMBA}\n\tpath = /ember/code\n" in read
    assert "guest ok" not in read.replace(IN_SAMBA, "")


def test_the_picture_of_the_fleet_stays_the_same(fleets: Fleets) -> None:
    harmless, hostile = (graph(inventory, ["cloudlab"]) for _, inventory in fleets.values())
    assert hostile == harmless
