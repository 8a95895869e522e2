"""What is expected of the committed host, computed once."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from expected import expected
from sovereign.expectations.base import Expectation
from sovereign.inventory.load import Inventory, load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def fleet() -> Inventory:
    """The fleet of this repository."""
    return load(ROOT)


@pytest.fixture(scope="session")
def cloudlab(fleet: Inventory) -> Mapping[str, Expectation]:
    """What is expected of cloudlab, by id."""
    return expected(fleet)
