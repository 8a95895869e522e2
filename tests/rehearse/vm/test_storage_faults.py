"""Faults of the vm tier: what is pulled, how it comes back, and what counts as lost."""

import os
from pathlib import Path

import pytest

from fleets import ROOT
from sovereign.inventory.host import Host
from sovereign.inventory.load import load
from sovereign.rehearse.vm.faults import is_whole, run_faults, unhealthy
from sovereign.rehearse.vm.known import Known, lost, written
from sovereign.rehearse.vm.pulls import Pull, pulls, repair, touched
from sovereign.run import run

FORMAT = ROOT / "hosts" / "cloudlab" / "generated" / "format.sh"


@pytest.fixture(scope="module")
def cloudlab() -> Host:
    return load(ROOT).hosts["cloudlab"]


@pytest.fixture(scope="module")
def dry_run() -> str:
    return run(("bash", FORMAT, "--dry-run")).out


def test_as_many_disks_are_pulled_as_the_layout_bears(cloudlab: Host) -> None:
    assert list(pulls(cloudlab)) == [
        Pull("one disk of ember pulled", ("hdd-1",), "replaced"),
        Pull("two disks of one raidz2 pulled", ("hdd-2", "hdd-3"), "replaced"),
        Pull("a leg of ember's special vdev pulled", ("nvme-b",), "returned"),
        Pull("the first boot disk pulled", ("nvme-a",), "returned"),
    ]


TOUCHED = [
    (("hdd-1",), ("ember",), ()),
    (("hdd-2", "hdd-3"), ("ember",), ()),
    (("nvme-a",), ("ember", "rpool"), ("nix",)),
]


@pytest.mark.parametrize(("disks", "pools", "arrays"), TOUCHED)
def test_a_pull_is_noticed_by_all_that_stands_on_the_disks(
    cloudlab: Host, disks: tuple[str, ...], pools: tuple[str, ...], arrays: tuple[str, ...]
) -> None:
    assert touched(cloudlab, Pull("x", disks, "returned")) == (pools, arrays)


def test_a_blank_disk_is_partitioned_as_format_sh_does(cloudlab: Host, dry_run: str) -> None:
    lines = repair(cloudlab, Pull("x", ("hdd-3",), "replaced"), dry_run).splitlines()
    assert lines[1].endswith("--change-name=1:disk-hdd-3-zfs /dev/disk/by-id/ata-HDD_3")
    assert lines[1] in dry_run.splitlines()
    assert lines[-1] == "zpool replace -f ember /dev/disk/by-partlabel/disk-hdd-3-zfs"


def test_a_blank_boot_disk_gets_a_file_system_and_joins_its_array(
    cloudlab: Host, dry_run: str
) -> None:
    text = repair(cloudlab, Pull("x", ("nvme-a",), "replaced"), dry_run)
    assert "mkfs.vfat /dev/disk/by-partlabel/disk-nvme-a-esp\n" in text
    assert "mdadm /dev/md/nix --add /dev/disk/by-partlabel/disk-nvme-a-nix" in text
    assert "zpool replace -f rpool /dev/disk/by-partlabel/disk-nvme-a-rpool\n" in text


def test_nothing_is_written_to_a_disk_that_comes_back(cloudlab: Host, dry_run: str) -> None:
    text = repair(cloudlab, Pull("x", ("nvme-b",), "returned"), dry_run)
    assert "sgdisk" not in text
    assert "mkfs" not in text
    assert "zpool online ember /dev/disk/by-partlabel/disk-nvme-b-special\n" in text
    assert "mdadm /dev/md/nix --re-add /dev/disk/by-partlabel/disk-nvme-b-nix" in text


A_FILE = Known(100, "aa")
LOST = [
    ("as written", {"/f": "aa"}, 0),
    ("changed", {"/f": "bb"}, 100),
    ("unreadable", {"/f": None}, 100),
    ("missing", {}, 100),
]


@pytest.mark.parametrize(("found", "count"), [row[1:] for row in LOST], ids=[r[0] for r in LOST])
def test_bytes_are_lost_unless_the_hash_is_as_written(
    found: dict[str, str | None], count: int
) -> None:
    assert lost({"/f": A_FILE}, found) == count


def test_a_file_counts_as_written_when_its_whole_line_came() -> None:
    lines = ['["/a", 5, "aa"]\n', '["/b", 7, "b']
    assert written(lines) == {"/a": Known(5, "aa")}


HEALTHY = """ pool: ember
 state: ONLINE
  scan: scrub repaired 0B in 00:00:01 with 0 errors on Fri Nov 20 22:47:57 2026
errors: No known data errors
array 0 missing
"""
SICK = [
    ("state: ONLINE", "state: DEGRADED"),
    ("with 0 errors", "with 3 errors"),
    ("No known data errors", "2 data errors, use '-v' for a list"),
    ("array 0 missing", "array 1 missing"),
]


def test_a_clean_scrub_is_healthy() -> None:
    assert unhealthy(HEALTHY) == ""


@pytest.mark.parametrize(("good", "bad"), SICK)
def test_anything_else_is_not(good: str, bad: str) -> None:
    assert bad in unhealthy(HEALTHY.replace(good, bad))


STATES = [
    ("ember ONLINE", True),
    ("ember DEGRADED", False),
    ("array 0 idle", True),
    ("array 0 recover", False),
    ("array 1 idle", False),
]


@pytest.mark.parametrize(("line", "whole"), STATES)
def test_a_pool_or_array_is_whole_when_it_lacks_nothing(line: str, whole: bool) -> None:
    assert is_whole(line) == whole


@pytest.mark.skipif(
    "SOVEREIGN_VM_ROOT" not in os.environ, reason="SOVEREIGN_VM_ROOT names no root of a guest"
)
def test_no_fault_costs_a_byte(tmp_path: Path) -> None:
    vm_root = Path(os.environ["SOVEREIGN_VM_ROOT"])
    done = run_faults(ROOT, "cloudlab", tmp_path, print, vm_root=vm_root)
    assert not done.failed
    assert done.figures["bytes lost"] == 0
