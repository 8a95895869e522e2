"""The revision of the code that trains: one for the same sources, another when any of them changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from setuptools import find_packages

import scf
from scf.training.revision import code_revision, digest

SOURCES = Path(scf.__file__).parents[1]
COVERED = ("emily/cognition/gflownet", "scf/batcher", "scf/contracts", "scf/training")
ALL = sorted(path for folder in COVERED for path in (SOURCES / folder).rglob("*.py"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The modules as an installed wheel has them."""
    for package in find_packages(str(SOURCES)):
        folder = Path(*package.split("."))
        (tmp_path / folder).mkdir(parents=True)
        for path in (SOURCES / folder).glob("*.py"):
            shutil.copy(path, tmp_path / folder)
    return tmp_path


def test_it_is_the_same_where_a_wheel_is_installed(copy: Path) -> None:
    program = (
        "from scf.training import revision\nprint(revision.__file__, revision.code_revision())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
    )
    path, revision = done.stdout.split()
    assert Path(path).is_relative_to(copy)
    assert revision == code_revision()


def test_any_module_that_changes_changes_it(copy: Path) -> None:
    found = {digest(copy)}
    for path in ALL:
        module = copy / path.relative_to(SOURCES)
        module.write_bytes(module.read_bytes() + b"\n")
        found.add(digest(copy))
    assert len(found) == len(ALL) + 1


@pytest.mark.parametrize("folder", COVERED)
def test_so_does_one_that_comes_goes_or_has_another_name(copy: Path, folder: str) -> None:
    before, module = digest(copy), copy / folder / "more.py"
    module.touch()
    more = digest(copy)
    module.rename(copy / folder / "other.py")
    other = digest(copy)
    (copy / folder / "other.py").unlink()
    assert len({before, more, other}) == 3
    assert digest(copy) == before


def test_what_no_result_depends_on_does_not(copy: Path) -> None:
    before = digest(copy)
    for name in ("scf/cli/worker.py", "emily/files.py", "scf/training/notes.txt"):
        (copy / name).write_text("# another")
    (copy / "scf/training/__pycache__").mkdir()
    (copy / "scf/training/__pycache__/task.pyc").write_bytes(b"compiled")
    assert digest(copy) == before
