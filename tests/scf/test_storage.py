"""A drive that is full, or that goes while the loop runs: it stops cleanly, goes on, loses nothing."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

from bench.scf.kills import begun, digests, finish, prepared, started


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration that was left alone."""
    folder = prepared(tmp_path_factory.mktemp("storage") / "pattern")
    finish(folder)
    return folder


@pytest.fixture
def place(kernel: None, tmp_path: Path, pattern: Path) -> Iterator[Path]:  # noqa: ARG001 root
    """A demonstration that has not begun, its drive a file system of its own."""
    folder = tmp_path / "demo"
    (folder / "drive").mkdir(parents=True)
    mount(folder, "-t", "tmpfs", "-o", "size=64m", "scf")
    begun(pattern, folder)
    yield folder
    subprocess.run(["umount", "--lazy", folder / "drive"], check=False)


def mount(place: Path, *words: str | Path) -> None:
    subprocess.run(["mount", *words, place / "drive"], check=True)


def told(place: Path) -> tuple[int, str]:
    """The exit code of the demonstration, and what it said."""
    child = started(place, log=place / "told")
    return child.wait(300), (place / "told").read_text("utf-8")


def test_a_full_drive_is_gone_on_with_when_there_is_room(place: Path, pattern: Path) -> None:
    refused = 0
    for size in (40, 100, 400, 900, 1600, 2400, 3200, 20_000):
        mount(place, "-o", f"remount,size={size}k")
        code, said = told(place)
        if code == 0:
            break
        refused += 1
        assert "Traceback" not in said
        assert "full" in said or "No space" in said or "do not fit" in said
    assert refused > 3
    assert digests(place) == digests(pattern)


@pytest.mark.parametrize("after_s", [1.0, 3.0, 5.0])
def test_a_drive_that_goes_meanwhile_is_gone_on_with_when_it_is_back(
    place: Path, pattern: Path, after_s: float
) -> None:
    kept = place / "kept"
    kept.mkdir()
    subprocess.run(["mount", "--bind", place / "drive", kept], check=True)
    try:
        child = started(place, log=place / "told")
        time.sleep(after_s)
        running = child.poll() is None
        subprocess.run(["umount", "--lazy", place / "drive"], check=True)
        code = child.wait(120)
        assert (code == 1) or not running
        assert "Traceback" not in (place / "told").read_text("utf-8")
        assert list((place / "drive").iterdir()) == []
        mount(place, "--bind", kept)
        finish(place)
        assert digests(place) == digests(pattern)
        subprocess.run(["umount", "--lazy", place / "drive"], check=True)
    finally:
        subprocess.run(["umount", "--lazy", kept], check=False)
