"""The vm tier as a whole: which stages run, and what an error in one of them does."""

import json
from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.errors import SovereignError, UsageError
from sovereign.rehearse.vm import run
from sovereign.rehearse.vm.errors import GuestError
from sovereign.rehearse.vm.guest import light_guest
from sovereign.rehearse.vm.proof import Proof, StageResult
from sovereign.rehearse.vm.qemu import Machine
from sovereign.rehearse.vm.root import VM


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def tier(tmp_path: Path) -> run.Tier:
    made = tmp_path / "cache" / "roots" / VM.folder / "root"
    made.mkdir(parents=True)
    folder = tmp_path / "run"
    folder.mkdir()
    return run.Tier(ROOT, "cloudlab", folder, tmp_path / "cache", quiet)


def fails(_: run.Tier) -> tuple[StageResult, ...]:
    raise SovereignError("no such disk")


def passes(_: run.Tier) -> tuple[StageResult, ...]:
    return (StageResult("faults", (Proof("all", "passed"),), 1.5),)


def test_a_stage_that_cannot_run_has_failed_and_the_next_one_runs(
    tier: run.Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "STAGES", {"storage": fails, "faults": passes})
    root, storage, faults = run.run_vm(tier)
    assert root.passed
    assert [proof.message for proof in storage.failed] == ["no such disk"]
    assert faults.passed
    assert json.loads((tier.folder / "faults.json").read_text())["seconds"] == 1.5


def test_only_the_stages_that_were_asked_for_run(
    tier: run.Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "STAGES", {"storage": fails, "faults": passes})
    assert [result.name for result in run.run_vm(tier, ["faults"])] == ["root", "faults"]


def test_an_unknown_stage_is_refused(tier: run.Tier) -> None:
    with pytest.raises(UsageError, match="no stage tape"):
        list(run.run_vm(tier, ["tape"]))


def test_the_boot_disks_are_those_that_the_storage_stage_left(tier: run.Tier) -> None:
    assert tier.boot_drives == ()
    left = tier.folder / "storage" / "disks" / "nvme-b.img"
    left.parent.mkdir(parents=True)
    left.touch()
    assert [drive.file for drive in tier.boot_drives] == [left]


def test_a_folder_whose_name_is_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    with (
        pytest.raises(GuestError, match="too long"),
        light_guest(tmp_path, folder, Machine(), (), quiet),
    ):
        pass
    assert not folder.exists()
