"""The example fleet, and golden files: what a generator wrote for it, kept to be compared with."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.inventory.load import Inventory, load

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="session")
def example() -> Inventory:
    """The fleet of one host, `small`, in which every concern has something to do."""
    return load(HERE / "example")


@pytest.fixture(scope="session")
def fleet() -> Inventory:
    """The fleet of this repository."""
    return load(ROOT)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with `golden/<name>`; with SOVEREIGN_UPDATE_GOLDEN=1 write it there."""

    def compare(name: str, text: str) -> None:
        file = HERE / "golden" / name
        if os.environ.get("SOVEREIGN_UPDATE_GOLDEN") == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.is_file(), f"{file} is missing: run with SOVEREIGN_UPDATE_GOLDEN=1"
        assert text == file.read_text(encoding="utf-8")

    return compare
