"""What stands in a fleet's folder by mistake or malice: told at once, never followed or cleared."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import FLEET, HOST, copy_with, remove
from sovereign.cli import run
from sovereign.errors import Exit

GENERATED = "hosts/cloudlab/generated"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return copy_with(tmp_path, {})


def link(path: Path) -> None:
    path.symlink_to(path.name)


PLACES: list[tuple[Callable[[Path], None], str]] = [
    (os.mkfifo, "Not a regular file"),
    (os.mkdir, "Is a directory"),
    (link, "symbolic links"),
    (lambda path: path.symlink_to("/dev/zero"), "Not a regular file"),
    (lambda path: path.symlink_to("nowhere"), "No such file"),
]


@pytest.mark.parametrize(("put", "words"), PLACES)
def test_what_is_no_file_is_told_where_a_host_is_described(
    fleet: Path, capsys: pytest.CaptureFixture[str], put: Callable[[Path], None], words: str
) -> None:
    (fleet / HOST).unlink()
    put(fleet / HOST)
    assert run(["generate", "--root", str(fleet)]) == Exit.FINDINGS
    err = capsys.readouterr().err
    assert err.startswith("error[INV003]: cannot read the file: ")
    assert words in err
    assert f"--> {HOST}" in err


def test_a_pipe_in_place_of_the_fleet_is_told(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / FLEET).unlink()
    os.mkfifo(fleet / FLEET)
    assert run(["check", "--root", str(fleet)]) == Exit.FINDINGS
    assert "Not a regular file" in capsys.readouterr().err


def test_what_was_generated_for_a_host_that_is_gone_is_told(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / "hosts" / "gone" / "generated").mkdir(parents=True)
    assert run(["generate", "--root", str(fleet)]) == Exit.FINDINGS
    err = capsys.readouterr().err
    assert "--> hosts/gone/host.toml" in err
    assert "remove the folder" in err


def test_a_linked_folder_of_generated_files_is_not_cleared(
    fleet: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "precious").touch()
    (fleet / GENERATED).symlink_to(elsewhere)
    assert run(["generate", "--root", str(fleet)]) == Exit.FAILED
    assert "is a link" in capsys.readouterr().err
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]


def test_a_folder_among_generated_files_stops_all_writing(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / GENERATED / "mine").mkdir(parents=True)
    assert run(["generate", "--root", str(fleet)]) == Exit.FAILED
    assert "move it elsewhere" in capsys.readouterr().err
    assert [path.name for path in (fleet / GENERATED).iterdir()] == ["mine"]


def test_links_pipes_and_leftovers_among_generated_files_are_mended(
    fleet: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = fleet / GENERATED
    run(["generate", "--root", str(fleet)])
    right = (place / "boot.nix").read_text("utf-8")
    other = tmp_path_factory.mktemp("other") / "boot.nix"
    other.write_text(right, "utf-8")
    remove(place / "boot.nix")
    (place / "boot.nix").symlink_to(other)
    remove(place / "system.nix")
    os.mkfifo(place / "system.nix")
    (place / ".boot.nix.0123456789abcdef").touch()
    assert run(["generate", "--check", "--diff", "--root", str(fleet)]) == Exit.FINDINGS
    assert run(["generate", "--root", str(fleet)]) == Exit.DONE
    assert all(path.is_file() and not path.is_symlink() for path in place.iterdir())
    assert other.read_text("utf-8") == right
    assert run(["generate", "--check", "--root", str(fleet)]) == Exit.DONE


def test_a_drawing_does_not_replace_a_device(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = fleet / "pipe"
    os.mkfifo(pipe)
    assert run(["graph", "--output", str(pipe), "--root", str(fleet)]) == Exit.FAILED
    assert "no regular file" in capsys.readouterr().err
    assert pipe.is_fifo()


def test_a_schema_that_is_no_text_is_not_current(fleet: Path) -> None:
    run(["schema", "--root", str(fleet)])
    (fleet / "hosts" / "schema" / "host.json").write_bytes(b"\xff")
    assert run(["schema", "--check", "--root", str(fleet)]) == Exit.FINDINGS


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(fleet: Path, closed: str) -> None:
    command = f'"$0" -m sovereign generate --root "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, str(fleet)], capture_output=True, check=False
    )
    assert done.returncode == Exit.DONE
    assert b"Traceback" not in done.stderr
    assert (fleet / GENERATED / "default.nix").is_file()


@pytest.mark.parametrize("encoding", ["utf-8:strict", "latin-1:strict"])
def test_every_encoding_can_be_written(fleet: Path, encoding: str) -> None:
    text = (fleet / HOST).read_text("utf-8").replace("Storage, databases", "Störage → 日本")
    (fleet / HOST).write_text(text, "utf-8")
    odd = os.fsencode(fleet) + b"/odd \xff"
    env = os.environ | {"PYTHONIOENCODING": encoding}
    for words in (["show", "--root", fleet], ["show", "--json", "--root", fleet], ["init", odd]):
        done = subprocess.run(
            [sys.executable, "-m", "sovereign", *words], env=env, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr.count(b"Traceback")) == (0, 0)
        assert done.stdout.decode(encoding.partition(":")[0])
