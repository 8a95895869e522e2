"""A file is replaced whole, or left as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sovereign.errors import WriteError
from sovereign.files import alone, holds, read_file, write_atomically


def test_writes_a_new_file_below_new_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.nix"
    assert write_atomically(path, "{ }\n")
    assert path.read_text() == "{ }\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_does_not_touch_a_file_that_holds_the_text(tmp_path: Path) -> None:
    path = tmp_path / "same"
    write_atomically(path, "ü\n")
    before = path.stat()
    assert not write_atomically(path, "ü\n")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_script_becomes_executable_even_when_its_text_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "script"
    write_atomically(path, "true\n")
    assert write_atomically(path, "true\n", executable=True)
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    write_atomically(path, "old\n")

    def full(_path: Path, _mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "chmod", full)
    with pytest.raises(WriteError, match="No space left"):
        write_atomically(path, "new\n")
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert path.read_text() == "old\n"


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot write .*Is a directory"):
        write_atomically(tmp_path, "text")


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("text\n")
    link.symlink_to(target)
    assert not holds(link, "text\n")
    assert write_atomically(link, "text\n")
    assert not link.is_symlink()
    assert write_atomically(link, "new\n")
    assert target.read_text() == "text\n"


def test_a_pipe_or_a_device_is_refused_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(OSError, match="Not a regular file"):
            read_file(path)
        assert not holds(path, "text")


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys; from sovereign.files import alone\n"
        "with alone(pathlib.Path(sys.argv[1]), lambda: print('waits', flush=True)):\n"
        "    print('works')"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with alone(tmp_path, lambda: None):
        second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert second.stdout
        assert second.stdout.readline() == "waits\n"
        assert second.poll() is None
    assert second.communicate(timeout=60)[0] == "works\n"
