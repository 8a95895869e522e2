"""Crashes and drives that fail: the ledger loses nothing that it acknowledged, and nothing twice."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.scf.ledger_jobs import WORK, job, usage

from scf.drive import Drive
from scf.errors import DriveError, QuotaError, RefusedError
from scf.ledger import Ledger, LedgerBusyError
from scf.ledger import file as ledger_file

PROGRAM = """
import sys
from pathlib import Path
from scf.drive import Drive
from scf.ledger import Ledger
from tests.scf.ledger_jobs import WORK, job, usage

ledger = Ledger.open(Drive.open(Path(sys.argv[1])))
print("open", flush=True)
ledger.register_baseline(WORK, 100, "given")
for number in range(int(sys.argv[2])):
    one = job(number)
    ledger.begin(one)
    ledger.settle(one, [usage(one, number % 130 + 0.5)], 1)
print("done", flush=True)
"""
JOBS = 60


def _start(root: Path) -> subprocess.Popen[str]:
    here = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), str(JOBS)],
        env={**os.environ, "PYTHONPATH": f"{here}:{here / 'py'}"},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_killed_at_any_moment_it_comes_to_the_same_bytes(tmp_path: Path) -> None:
    whole = Drive.make(tmp_path / "whole")
    with _start(whole.root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        began = time.monotonic()
        assert process.stdout.readline() == "done\n"
        lasts = time.monotonic() - began
    cut = Drive.make(tmp_path / "cut")
    file = cut.root / "attestations" / "ledger.ndjson"
    grown = []
    for share in (0.05, 0.2, 0.35, 0.5, 0.65):
        with _start(cut.root) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(lasts * share / 3)
            process.send_signal(signal.SIGKILL)
        grown.append(file.stat().st_size if file.exists() else 0)
    assert grown == sorted(grown)
    assert grown[-1] > 0
    with _start(cut.root) as process:
        assert process.wait(60) == 0
    assert file.read_bytes() == (whole.root / "attestations" / "ledger.ndjson").read_bytes()
    assert len(Ledger.open(cut)) == 1 + 2 * JOBS


def test_two_processes_at_once_do_everything_once(drive: Drive) -> None:
    with _start(drive.root) as one, _start(drive.root) as other:
        assert (one.wait(60), other.wait(60)) == (0, 0)
    ledger = Ledger.open(drive)
    assert len(ledger) == 1 + 2 * JOBS
    ledger.check()


def test_a_torn_line_is_dropped_wherever_it_was_torn(drive: Drive, file: Path) -> None:
    ledger = Ledger.open(drive)
    ledger.begin(job(1))
    kept = file.read_bytes()
    ledger.begin(job(2))
    whole = file.read_bytes()
    for length in (*range(len(kept), len(whole), 7), len(whole) - 1):
        file.write_bytes(whole[:length])
        torn = Ledger.open(drive)
        assert len(torn) == 1
        assert file.stat().st_size == length  # reading writes nothing
        torn.begin(job(2))
        assert file.read_bytes() == whole


def test_what_the_file_system_made_of_a_torn_line_is_dropped_too(drive: Drive, file: Path) -> None:
    """Zeros, where the length was on the disk before the bytes were."""
    ledger = Ledger.open(drive)
    ledger.begin(job(1))
    kept = file.read_bytes()
    file.write_bytes(kept + bytes(300))
    assert Ledger.open(drive).begin(job(1)).index == 0
    Ledger.open(drive).begin(job(2))
    assert file.read_bytes().startswith(kept + b"{")
    assert len(Ledger.open(drive)) == 2


def test_a_line_without_an_end_is_refused_before_memory_is_spent(drive: Drive, file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(RefusedError, match="entry 0 of the ledger is damaged"):
        Ledger.open(drive)


def test_a_full_drive_takes_nothing_and_says_so(
    drive: Drive, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(drive)
    ledger.begin(job(1))
    before, write = file.read_bytes(), os.write

    def fill(descriptor: int, data: bytes) -> int:
        if len(data) < 150:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:150])

    monkeypatch.setattr(os, "write", fill)
    with pytest.raises(DriveError, match="full"):
        ledger.begin(job(2))
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert ledger.begin(job(2)).index == 1


def test_a_quota_is_kept(drive: Drive, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger.open(drive)
    ledger.begin(job(1))
    before = file.read_bytes()
    monkeypatch.setattr(Drive, "quota", lambda *_: len(before) + 10)
    with pytest.raises(QuotaError):
        ledger.begin(job(2))
    assert file.read_bytes() == before


def test_a_drive_that_vanished_gets_nothing_and_goes_on_when_it_is_back(
    drive: Drive, tmp_path: Path
) -> None:
    ledger = Ledger.open(drive)
    ledger.register_baseline(WORK, 100, "given")
    ledger.begin(job())
    drive.root.rename(tmp_path / "away")
    drive.root.mkdir()
    with pytest.raises(DriveError, match="gone"):
        ledger.settle(job(), [usage(job(), 1.0)], 1)
    with pytest.raises(DriveError):
        ledger.check()
    assert list(drive.root.iterdir()) == []
    drive.root.rmdir()
    (tmp_path / "away").rename(drive.root)
    assert ledger.settle(job(), [usage(job(), 1.0)], 1).index == 2
    ledger.check()


def test_who_waits_too_long_for_another_says_so(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_file, "PATIENCE_S", 0.05)
    ledger, other = Ledger.open(drive), Ledger.open(drive)
    with ledger._file.writing(), pytest.raises(LedgerBusyError, match="another process"):
        other.begin(job())
    other.begin(job())
