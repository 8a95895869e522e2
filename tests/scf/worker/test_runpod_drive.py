"""A drive that is full or gone while a result is on its way here: nobody is blamed, and nothing is lost."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.scf.worker_rented import OFTEN, Entered, Rents, until
from tests.scf.worker_runpod import Account
from tests.scf.worker_toy import drive

from scf.cid import cid_of
from scf.contracts.job import Job
from scf.drive import Drive
from scf.errors import DriveError
from scf.worker.rsync import Login
from scf.worker.runner import Phase
from scf.worker.runpod import RunPodRunner
from sovereign.run import run

MODEL = os.urandom(12 << 20)
NAME = "checkpoint.safetensors"


@pytest.fixture
def on(kernel: None, tmp_path: Path) -> Iterator[Drive]:
    """A drive of its own."""
    del kernel
    for name in ("disk", "point"):
        (tmp_path / name).mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", tmp_path / "disk"])
    run(["mount", "--bind", tmp_path / "disk", tmp_path / "point"])
    yield drive(tmp_path / "point")
    for name in ("point", "disk"):
        run(["umount", "--lazy", tmp_path / name], check=False)


@pytest.fixture
def coming(
    far: Login,
    tmp_path: Path,
    account: Account,
    rents: Rents,
    on: Drive,
    work: Job,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[RunPodRunner]:
    """A runner to which a part of the result has come, slowly."""
    (bin_ := tmp_path / "bin").mkdir()
    (bin_ / "rsync").write_text(f'#!/bin/sh\nexec {shutil.which("rsync")} --bwlimit=4m "$@"\n')
    (bin_ / "rsync").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    (there := tmp_path / "there").mkdir()
    (one := rents(OFTEN, Entered(far, there))).submit(work)
    account.run(2222)
    until((there / "run" / "job.json").exists, lambda: one.look(work))
    (there / "run" / NAME).write_bytes(MODEL)
    ref = {"name": NAME, "cid": cid_of(MODEL), "bytes": len(MODEL)}
    said = {"v": 1, "job": work.id, "metrics": {}, "files": [ref]}
    (there / "run" / "result.json").write_text(json.dumps(said))
    file = on.root / "model_zoo" / "runs" / work.id / "incoming" / NAME
    until(lambda: file.exists() and file.stat().st_size > 1 << 20, lambda: one.look(work))
    yield one
    one.cancel(work)


def fill(on: Drive) -> Callable[[], None]:
    """Leave not a byte; what makes room again."""
    with (on.root / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(1 << 16)):
            pass
        while filler.write(b"x"):
            pass
    return (on.root / "filler").unlink


def unmount(on: Drive) -> Callable[[], None]:
    run(["umount", "--lazy", on.root])
    return lambda: run(["mount", "--bind", on.root.with_name("disk"), on.root]) and None


@pytest.mark.parametrize("misfortune", [fill, unmount])
def test_it_comes_when_the_drive_is_mended(
    misfortune: Callable[[Drive], Callable[[], None]],
    coming: RunPodRunner,
    on: Drive,
    account: Account,
    work: Job,
) -> None:
    mend = misfortune(on)

    def fails() -> bool:
        try:
            assert coming.look(work).phase is not Phase.FAILED
        except DriveError:
            return True
        return False

    until(fails)
    until(fails)
    if misfortune is unmount:
        assert list(on.root.iterdir()) == []
    mend()
    until(lambda: not fails() and coming.look(work).phase is Phase.DONE)
    assert (coming.fetch(work) / NAME).read_bytes() == MODEL
    assert len(account.created) == 1, "no pod was lost for it"
