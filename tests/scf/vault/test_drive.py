"""A drive that is full, or that is gone: the ingest stops with an error, loses nothing and goes on."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scf.vault_world import ANY, SMALL, contents, ingest, lines, new_vault

from scf.drive import Drive, Partition
from scf.errors import DriveError, QuotaError
from scf.vault import Vault
from sovereign.run import run

VALUES = [f"{number:04d}" * 200 for number in range(60)]
MIB = 1 << 20


@contextmanager
def mounted(path: Path, size: int) -> Iterator[Callable[[], None]]:
    """A small file system at `path`; what is given takes it away, open files or not."""
    path.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path])
    there = True

    def vanish() -> None:
        nonlocal there
        if there:
            run(["umount", "--lazy", path])
            there = False

    try:
        yield vanish
    finally:
        vanish()


@pytest.mark.usefixtures("kernel")
def test_a_full_drive_stops_the_ingest_and_room_lets_it_go_on(tmp_path: Path) -> None:
    source = lines(tmp_path / "a.ndjson", VALUES)
    whole = new_vault(tmp_path / "whole")
    ingest(whole, source)
    with mounted(tmp_path / "mount", 8 * MIB):
        vault = new_vault(tmp_path / "mount" / "drive")
        filler = tmp_path / "mount" / "filler"
        stopped: list[str] = []
        for room in (0, 40, 48, 56, 64, 80, 96):  # KiB
            filler.write_bytes(b"")
            free = shutil.disk_usage(tmp_path / "mount").free
            filler.write_bytes(b"\0" * (free - (room << 10)))
            try:
                ingest(vault, source)
            except DriveError as error:
                stopped.append(error.message)
            assert not list(vault.shards.glob(".*"))
            assert not vault.check().damage
        assert len(stopped) > 1
        assert all("full" in message for message in stopped)
        filler.unlink()
        ingest(vault, source)
        assert contents(vault) == contents(whole)
        vault.close()


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("beats", [1, 2, 5, 12])
def test_a_drive_that_vanishes_stops_the_ingest_and_nothing_is_written_below(
    tmp_path: Path, beats: int
) -> None:
    source = lines(tmp_path / "a.ndjson", VALUES)
    mount, kept = tmp_path / "mount", tmp_path / "kept"
    whole = new_vault(tmp_path / "whole")
    ingest(whole, source)
    with mounted(kept, 8 * MIB):
        mount.mkdir()
        run(["mount", "--bind", kept, mount])
        left = beats

        def beat(_done: int, _of: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                run(["umount", "--lazy", mount])

        vault = new_vault(mount / "drive")
        with pytest.raises(DriveError, match="drive"):
            vault.ingest(source, ANY, cut=SMALL, beat=beat)
        assert list(mount.iterdir()) == []
        vault.close()
        with pytest.raises(DriveError):
            Vault.open(Drive(mount / "drive"))
        assert list(mount.iterdir()) == []
        again = Vault.open(Drive.open(kept / "drive"))
        ingest(again, source)
        assert contents(again) == contents(whole)
        again.close()


def test_a_quota_that_is_reached_stops_the_ingest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lines(tmp_path / "a.ndjson", VALUES)
    vault = new_vault(tmp_path / "drive")
    used = vault.drive.used(Partition.FOSSIL_VAULT)
    ingest(vault, lines(tmp_path / "b.ndjson", ["one"]))
    monkeypatch.setattr(Drive, "quota", lambda _self, _partition: used + 3000)
    with pytest.raises(QuotaError, match="fossil_vault holds"):
        ingest(vault, source)
    assert 1 <= vault.pulse() < 6
    assert not list(vault.shards.glob(".*"))
    assert not vault.check().damage
    monkeypatch.undo()
    report = ingest(vault, source)
    assert (report.added, report.shards) == (60, 6)
    assert not vault.check().damage
