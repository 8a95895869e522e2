"""One process at a time: others wait as long as they are told to, and a dead one holds nothing."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

import pytest

from scf.errors import ScfError
from scf.turns import take, turn

BUSY = ScfError("held by another")


@contextmanager
def held(path: Path, *, for_s: float = 60.0) -> Iterator[int]:
    """Another process has its turn; its id."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        with turn(path, BUSY, patience_s=0):
            os.write(told, b"!")
            time.sleep(for_s)
        os._exit(0)
    os.read(ready, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(told)


@pytest.fixture(params=["file", "folder"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / "here"
    if request.param == "file":
        made.touch()
    else:
        made.mkdir()
    return made


@pytest.mark.parametrize("patience_s", [0, 0.15])
def test_patience_ends(path: Path, patience_s: float) -> None:
    with held(path):
        began = time.monotonic()
        with (
            pytest.raises(ScfError, match="held by another"),
            turn(path, BUSY, patience_s=patience_s),
        ):
            pytest.fail("it was held")
        assert patience_s <= time.monotonic() - began < patience_s + 5


@pytest.mark.parametrize("patience_s", [30.0, inf])
def test_who_waits_is_next(path: Path, patience_s: float) -> None:
    with held(path, for_s=0.3), turn(path, BUSY, patience_s=patience_s):
        pass


def test_a_dead_process_holds_nothing(path: Path) -> None:
    with held(path) as child:
        os.kill(child, signal.SIGKILL)
        with turn(path, BUSY, patience_s=30.0):
            pass


def test_a_turn_ends_with_an_error_too(path: Path) -> None:
    with pytest.raises(KeyError), turn(path, BUSY, patience_s=0):
        raise KeyError
    with turn(path, BUSY, patience_s=0) as file:
        other = os.open(path, os.O_RDONLY)
        try:
            with pytest.raises(ScfError, match="held by another"):
                take(other, BUSY, patience_s=0)
        finally:
            os.close(other)
        assert os.get_inheritable(file) is False


def test_nothing_is_made_unless_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), turn(tmp_path / "lock", BUSY):
        pytest.fail("there is nothing")
    with turn(tmp_path / "lock", BUSY, make=0o600):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "lock"]


def test_what_is_made_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), turn(tmp_path / "lock", BUSY, make=0o600):
        pytest.fail("it led elsewhere")
    assert not (tmp_path / "elsewhere").exists()
