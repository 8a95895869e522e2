"""Fleets for tests: the committed one, with edits of its text."""

import shutil
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "hosts/cloudlab/host.toml"
FLEET = "hosts/fleet.toml"


def copy_with(tmp_path: Path, edits: Mapping[str, Mapping[str, str]]) -> Path:
    """Copy the inventory's TOML files, with snippets replaced; each snippet must be there."""
    for name in (FLEET, HOST):
        text = (ROOT / name).read_text("utf-8")
        for old, new in edits.get(name, {}).items():
            assert old in text, f"{name} does not hold {old!r}"
            text = text.replace(old, new, 1)
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return tmp_path


def remove(path: Path) -> None:
    """Remove a file or a folder."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
