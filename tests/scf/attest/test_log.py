import fcntl
import os
import shutil
from pathlib import Path

import pytest
from tests.scf.attest.world import AT, World, make, statement

from scf.attest import store
from scf.attest.errors import LockedError, LogError, ProofError
from scf.attest.log import Log
from scf.attest.merkle import EMPTY
from scf.attest.proof import Proof
from scf.attest.verify import check_consistency, verify
from scf.cid import cid_of
from scf.drive import Drive
from scf.errors import DriveError, ScfError


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT))


def test_an_empty_log_has_a_head(tmp_path: Path) -> None:
    log = make(tmp_path).log()
    assert (len(log), log.head().size, log.head().root) == (0, 0, EMPTY.hex())
    assert list(log.entries()) == []
    assert log.find(cid_of(b"")) == ()
    assert log.check() == 0


def test_what_says_the_same_is_appended_once(tmp_path: Path) -> None:
    world = make(tmp_path)
    log = world.log()
    first = log.append(statement(1, at=10))
    assert log.append(statement(1, at=20)) == first
    assert log.append(statement(2)).index == 1
    again = world.log()
    assert again.append(statement(1, at=30)) == first
    assert [entry.attestation.statement.at for entry in again.entries()] == [10, AT]
    found = again.extend([statement(3), statement(1), statement(3, at=5), statement(4)])
    assert [entry.index for entry in found] == [2, 0, 2, 3]


def test_every_entry_is_proven_with_the_first_key_alone(tmp_path: Path) -> None:
    world = make(tmp_path, entries=9)
    log = world.log()
    for index in range(9):
        for size in (None, *range(index + 1, 10)):
            proof = Proof.of(log, index, size=size).canonical()
            assert verify(proof, world.first) == statement(index)


def test_every_two_heads_are_consistent(tmp_path: Path) -> None:
    world = make(tmp_path, entries=9)
    log = world.log()
    for first in range(10):
        for second in range(first, 10):
            proof = log.consistency(first, second)
            check_consistency(log.head(first), log.head(second), proof, world.first)


def test_the_proof_of_an_entry_never_changes(tmp_path: Path) -> None:
    world = make(tmp_path, entries=3)
    before = world.proof(1).canonical()
    world.log().extend(statement(number) for number in range(3, 20))
    assert world.proof(1).canonical() == before


def test_the_bytes_depend_on_the_statements_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    one.mkdir()
    other.mkdir()
    world = make(one)
    Drive.make(other / "drive")
    shutil.copytree(world.folder / "keys", other / "keys")
    for number in range(7):
        world.log().append(statement(number))
    World(other).log().extend(statement(number) for number in range(7))
    assert World(other).file.read_bytes() == world.file.read_bytes()
    assert World(other).hashes.read_bytes() == world.hashes.read_bytes()


def test_entries_are_found_by_what_they_are_about(tmp_path: Path) -> None:
    log = make(tmp_path, entries=5).log()
    log.append(statement(3, kind="rollback"))
    found = log.find(cid_of(b"model 3"))
    assert [entry.index for entry in found] == [3, 5]
    assert [entry.attestation.statement.kind for entry in found] == ["release", "rollback"]


def test_a_head_is_signed_once_for_each_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = make(tmp_path, entries=2).log()
    head = log.head()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT + 60))
    assert log.head() == head
    log.append(statement(2))
    assert log.head().at == AT + 60
    assert log.head(2) == head


@pytest.mark.parametrize("ask", [-1, 3, 1 << 60])
def test_what_is_not_there_is_not_proven(tmp_path: Path, ask: int) -> None:
    log = make(tmp_path, entries=3).log()
    for question in (
        log.entry,
        log.prove,
        lambda index: log.prove(0, index + 1 if index > 0 else 0),
    ):
        with pytest.raises(ProofError, match="no "):
            question(ask)
    with pytest.raises(ProofError, match="no first"):
        log.consistency(4)


@pytest.mark.parametrize("keep", [1, 50, 400, -1])
def test_a_torn_line_is_dropped_counted_and_written_again(tmp_path: Path, keep: int) -> None:
    world = make(tmp_path, entries=2)
    before = (tmp_path / "keys/head.json").read_bytes()
    world.log().append(statement(2))
    whole = world.file.read_bytes()
    start, hashes = whole.rindex(b"\n", 0, -1) + 1, world.hashes.read_bytes()
    world.hashes.write_bytes(hashes[: 32 * 3])  # they are written after the line
    world.file.write_bytes(whole[: start + keep] if keep > 0 else whole[:keep])
    (tmp_path / "keys/head.json").write_bytes(before)  # it is written after both
    log = world.log()
    assert (len(log), log.dropped) == (2, 1)
    log.append(statement(2))
    assert world.file.read_bytes() == whole
    assert world.hashes.read_bytes() == hashes
    assert world.log().dropped == 0


@pytest.mark.parametrize("lost", ["hashes", "half the hashes", "wrong hashes", "index", "no index"])
@pytest.mark.parametrize("audit", [True, False])
def test_what_follows_from_the_log_is_made_anew(tmp_path: Path, lost: str, audit: bool) -> None:
    world = make(tmp_path, entries=20)
    index = tmp_path / "drive/system_cache/log/index.sqlite"
    before = world.hashes.read_bytes()
    match lost:
        case "hashes":
            world.hashes.unlink()
        case "half the hashes":
            world.hashes.write_bytes(before[:333])
        case "wrong hashes":
            world.hashes.write_bytes(bytes(len(before)))
        case "index":
            index.write_bytes(b"no database" * 999)
        case _:
            index.unlink()
    log = world.log(audit=audit)
    assert log.append(statement(7)).index == 7
    assert log.check() == 20
    assert world.hashes.read_bytes() == before


