from pathlib import Path

import pytest
from tests.scf.attest.world import AT, make, statement

from scf.attest.errors import KeyringError, LogError
from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.attest.proof import Proof
from scf.attest.public import Keys
from scf.attest.verify import verify
from scf.errors import ScfError


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT))


def test_the_old_key_says_who_follows_it_and_the_new_one_signs_from_there(tmp_path: Path) -> None:
    world = make(tmp_path, entries=2)
    log = world.log()
    old = log.keyring.keys.last
    new = log.rotate()
    change = log.entry(2)
    assert change.attestation.key == old.key
    assert change.attestation.statement.kind == "key"
    assert change.attestation.statement.predicate == {
        "follows": old.key,
        "public": new.public,
        "since": 3,
    }
    assert [log.head(size).key for size in (1, 2, 3)] == [old.key, old.key, new.key]
    assert log.append(statement(3)).attestation.key == new.key
    assert [(key.since, key.until) for key in world.ring.keys.keys] == [(0, 3), (3, None)]


def test_a_key_is_changed_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    world = make(tmp_path, entries=1)
    first = world.ring.keys.last.key
    new = world.log().rotate(after=first)
    assert world.log().rotate(after=first) == new
    assert len(world.log()) == 2
    assert world.log().rotate().key != new.key


class EndedError(Exception):
    pass


@pytest.mark.parametrize("step", ["next", "add", "follow"])
def test_a_change_that_was_ended_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Ended after the key was made, before or after it was written to the log: one change in the end."""
    world = make(tmp_path, entries=2)
    first = world.ring.keys.last.key
    log = world.log()

    def ended(*_args: object, **_named: object) -> None:
        raise EndedError

    def made_and_ended(ring: Keyring, since: int) -> None:
        real(ring, since)
        raise EndedError

    real = Keyring.next

    with monkeypatch.context() as patch:
        if step == "add":
            patch.setattr("scf.attest.store.Store.add", ended)
        elif step == "follow":
            patch.setattr(Keyring, "follow", ended)
        else:
            patch.setattr(Keyring, "next", made_and_ended)
        with pytest.raises(EndedError):
            log.rotate(after=first)
    made = {path.stem for path in (tmp_path / "keys").glob("*.key")} - {first}
    again = world.log()
    new = again.rotate(after=first)
    assert made <= {new.key}
    assert [entry.attestation.statement.kind for entry in again.entries()] == [
        "release",
        "release",
        "key",
    ]
    again.append(statement(3))
    assert verify(Proof.of(again, 3).canonical(), world.first) == statement(3)
    assert again.check() == 4


def test_another_process_learns_of_a_change(tmp_path: Path) -> None:
    world = make(tmp_path, entries=1)
    stale = world.log()
    new = world.log().rotate()
    assert stale.append(statement(1)).attestation.key == new.key


def test_a_log_of_other_keys_is_refused(tmp_path: Path) -> None:
    world = make(tmp_path, entries=2)
    with pytest.raises(LogError, match="unknown key"):
        Log.open(world.drive, Keyring.make(tmp_path / "others"))


def test_a_lost_list_of_keys_is_not_guessed(tmp_path: Path) -> None:
    world = make(tmp_path, entries=1)
    first = (tmp_path / "keys/keys.json").read_bytes()
    world.log().rotate()
    world.log().append(statement(2))
    (tmp_path / "keys/keys.json").write_bytes(first)
    with pytest.raises(LogError, match="unknown key"):
        world.log()


def test_without_the_private_key_the_log_is_read_but_not_written(tmp_path: Path) -> None:
    world = make(tmp_path, entries=2)
    for path in (tmp_path / "keys").glob("*.key"):
        path.unlink()
    log = world.log()
    assert verify(Proof.of(log, 1).canonical(), world.first) == statement(1)
    with pytest.raises(KeyringError, match="is not in"):
        log.append(statement(2))
    assert len(world.log()) == 2


def test_many_changes(tmp_path: Path) -> None:
    world = make(tmp_path)
    for number in range(12):
        log = world.log()
        log.append(statement(number))
        log.rotate()
    log = world.log()
    assert log.check() == 24
    assert verify(Proof.of(log, 0, size=24).canonical(), world.first) == statement(0)
    assert verify(Proof.of(log, 22, size=24).canonical(), world.first) == statement(11)
    assert Keys.read(tmp_path / "keys/keys.json").last.since == 24


def test_a_change_of_keys_is_not_appended_by_hand(tmp_path: Path) -> None:
    with pytest.raises(ScfError, match=r"Log\.rotate"):
        make(tmp_path).log().append(statement(1, kind="key"))
