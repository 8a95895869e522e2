"""A log that is only read: public keys are enough, and what is seen is what its writer sees."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scf.attest.world import AT, World, make, statement

from scf.attest.errors import KeyringError, LogError, SignatureError
from scf.attest.log import Log
from scf.attest.proof import Proof
from scf.attest.public import Keys
from scf.attest.published import Published
from scf.attest.statement import TreeHead
from scf.attest.verify import check_consistency, verify
from scf.cid import cid_of
from scf.drive import Drive
from scf.errors import ContractError, DriveError


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Eleven entries; the fourth and the seventh hand the log over."""
    world = make(tmp_path, entries=3)
    log = world.log()
    for number in (3, 5):
        log.rotate()
        log.extend(statement(each) for each in (number, number + 1))
    log.append(statement(20, kind="ledger"))
    log.append(statement(0, kind="seen"))
    return world


def all_of(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Every file, and when it was written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_it_says_what_the_writer_says(world: World) -> None:
    writer = world.log()
    before = all_of(world.folder)
    read = Log.read(world.drive, world.first)
    assert (len(read), read.root, read.head()) == (len(writer), writer.root, writer.head())
    assert list(read.entries()) == list(writer.entries())
    assert read.keys == writer.keys
    assert read.chain() == writer.chain()
    for number in range(len(read)):
        assert Proof.of(read, number) == Proof.of(writer, number)
        assert verify(Proof.of(read, number, size=11).canonical(), world.first)
    for cid in (cid_of(b"model 0"), cid_of(b"model 6"), cid_of(b"nothing")):
        assert read.find(cid) == writer.find(cid)
    for kind in ("release", "ledger", "key", "seen", "none"):
        assert read.of(kind) == writer.of(kind)
        assert read.newest(kind) == writer.newest(kind)
    for first in range(len(read)):
        grown = read.consistency(first)
        assert grown == writer.consistency(first)
        if first:
            check_consistency(read.head(first), read.head(), grown, read.keys)
    assert read.check() == len(writer)
    assert all_of(world.folder) == before


def test_it_follows_what_is_written_meanwhile(world: World) -> None:
    read, writer = Log.read(world.drive, world.first), world.log()
    writer.append(statement(30))
    assert len(list(read.entries())) == len(writer)
    writer.rotate()
    writer.append(statement(31))
    assert read.head() == writer.head()
    assert read.keys == writer.keys


def test_nothing_is_signed(world: World) -> None:
    read = Log.read(world.drive, world.first)
    for act in (lambda: read.append(statement(99)), read.rotate, lambda: read.keyring):
        with pytest.raises(KeyringError, match="opened for reading"):
            act()


def test_a_line_that_is_not_whole_does_not_count(world: World) -> None:
    whole = world.file.read_bytes()
    world.file.write_bytes(whole + whole[:100])
    assert len(Log.read(world.drive, world.first)) == 11
    assert world.file.read_bytes() == whole + whole[:100]


def test_a_log_without_entries_has_no_signed_head(tmp_path: Path) -> None:
    world = make(tmp_path)
    shutil.rmtree(world.file.parent)
    read = Log.read(world.drive, world.first)
    assert (len(read), read.of("release"), read.newest("release")) == (0, (), ())
    with pytest.raises(SignatureError):
        world.first.check_head(read.head())
    assert not world.file.parent.exists()


def test_a_drive_that_is_gone_is_no_log(world: World, tmp_path: Path) -> None:
    read = Log.read(world.drive, world.first)
    (tmp_path / "drive").rename(tmp_path / "unmounted")
    (tmp_path / "drive").mkdir()
    for act in (
        read.head,
        lambda: read.entry(1),
        lambda: Log.read(Drive(tmp_path / "drive"), world.first),
    ):
        with pytest.raises(DriveError):
            act()


def test_a_pipe_is_not_waited_for(world: World) -> None:
    world.file.unlink()
    os.mkfifo(world.file)
    with pytest.raises(DriveError, match="not a regular file"):
        Log.read(world.drive, world.first)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10**9), to=st.integers(1, 255))
