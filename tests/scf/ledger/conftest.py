"""A ledger on a new drive, at a fixed time."""

from pathlib import Path

import pytest

from scf.clock import VARIABLE
from scf.drive import Drive
from scf.ledger import Ledger


@pytest.fixture(autouse=True)
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1900000000")


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    return Drive.make(tmp_path / "drive")


@pytest.fixture
def ledger(drive: Drive) -> Ledger:
    return Ledger.open(drive)


@pytest.fixture
def file(drive: Drive) -> Path:
    return drive.root / "attestations" / "ledger.ndjson"
