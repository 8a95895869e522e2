"""The embedded registry: documents on the drive that are whole, in order and as they were written."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.scf.registry_drafts import draft

from scf.drive import Drive
from scf.errors import DriveError
from scf.registry.errors import RegistryError
from scf.registry.files import FileRegistry
from scf.registry.registry import CHAMPION


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    return Drive.make(tmp_path / "drive")


def digests(drive: Drive) -> dict[str, str]:
    root = drive.root / "model_zoo" / "registry"
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_version_is_its_canonical_document(drive: Drive) -> None:
    version = FileRegistry(drive).register(draft(1))
    path = drive.root / "model_zoo/registry/energy/versions/1.json"
    assert path.read_bytes() == version.canonical()


def test_another_process_sees_what_was_registered_since(drive: Drive) -> None:
    here, there = FileRegistry(drive), FileRegistry(drive)
    first = here.register(draft(1))
    assert there.register(draft(2)).version == 2
    there.point("energy", CHAMPION, 2)
    assert here.versions("energy") == (first, there.version("energy", 2))
    assert here.alias("energy", CHAMPION) == there.version("energy", 2)


def test_the_same_steps_leave_the_same_bytes(tmp_path: Path) -> None:
    left = []
    for name in ("a", "b"):
        drive = Drive.make(tmp_path / name)
        registry = FileRegistry(drive)
        for number in (1, 2, 1):
            registry.register(draft(number))
        registry.point("energy", CHAMPION, 2)
        left.append(digests(drive))
    assert left[0] == left[1]
    assert len(left[0]) == 3


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"ebdm"', b'"gflo"'))


DAMAGE = {
    "a version that is lost": (lambda root: (root / "versions/1.json").unlink(), "version 1"),
    "a version that is torn": (
        lambda root: os.truncate(root / "versions/1.json", 100),
        "energy 1.json",
    ),
    "a version under another's number": (
        lambda root: shutil.copy(root / "versions/2.json", root / "versions/1.json"),
        "not as it was written",
    ),
    "a version with blanks": (
        lambda root: (root / "versions/1.json").write_bytes(
            b" " + (root / "versions/1.json").read_bytes()
        ),
        "not as it was written",
    ),
    "the version that an alias names": (
        lambda root: alter(root / "versions/1.json"),
        "version 1 is not the one that champion named",
    ),
    "another's alias": (
        lambda root: shutil.copy(root / "aliases/other.json", root / "aliases/champion.json"),
        "not the one that champion named",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(drive: Drive, name: str) -> None:
    damage, said = DAMAGE[name]
    registry = FileRegistry(drive)
    for number in (1, 2):
        registry.register(draft(number))
    registry.point("energy", CHAMPION, 1)
    registry.point("energy", "other", 2)
    damage(drive.root / "model_zoo/registry/energy")
    with pytest.raises(Exception, match=said) as caught:
        FileRegistry(drive).alias("energy", CHAMPION)
    assert caught.value.code in {"SCF060", "SCF002"}


@pytest.mark.parametrize("name", ["../energy", "", "Energy", "a/b", ".", "a\n", "x" * 65])
def test_a_name_is_no_path(drive: Drive, name: str) -> None:
    registry = FileRegistry(drive)
    registry.register(draft(1))
    for ask in (
        lambda: registry.versions(name),
        lambda: registry.alias(name, CHAMPION),
        lambda: registry.alias("energy", name),
        lambda: registry.point("energy", name, 1),
    ):
        with pytest.raises(RegistryError, match="is no name"):
            ask()


def test_a_drive_that_is_gone_is_no_empty_registry(drive: Drive) -> None:
    registry = FileRegistry(drive)
    registry.register(draft(1))
    drive.root.rename(drive.root.with_name("elsewhere"))
    drive.root.mkdir()  # an empty mount point
    for ask in (
        registry.models,
        lambda: registry.versions("energy"),
        lambda: registry.aliases("energy"),
        lambda: registry.alias("energy", CHAMPION),
        lambda: registry.register(draft(2)),
        lambda: registry.point("energy", CHAMPION, 1),
    ):
        with pytest.raises(DriveError):
            ask()
    assert list(drive.root.iterdir()) == []


WRITER = """
import sys
from pathlib import Path
from scf.drive import Drive
from scf.registry.files import FileRegistry
from tests.scf.registry_drafts import draft

registry = FileRegistry(Drive.open(Path(sys.argv[1])))
print("open", flush=True)
for number in range(1, 31):
    version = registry.register(draft(number))
    registry.point("energy", "champion", version.version)
"""


def write(drive: Drive) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(drive.root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def finish(child: "subprocess.Popen[str]") -> int:
    child.communicate(timeout=60)
    return child.returncode


def test_killed_at_any_moment_it_comes_to_the_same(tmp_path: Path) -> None:
    whole, torn = Drive.make(tmp_path / "whole"), Drive.make(tmp_path / "torn")
    assert finish(write(whole)) == 0
    for moment in range(8):
        child = write(torn)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(moment * 0.004)
        child.send_signal(signal.SIGKILL)
        finish(child)
    assert finish(write(torn)) == 0
    assert digests(torn) == digests(whole)
    assert len(digests(whole)) == 31
    assert not list((torn.root / "model_zoo").rglob(".*"))


def test_processes_take_turns(drive: Drive) -> None:
    children = [write(drive) for _ in range(3)]
    assert [finish(child) for child in children] == [0, 0, 0]
    assert [v.version for v in FileRegistry(drive).versions("energy")] == list(range(1, 31))
