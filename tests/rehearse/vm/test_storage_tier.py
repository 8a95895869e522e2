"""The vm tier as a whole: which stages run, and what an error in one of them does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.errors import SovereignError, UsageError
from sovereign.rehearse.vm import guest, run
from sovereign.rehearse.vm.errors import GuestError
from sovereign.rehearse.vm.guest import light_guest
from sovereign.rehearse.vm.proof import Proof, StageResult
from sovereign.rehearse.vm.qemu import Machine
from sovereign.rehearse.vm.root import VM
from sovereign.run import Process, start


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


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], int]:
    """Start a machine that panics so many times before it boots; how often it was started."""

    def boot(panics: int) -> int:
        started: list[Process] = []

        def qemu(*_: object, log: Path) -> Process:
            ends = len(started) < panics
            started.append(start(("false",) if ends else ("sleep", "60"), log=log))
            if ends:
                started[-1].wait(10)
            return started[-1]

        monkeypatch.setattr(guest, "start", qemu)
        monkeypatch.setattr(guest.Guest, "answers", lambda _: len(started) > panics)
        with guest.running(Machine(), tmp_path, quiet):
            return len(started)

    return boot


@pytest.mark.parametrize("panics", [0, 1, 2])
def test_a_machine_that_ends_while_it_boots_is_started_again(
    machine: Callable[[int], int], panics: int
) -> None:
    assert machine(panics) == panics + 1


def test_but_not_for_ever(machine: Callable[[int], int]) -> None:
    with pytest.raises(GuestError, match="QEMU ended"):
        machine(3)