def test_an_index_of_another_log_is_made_anew(tmp_path: Path) -> None:
    world = make(tmp_path, entries=4)
    index = tmp_path / "drive/system_cache/log/index.sqlite"
    kept = index.read_bytes()
    world.log().append(statement(9))
    full = index.read_bytes()
    index.write_bytes(kept)
    assert world.log().append(statement(9)).index == 4
    (tmp_path / "b").mkdir()
    other = make(tmp_path / "b", entries=5)
    (tmp_path / "b/drive/system_cache/log/index.sqlite").write_bytes(full)
    assert [entry.index for entry in other.log().find(cid_of(b"model 4"))] == [4]


def test_every_byte_of_the_log_counts(tmp_path: Path) -> None:
    """Any byte changed anywhere is refused: at open, or when all is checked."""
    world = make(tmp_path, entries=3)
    whole = world.file.read_bytes()
    middle = range(whole.index(b"\n") + 1, whole.rindex(b"\n", 0, -1))
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 7
        world.file.write_bytes(damaged)
        with pytest.raises(LogError):
            world.log().check()
        with pytest.raises(LogError):
            list(world.log(audit=False).entries())
        if place in middle and damaged[place] != ord("\n"):
            world.file.write_bytes(whole)
            log = world.log()
            world.file.write_bytes(damaged)  # while it is open
            with pytest.raises(LogError):
                log.entry(1)
        world.file.write_bytes(whole)
        assert world.log().check() == 3


CHANGES = {
    "an entry less": lambda lines: lines[:-1],
    "the first less": lambda lines: lines[1:],
    "one in the middle less": lambda lines: lines[:2] + lines[3:],
    "two exchanged": lambda lines: [lines[1], lines[0], *lines[2:]],
    "one twice": lambda lines: [*lines, lines[-1]],
    "an empty line": lambda lines: [*lines, b""],
    "nothing": lambda _lines: [],
    "a line that never ends": lambda lines: [*lines, b"x" * (2 << 20)],
    "another head": lambda lines: [*lines[:-1], lines[-1].replace(b'"size":5', b'"size":6')],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_log_that_was_changed_is_refused_and_kept(tmp_path: Path, change: str) -> None:
    world = make(tmp_path, entries=5)
    lines = world.file.read_bytes().splitlines()
    text = b"".join(line + b"\n" for line in CHANGES[change](lines))
    world.file.write_bytes(text)
    for audit in (True, False):
        with pytest.raises(LogError):
            world.log(audit=audit).check()
        assert world.file.read_bytes() == text


def test_a_log_that_others_write_to_is_followed(tmp_path: Path) -> None:
    world = make(tmp_path, entries=2)
    one, two = world.log(), world.log()
    two.append(statement(2))
    assert one.append(statement(3)).index == 3
    assert one.head() == two.head()
    assert [entry.index for entry in two.find(cid_of(b"model 3"))] == [3]
    new = two.rotate()
    assert one.append(statement(4)).attestation.key == new.key


def test_one_writes_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make(tmp_path, entries=1)
    log = world.log()
    monkeypatch.setattr(store, "PATIENCE_S", 0.05)
    file = os.open(world.file, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        with pytest.raises(LockedError):
            log.append(statement(1))
        assert log.head().size == 1  # to read it takes no lock
    finally:
        os.close(file)
    assert log.append(statement(1)).index == 1


def test_a_drive_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    world = make(tmp_path, entries=2)
    log = world.log()
    (tmp_path / "drive").rename(tmp_path / "unmounted")
    (tmp_path / "drive").mkdir()
    for act in (lambda: log.append(statement(2)), log.head, lambda: log.entry(1), log.check):
        with pytest.raises(DriveError):
            act()
    with pytest.raises(DriveError):
        Log.open(Drive(tmp_path / "drive"), world.ring)
    assert list((tmp_path / "drive").iterdir()) == []
    (tmp_path / "drive").rmdir()
    (tmp_path / "unmounted").rename(tmp_path / "drive")
    assert log.append(statement(2)).index == 2


def test_no_file_stays_open(tmp_path: Path) -> None:
    """Else the drive could not be unmounted."""
    log = make(tmp_path, entries=2).log()
    log.append(statement(2))
    list(log.entries())
    links = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert not [link for link in links if link.is_relative_to(tmp_path)]


@pytest.mark.parametrize("fits", [0, 1, 300, 700])
def test_a_full_disk_leaves_the_log_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fits: int
) -> None:
    world = make(tmp_path, entries=2)
    log = world.log()
    before = world.file.read_bytes()
    write = os.write
    room = [fits]

    def full(file: int, data: bytes) -> int:
        if room[0] == 0:
            raise OSError(28, "No space left on device")
        written = write(file, bytes(data)[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr("scf.attest.store.os.write", full)
    with pytest.raises(DriveError, match="full"):
        log.append(statement(2))
    monkeypatch.setattr("scf.attest.store.os.write", write)
    assert world.file.read_bytes() == before
    assert log.append(statement(2)).index == 2
    assert world.log().check() == 3


def test_a_statement_too_long_for_a_line_is_refused(tmp_path: Path) -> None:
    world = make(tmp_path)
    many = statement(1).model_copy(update={"predicate": {"x": "é" * (1 << 19)}})
    with pytest.raises(ScfError, match="at most"):
        world.log().append(many)
    assert world.file.read_bytes() == b""
