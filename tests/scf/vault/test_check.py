"""A vault finds what was changed in it, and makes a lost catalogue again from its shards."""

import sqlite3
from pathlib import Path

import pytest
import rfc8785
from tests.scf.vault_world import contents, ingest, lines, new_vault

from scf.batcher.shards import write_shard
from scf.cid import cid_of
from scf.contracts.fossil import Fossil
from scf.drive import Drive, Partition
from scf.errors import DriveError, RefusedError
from scf.vault import Vault
from scf.vault.errors import CatalogueError
from scf.vault.reading import lines as shard_lines

VALUES = [{"n": number} for number in range(35)]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Four shards."""
    vault = new_vault(tmp_path / "drive")
    ingest(vault, lines(tmp_path / "a.ndjson", VALUES))
    return vault


def catalogue(vault: Vault) -> Path:
    return vault.drive.root / Partition.FOSSIL_VAULT / "catalogue.sqlite"


def shard(vault: Vault, number: int) -> Path:
    return vault.shards / f"shard-{number:08d}.ndjson.zst"


def test_a_sound_vault_has_no_damage(vault: Vault) -> None:
    checked = vault.check()
    assert (checked.shards, checked.fossils, checked.damage) == (4, 35, ())


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [0, 5, 40, -1])
def test_a_flipped_bit_is_found(vault: Vault, at: int) -> None:
    flip(shard(vault, 2), at)
    (damage,) = vault.check().damage
    assert (damage.shard, damage.line) == (shard(vault, 2).name, 0)
    assert str(damage).count("shard-00000002") == 1
    assert "CID" in damage.problem


@pytest.mark.parametrize("change", ["missing", "cut off", "longer"])
def test_a_shard_that_is_not_whole_is_found(vault: Vault, change: str) -> None:
    path = shard(vault, 4)
    data = path.read_bytes()
    path.unlink()
    if change != "missing":
        path.write_bytes(data[:-1] if change == "cut off" else data + b"\0")
    (damage,) = vault.check().damage
    assert damage.shard == path.name


FORGERIES = {
    "other content": ({"content": {"n": -1}}, "its bytes have the CID"),
    "another CID": ({"cid": cid_of(b"x")}, "its bytes have the CID"),
    "a verdict": (
        {"verdict": {"verifier": "v", "passed": False, "detail": ""}},
        "its verdict did not pass",
    ),
    "a parent": ({"parents": [cid_of(b"x")]}, "is not held"),
    "another form": (None, "canonical form"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_line_is_found_even_when_the_shard_agrees(vault: Vault, name: str) -> None:
    """Whoever can write to the catalogue as well is found by the fossils' own CIDs."""
    changes, problem = FORGERIES[name]
    rows = list(shard_lines(shard(vault, 1), vault.dataset().shards[0]))
    fossil = Fossil.parse(rows[3], source="row").model_dump(mode="json")
    rows[3] = rows[3] + b" " if changes is None else rfc8785.dumps({**fossil, **changes})
    with shard(vault, 1).open("wb") as file:
        written = write_shard(file, rows)
    with sqlite3.connect(catalogue(vault)) as db:
        db.execute(
            "UPDATE shards SET cid = ?, bytes = ?, raw_bytes = ? WHERE seq = 1",
            (written.cid, written.bytes, written.raw_bytes),
        )
    db.close()
    (damage,) = vault.check().damage
    assert damage.line == 4
    assert problem in str(damage)


def test_a_catalogue_that_lies_is_found(vault: Vault) -> None:
    with sqlite3.connect(catalogue(vault)) as db:
        db.execute("DELETE FROM fossils WHERE shard = 2 AND line = 3")
        db.execute("UPDATE fossils SET line = 100 WHERE shard = 3 AND line = 4")
    db.close()
    damage = vault.check().damage
    assert [(each.shard, each.line) for each in damage] == [
        (shard(vault, 2).name, 4),
        (shard(vault, 3).name, 5),
        ("the catalogue", 0),
    ]


def test_a_lost_catalogue_is_made_again(vault: Vault, tmp_path: Path) -> None:
    files, rows = contents(vault)
    vault.close()
    catalogue(vault).unlink()
    again = Vault.open(Drive.open(tmp_path / "drive"))
    kept = [row for row in rows if row.startswith(("shards", "fossils"))]
    assert contents(again) == (files, kept)
    assert not again.check().damage
    report = ingest(again, lines(tmp_path / "a.ndjson", VALUES))
    assert (report.added, report.known) == (0, 35)
    assert contents(again) == (files, rows)


@pytest.mark.parametrize("at", [0, 40, -1])
def test_no_catalogue_is_made_of_a_damaged_shard(vault: Vault, tmp_path: Path, at: int) -> None:
    vault.close()
    flip(shard(vault, 2), at)
    catalogue(vault).unlink()
    with pytest.raises(RefusedError, match="shard-00000002"):
        Vault.open(Drive.open(tmp_path / "drive"))
    assert not catalogue(vault).exists()
    flip(shard(vault, 2), at)
    assert Vault.open(Drive.open(tmp_path / "drive")).count() == 35


def test_a_catalogue_that_is_behind_is_not_written_to(vault: Vault, tmp_path: Path) -> None:
    with sqlite3.connect(catalogue(vault)) as db:
        db.execute("DELETE FROM shards WHERE seq > 2")
        db.execute("DELETE FROM fossils WHERE shard > 2")
    db.close()
    before, _ = contents(vault)
    with pytest.raises(CatalogueError, match="does not know the shard shard-00000004") as error:
        ingest(vault, lines(tmp_path / "b.ndjson", [1]))
    assert "move catalogue.sqlite away" in (error.value.hint or "")
    assert contents(vault)[0] == before


@pytest.mark.parametrize("data", [b"rubbish" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_rubbish_in_the_place_of_a_catalogue_is_an_error(
    vault: Vault, tmp_path: Path, data: bytes
) -> None:
    vault.close()
    catalogue(vault).write_bytes(data)
    with pytest.raises(CatalogueError, match="not a database"):
        Vault.open(Drive.open(tmp_path / "drive"))


def test_no_vault_is_made_where_there_is_no_drive(tmp_path: Path) -> None:
    with pytest.raises(DriveError):
        Vault.open(Drive(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_of_a_later_version_is_left_alone(vault: Vault, tmp_path: Path) -> None:
    vault.close()
    with sqlite3.connect(catalogue(vault)) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(CatalogueError, match="version 2"):
        Vault.open(Drive.open(tmp_path / "drive"))


def test_a_catalogue_that_cannot_be_written_to_stops_the_ingest(
    vault: Vault, tmp_path: Path
) -> None:
    vault.close()
    before = contents_of(vault)
    catalogue(vault).unlink()
    catalogue(vault).mkdir()
    with pytest.raises(DriveError, match="catalogue"):
        Vault.open(Drive.open(tmp_path / "drive"))
    assert contents_of(vault) == before


def contents_of(vault: Vault) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in vault.shards.iterdir()}
