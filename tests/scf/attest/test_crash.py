"""Ended by SIGKILL at any moment and started again, the log has the same bytes as if never ended."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.scf.attest.world import AT, World, statement

from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.attest.proof import Proof
from scf.attest.verify import verify
from scf.drive import Drive

WORK = """
import sys
from pathlib import Path
from tests.scf.attest.test_crash import work
work(Path(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT))


def work(folder: Path, count: int) -> None:
    """Append, change the key halfway, append."""
    drive = Drive.make(folder / "drive")
    ring = Keyring.make(folder / "keys")
    first = ring.keys.keys[0].key
    log = Log.open(drive, ring)
    for number in range(count):
        if number == count // 2:
            log.rotate(after=first)
        log.append(statement(number))
    log.extend([statement(number) for number in range(count, count + 3)])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A first key and the one to follow it: with both given, what a run writes is known."""
    folder = tmp_path_factory.mktemp("given") / "keys"
    Keyring.make(folder).next(1)
    return folder


def prepared(folder: Path, keys: Path) -> Path:
    folder.mkdir()
    shutil.copytree(keys, folder / "keys")
    return folder


def written(folder: Path) -> dict[str, bytes]:
    paths = [*(folder / "drive/attestations").rglob("*"), *(folder / "keys").iterdir()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def dying(step: int) -> None:
    """From now on, end this process at the `step`th call that changes a file, halfway through it."""
    steps = [0]

    def armed(name: str) -> None:
        real = getattr(os, name)

        def call(*args: object, **named: object) -> object:
            if name != "open" or int(str(args[1])) & os.O_CREAT:
                steps[0] += 1
            if steps[0] == step:
                if name in ("write", "pwrite"):
                    file, data, *rest = args
                    assert isinstance(data, bytes | memoryview)
                    real(file, data[: len(data) // 2], *rest)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **named)

        setattr(os, name, call)

    for name in ("write", "pwrite", "fsync", "ftruncate", "replace", "mkdir", "open"):
        armed(name)


def ended_at(step: int, folder: Path) -> bool:
    """Whether a run was ended at that step; in a process of its own, as it is in life."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            dying(step)
            work(folder, 2)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_ended_at_every_single_step(tmp_path: Path, keys: Path) -> None:
    whole = prepared(tmp_path / "whole", keys)
    work(whole, 2)
    expected = written(whole)
    assert len(expected["drive/attestations/log/log.ndjson"].splitlines()) == 6
    step = 0
    ended = True
    while ended:
        step += 1
        folder = prepared(tmp_path / f"{step}", keys)
        ended = ended_at(step, folder)
        work(folder, 2)
        assert written(folder) == expected, step
        assert World(folder).log().check() == 6
        shutil.rmtree(folder)
    assert step > 40


def test_ended_again_and_again_from_outside(tmp_path: Path, keys: Path) -> None:
    whole = prepared(tmp_path / "whole", keys)
    work(whole, 400)
    folder = prepared(tmp_path / "ended", keys)
    chance = random.Random(5)
    kills = 0
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, folder, "400"],
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        )
        log, before = folder / "drive/attestations/log/log.ndjson", size(folder)
        end = time.monotonic() + 30
        while process.poll() is None and size(folder) == before and time.monotonic() < end:
            time.sleep(0.001)  # until it writes
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        if process.wait() == 0:
            break
        kills += 1
    work(folder, 400)
    assert log.read_bytes() == World(whole).file.read_bytes()
    assert written(folder) == written(whole)
    assert kills >= 3
    proof = Proof.of(World(folder).log(), 40)
    assert verify(proof.canonical(), World(folder).first) == proof.attestation.statement


def size(folder: Path) -> int:
    path = folder / "drive/attestations/log/log.ndjson"
    return path.stat().st_size if path.exists() else 0
