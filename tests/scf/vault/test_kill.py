"""Whoever is killed with kill -9, at any moment, ends with the same vault, to the byte."""

import os
import sys
from pathlib import Path

import pytest
from tests.scf.vault_world import contents, ingest, lines, new_vault

from scf.drive import Drive
from scf.vault import Vault
from scf.vault.sources import source_of
from sovereign.run import run

ROOT = Path(__file__).parents[3]
MOMENTS = 40


@pytest.mark.parametrize("kind", ["ndjson", "files"])
def test_an_ingest_that_was_killed_goes_on_to_the_same_vault(tmp_path: Path, kind: str) -> None:
    if kind == "ndjson":
        source = tmp_path / "points.ndjson"
        lines(source, [*({"n": number % 30} for number in range(45)), b"{", b"NaN"])
    else:
        source = tmp_path / "soup"
        source.mkdir()
        for number in range(15):
            (source / str(number)).write_text(str(number))
        (source / "big").write_bytes(os.urandom((2 << 20) + 1))
    whole = new_vault(tmp_path / "whole")
    ingest(whole, source_of(source))
    whole.dataset()
    (tmp_path / "drives").mkdir()
    run(
        [sys.executable, "-m", "tests.scf.vault_killed", source, tmp_path / "drives", str(MOMENTS)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'py'}"},
        timeout=60,
    )
    pulses = set()
    for moment in range(MOMENTS):
        vault = Vault.open(Drive.open(tmp_path / "drives" / str(moment)))
        pulses.add(vault.pulse())
        ingest(vault, source_of(source))
        vault.dataset()
        assert contents(vault) == contents(whole), moment
        vault.close()
    assert pulses == set(range(whole.pulse() + 1))
