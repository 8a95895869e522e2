"""What is remembered of a fleet never hides a file that differs, whatever became of it and when."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import FLEET, HOST, copy_with, remove
from sovereign.cli import run
from sovereign.inventory.load import load
from sovereign.operate import cache
from sovereign.operate.cache import read_inputs, recall, remember
from sovereign.operate.generate import apply, plan
from sovereign.review.run import review

GENERATED = "hosts/cloudlab/generated"
SAVED = ".sovereign/generate.json"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "FEW", 1)
    return copy_with(tmp_path, {})


def works(root: Path, capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether `generate` did the work itself; it must succeed, and leave all files current."""
    capsys.readouterr()
    assert run(["generate", "--root", str(root)]) == 0
    told = capsys.readouterr().out
    assert run(["generate", "--check", "--no-cache", "--root", str(root)]) == 0
    return "as before" not in told


def append(name: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("# by hand\n")

    return change


def put_a_link(root: Path) -> None:
    module = root / GENERATED / "boot.nix"
    copy = module.rename(root / "boot.nix")
    module.symlink_to(copy)


def put_a_pipe_for_the_memory(root: Path) -> None:
    (root / SAVED).unlink()
    os.mkfifo(root / SAVED)


CHANGES: list[Callable[[Path], None]] = [
    append(HOST),
    append(FLEET),
    lambda root: (root / GENERATED / "format.sh").chmod(0o644),
    lambda root: remove(root / GENERATED),
    put_a_link,
    lambda root: os.mkfifo(root / GENERATED / "pipe"),
    lambda root: (root / SAVED).write_bytes(b"\xff"),
    lambda root: (root / SAVED).write_text((root / SAVED).read_text()[:-9]),
    put_a_pipe_for_the_memory,
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_seen(
    fleet: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None]
) -> None:
    works(fleet, capsys)
    change(fleet)
    assert works(fleet, capsys)
    assert not works(fleet, capsys)


@pytest.mark.parametrize("name", [HOST, FLEET, f"{GENERATED}/boot.nix"])
def test_what_changes_during_a_run_is_seen_by_the_next(fleet: Path, name: str) -> None:
    inputs = read_inputs(fleet)
    assert inputs
    inventory = load(fleet)
    changes = plan(inventory, ["cloudlab"])
    apply(fleet, changes)
    append(name)(fleet)
    remember(fleet, inputs, changes, review(inventory))
    now = read_inputs(fleet)
    assert now
    assert recall(fleet, now) is None


def test_without_a_place_to_remember_the_work_is_done_again(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / ".sovereign").touch()
    assert works(fleet, capsys)
    assert works(fleet, capsys)