def test_no_byte_can_be_changed(world: World, place: int, to: int) -> None:
    """Once all is asked for; the last line break may be lost, which leaves a line that is not whole."""
    whole = world.file.read_bytes()
    changed = bytearray(whole)
    changed[place % (len(whole) - 1)] ^= to
    try:
        world.file.write_bytes(changed)
        with pytest.raises(LogError):
            Log.read(world.drive, world.first).check()
    finally:
        world.file.write_bytes(whole)


def a_line_less(world: World) -> None:
    whole = world.file.read_bytes()
    world.file.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])


def nothing_left(world: World) -> None:
    world.file.unlink()


def another_of_the_same_keys(world: World) -> None:
    other = make(world.folder / "other")
    for path in (world.folder / "keys").glob("*.key"):
        (other.folder / "keys" / path.name).write_bytes(path.read_bytes())
        (other.folder / "keys" / path.name).chmod(0o600)
    keys = Keys(keys=(world.ring.keys.keys[0].model_copy(update={"until": None}),))
    (other.folder / "keys/keys.json").write_bytes(keys.canonical())
    other.log().extend(statement(number) for number in range(40, 60))
    world.file.write_bytes(other.file.read_bytes())


@pytest.mark.parametrize("change", [a_line_less, nothing_left, another_of_the_same_keys])
def test_what_is_missing_is_told_by_the_head_that_was_kept_alone(
    world: World, change: Callable[[World], None]
) -> None:
    seen = Published.find(world.folder / "keys", world.drive)
    first = world.first
    change(world)
    with pytest.raises(LogError, match="in its place"):
        Log.read(world.drive, first, seen.head)
    Log.read(world.drive, first)  # whole in itself, and signed


def test_keys_that_are_known_tell_of_a_log_that_is_older(world: World) -> None:
    lines = world.file.read_bytes().splitlines(keepends=True)
    keys = world.ring.keys
    world.file.write_bytes(b"".join(lines[:5]))
    with pytest.raises(LogError, match="has 5 entries, and 7 were signed"):
        Log.read(world.drive, keys)


def test_a_log_that_was_replaced_while_it_is_read_is_refused(world: World) -> None:
    read = Log.read(world.drive, world.first)
    another_of_the_same_keys(world)
    with pytest.raises(LogError, match="not the log's key at 20"):
        read.head()


def test_another_first_key_is_no_key_of_the_log(world: World, tmp_path: Path) -> None:
    stranger = make(tmp_path / "stranger").first
    with pytest.raises(LogError, match="unknown key"):
        Log.read(world.drive, stranger)


def test_public_keys_are_those_of_the_home_or_else_those_beside_the_log(world: World) -> None:
    keys, log = world.folder / "keys", world.log()
    home = Published.find(keys, world.drive)
    assert (home.keys, home.head, home.beside) == (log.keys, log.head(), False)
    keys.rename(world.folder / "away")
    public = Published.find(keys, world.drive)
    assert (public.keys, public.head, public.beside) == (log.keys, None, True)
    named = Published.find(keys, world.drive, world_keys := Keys.only(log.keys.keys[0].public))
    assert (named.keys, named.beside) == (world_keys, False)
    (world.file.parent / "keys.json").unlink()
    with pytest.raises(KeyringError, match="cannot be read"):
        Published.find(keys, world.drive)


def test_the_keys_beside_the_log_are_put_back(world: World) -> None:
    beside = world.file.parent / "keys.json"
    wanted = (world.folder / "keys/keys.json").read_bytes()
    for change in (beside.unlink, lambda: beside.write_bytes(b"{}")):
        change()
        world.log()
        assert beside.read_bytes() == wanted
    world.log().rotate()
    assert beside.read_bytes() == (world.folder / "keys/keys.json").read_bytes() != wanted


def test_a_head_that_is_damaged_is_an_error(world: World) -> None:
    (world.folder / "keys/head.json").write_bytes(b"{")
    with pytest.raises(ContractError, match=r"head\.json"):
        Published.find(world.folder / "keys", world.drive)


def test_a_kept_head_is_never_newer_than_the_log_that_is_read_after_it(world: World) -> None:
    writer = world.log()
    for number in range(50, 55):
        seen = Published.find(world.folder / "keys", world.drive)
        writer.append(statement(number))
        assert isinstance(seen.head, TreeHead)
        assert len(Log.read(world.drive, seen.keys, seen.head)) == len(writer)
