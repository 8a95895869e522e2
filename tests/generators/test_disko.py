"""Disko's own script lays out what format.sh lays out: both run against recording programs.

Needs checkouts of nix-community/disko and nix-community/nixpkgs.lib, named by SOVEREIGN_DISKO and
SOVEREIGN_NIXPKGS_LIB.
"""

import json
import os
from pathlib import Path

import pytest

from rescue.commands import laid_out
from rescue.machine import machine
from sovereign.generators import storage
from sovereign.generators.storage.layout import disks


@pytest.fixture
def format_script(nix):
    """Make the script that disko formats with from a folder with a storage.nix."""
    missing = [
        name for name in ("SOVEREIGN_DISKO", "SOVEREIGN_NIXPKGS_LIB") if name not in os.environ
    ]
    if missing:
        pytest.skip(f"{' and '.join(missing)} name no checkout")
    disko, lib = (Path(os.environ[n]) for n in ("SOVEREIGN_DISKO", "SOVEREIGN_NIXPKGS_LIB"))

    def make(folder: Path) -> Path:
        module = f"import {folder}/storage.nix {{ config.boot.zfs.package = null; }}"
        script = nix.eval_json(
            f"(import {disko} {{ lib = import {lib}/lib; }}).format"
            f" {{ disko = {{ inherit (({module}).disko) devices; }}; }}"
        )
        file = folder / "disko.sh"
        file.write_text(json.loads(script))
        return file

    return make


@pytest.mark.parametrize("name", ["small", "cloudlab"])
def test_disko_lays_out_what_format_sh_does(name, example, fleet, format_script, tmp_path):
    inventory = example if name in example.hosts else fleet
    for output in storage.generate(inventory, name):
        (tmp_path / output.name).write_text(output.text)
    on_disks = disks(inventory.hosts[name])

    ours = machine(tmp_path / "ours", on_disks)
    done = ours.run(tmp_path / "format.sh")
    assert done.code == 0, done.err

    theirs = machine(tmp_path / "theirs", on_disks)
    done = theirs.run(format_script(tmp_path), path="/usr/bin:/bin")
    assert done.code == 0, done.err

    made = laid_out(ours.changes())
    assert made.partitions
    assert made.pools
    assert made == laid_out(theirs.changes())
