"""JSON Schema for editors: Taplo and Tombi take what the loader takes, and refuse mistakes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fleets import FLEET, HOST, ROOT, copy_with
from sovereign.inventory.schema import schemas

EDITORS = {"taplo": ["check"], "tombi": ["lint", "--offline"]}
MISTAKES = [
    'autotrim = true -> autotrim = "yes"',
    'kernel = "6.18" -> kernl = "6.18"',
    'kernel = "6.18" -> kernel = "six"',
    'size = "32GiB" -> size = "32"',
    'type = "swap" -> type = "swp"',
    'host_id = "c10d1ab0" -> host_id = "C10D1AB0"',
    "priority = 10 -> priority = 32768",
    "[hardware.gpus.p4] -> [hardware.gpus.P4_X]",
    'members = ["nvme-a.nix", "nvme-b.nix"] -> members = []',
    'password = { path = "/persist/secrets/samba/colter" } -> password = "hunter2"',
]


def checked(editor: str, root: Path) -> int:
    program = shutil.which(editor, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip(f"{editor} is not installed")
    words = [program, *EDITORS[editor], FLEET, HOST]
    return subprocess.run(words, cwd=root, check=False, capture_output=True).returncode


def with_schemas(root: Path) -> Path:
    shutil.copytree(ROOT / "hosts" / "schema", root / "hosts" / "schema")
    return root


@pytest.mark.parametrize("editor", EDITORS)
def test_editors_take_the_committed_inventory(editor: str) -> None:
    assert checked(editor, ROOT) == 0


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_editors_refuse_mistakes(tmp_path: Path, editor: str, mistake: str) -> None:
    old, new = mistake.split(" -> ")
    assert checked(editor, with_schemas(copy_with(tmp_path, {HOST: {old: new}}))) != 0


@pytest.mark.parametrize("name", ["fleet", "host"])
def test_schemas_are_json_of_the_dialect_that_editors_know(name: str) -> None:
    schema = json.loads(schemas()[name])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    # Taplo refuses a schema with a relative $id.
    assert "$id" not in schema
    assert schema["additionalProperties"] is False


def test_every_inventory_file_names_its_schema() -> None:
    files = sorted(ROOT.glob("hosts/**/*.toml"))
    files += sorted((ROOT / "py/sovereign/template").glob("hosts/**/*.toml"))
    assert len(files) >= 4
    for file in files:
        first = file.read_text("utf-8").splitlines()[0]
        expected = "schema/fleet.json" if file.name == "fleet.toml" else "../schema/host.json"
        assert first == f"#:schema {expected}", file
