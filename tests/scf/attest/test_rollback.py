"""The last head is kept beside the keys, on another disk than the log: an older log is told by it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scf.attest.world import AT, World, make, statement

from scf.attest.errors import KeyringError, LogError
from scf.attest.statement import TreeHead
from scf.errors import DriveError


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT))


def last_head(world: World) -> Path:
    return world.folder / "keys/head.json"


def test_the_last_head_is_kept(tmp_path: Path) -> None:
    world = make(tmp_path)
    assert not last_head(world).exists()
    log = world.log()
    log.append(statement(0))
    assert TreeHead.read(last_head(world)) == log.head(1)
    log.rotate()
    assert TreeHead.read(last_head(world)) == log.head(2)
    assert last_head(world).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("audit", [True, False])
@pytest.mark.parametrize("last", ["lost", "older"])
def test_a_head_that_was_not_kept_is_kept_at_the_next_open(
    tmp_path: Path, audit: bool, last: str
) -> None:
    world = make(tmp_path, entries=2)
    before = last_head(world).read_bytes()
    world.log().append(statement(2))
    newest = last_head(world).read_bytes()
    if last == "lost":
        last_head(world).unlink()
    else:
        last_head(world).write_bytes(before)
    assert len(world.log(audit=audit)) == 3
    assert last_head(world).read_bytes() == newest


def an_older_copy(world: World) -> None:
    shutil.rmtree(world.file.parent)
    shutil.copytree(world.folder / "older", world.file.parent)


def no_folder(world: World) -> None:
    shutil.rmtree(world.file.parent)


def a_line_less(world: World) -> None:
    whole = world.file.read_bytes()
    world.file.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    world.hashes.unlink()


def half_a_line_less(world: World) -> None:
    world.file.write_bytes(world.file.read_bytes()[:-50])


def another_of_the_same_keys(world: World) -> None:
    keys = world.folder / "other/keys"
    shutil.copytree(world.folder / "keys", keys)
    (keys / "head.json").unlink()
    shutil.rmtree(world.file.parent)
    other = make(world.folder / "other")
    other.log().extend(statement(number) for number in range(10, 16))
    shutil.copytree(other.file.parent, world.file.parent)


@pytest.mark.parametrize(
    "change",
    [an_older_copy, no_folder, a_line_less, half_a_line_less, another_of_the_same_keys],
)
@pytest.mark.parametrize("audit", [True, False])
def test_another_log_is_refused_and_kept(
    tmp_path: Path, change: Callable[[World], None], audit: bool
) -> None:
    world = make(tmp_path, entries=2)
    shutil.copytree(world.file.parent, tmp_path / "older")
    world.log().extend(statement(number) for number in range(2, 5))
    newest = last_head(world).read_bytes()
    change(world)
    before = world.file.read_bytes() if world.file.exists() else b""
    with pytest.raises(LogError, match="put in its place"):
        world.log(audit=audit)
    assert world.file.read_bytes() == before
    assert last_head(world).read_bytes() == newest


def test_a_log_that_is_older_than_its_keys_is_refused_without_a_head(tmp_path: Path) -> None:
    world = make(tmp_path, entries=2)
    older = world.file.read_bytes()
    world.log().rotate()
    last_head(world).unlink()
    world.file.write_bytes(older)
    world.hashes.unlink()
    with pytest.raises(LogError, match="has 2 entries, and 3 were signed"):
        world.log()


def test_the_newest_log_put_back_is_accepted(tmp_path: Path) -> None:
    world = make(tmp_path, entries=3)
    newest = world.file.read_bytes()
    world.file.write_bytes(b"")
    with pytest.raises(LogError):
        world.log()
    world.file.write_bytes(newest)
    assert world.log().append(statement(3)).index == 3


def test_a_damaged_head_is_an_error(tmp_path: Path) -> None:
    world = make(tmp_path, entries=1)
    last_head(world).write_bytes(b"{")
    with pytest.raises(KeyringError):
        world.log()


@pytest.mark.parametrize("name", ["log.ndjson", "hashes"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    world = make(tmp_path)
    path = world.file.with_name(name)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DriveError, match="not a regular file"):
        world.log()


def test_the_newest_statement_of_a_kind_is_found(tmp_path: Path) -> None:
    world = make(tmp_path, entries=3)
    log = world.log()
    assert log.newest("ledger") == ()
    for number in (3, 4):
        log.append(statement(number, kind="ledger"))
    log.append(statement(5))
    wanted = tuple(one.cid for one in statement(4).subjects)
    assert log.newest("ledger") == wanted
    (tmp_path / "drive/system_cache/log/index.sqlite").unlink()
    assert world.log().newest("ledger") == wanted
