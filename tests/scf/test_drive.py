"""The drive: quotas, and what happens when it is full, gone or not one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scf.drive import SHARES, Drive, Partition
from scf.errors import DriveError, QuotaError


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    return Drive.make(tmp_path / "drive")


@pytest.fixture
def small(kernel: None, tmp_path: Path) -> Iterator[Path]:  # noqa: ARG001 root
    """A file system of 1 MiB."""
    root = tmp_path / "mounted"
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "scf", root], check=True)
    yield root
    subprocess.run(["umount", "--lazy", root], check=False)


def test_the_shares_leave_the_file_system_a_reserve() -> None:
    assert set(SHARES) == set(Partition)
    assert 90 <= sum(SHARES.values()) <= 95


def test_a_folder_that_is_no_drive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriveError, match="fossil_vault"):
        Drive.open(tmp_path)


def test_making_it_again_keeps_what_is_there(drive: Drive) -> None:
    path = drive.folder(Partition.MODEL_ZOO, "runs") / "a"
    drive.write(path, b"kept")
    assert Drive.make(drive.root).folder(Partition.MODEL_ZOO, "runs") == path.parent
    assert path.read_bytes() == b"kept"


def test_a_quota_is_kept(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Drive, "quota", lambda *_: 100)
    folder = drive.folder(Partition.ENERGY_ATLAS)
    drive.write(folder / "a", bytes(60))
    with pytest.raises(
        QuotaError, match="energy_atlas holds 60 of its 100 bytes; 41 more do not fit"
    ):
        drive.write(folder / "b", bytes(41))
    drive.write(folder / "b", bytes(40))
    assert Drive.open(drive.root).used(Partition.ENERGY_ATLAS) == 100


def test_a_file_that_is_replaced_counts_once_and_one_that_is_removed_no_more(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drive, "quota", lambda *_: 100)
    folder = drive.folder(Partition.ENERGY_ATLAS)
    for _ in range(5):
        drive.write(folder / "a", bytes(60))
    assert drive.used(Partition.ENERGY_ATLAS) == 60
    (folder / "a").unlink()
    drive.write(folder / "b", bytes(90))
    assert drive.used(Partition.ENERGY_ATLAS) == 90


@pytest.mark.parametrize("gone", list(Partition))
def test_nothing_makes_a_partition_that_is_gone(drive: Drive, gone: Partition) -> None:
    for partition in Partition:
        (drive.root / partition).rmdir()
    with pytest.raises(DriveError):
        drive.folder(gone, "below")
    with pytest.raises(DriveError):
        drive.folder(gone)
    with pytest.raises(DriveError), drive.replacing(drive.root / gone / "file"):
        pass
    assert list(drive.root.iterdir()) == []


def test_a_full_drive_keeps_what_it_has(small: Path) -> None:
    drive = Drive.make(small)
    path = drive.folder(Partition.FOSSIL_VAULT) / "file"
    drive.write(path, b"before")
    with pytest.raises(DriveError, match="is full"), drive.replacing(path) as file:
        file.write(bytes(2 << 20))
    assert path.read_bytes() == b"before"
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_a_drive_that_is_unmounted_takes_nothing(small: Path) -> None:
    drive = Drive.make(small)
    with pytest.raises(DriveError, match="is gone"):
        write_while_unmounting(drive, small / "model_zoo" / "a")
    with pytest.raises(DriveError, match="is gone"):
        drive.folder(Partition.MODEL_ZOO, "runs")
    with pytest.raises(DriveError, match="no drive of SCF's"):
        drive.check()
    assert list(small.iterdir()) == []


def write_while_unmounting(drive: Drive, path: Path) -> None:
    with drive.replacing(path) as file:
        file.write(b"x")
        subprocess.run(["umount", "--lazy", drive.root], check=True)
