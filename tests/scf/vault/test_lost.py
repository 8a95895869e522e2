"""A catalogue that is empty or older, a source that grows: nothing that was taken in is lost."""

import os
from pathlib import Path

import pytest
import zstandard
from tests.scf.vault_world import ANY, ingest, lines, new_vault

from scf.drive import Drive
from scf.vault import Vault
from scf.vault.errors import CatalogueError, SourceError
from scf.vault.sources import source_of
from scf.vault.sources.ndjson import Ndjson


def shards(vault: Vault) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in vault.shards.iterdir()}


def test_an_empty_catalogue_is_made_again(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    ingest(vault, lines(tmp_path / "a.ndjson", range(50)))
    before, count = shards(vault), vault.count()
    vault.close()
    (tmp_path / "drive/fossil_vault/catalogue.sqlite").write_bytes(b"")
    again = Vault.open(Drive.open(tmp_path / "drive"))
    assert (shards(again), again.count()) == (before, count)
    assert not again.check().damage
    again.close()


def test_an_older_catalogue_is_refused_until_it_is_made_again(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    ingest(vault, lines(tmp_path / "a.ndjson", range(20)))
    vault.close()
    path = tmp_path / "drive/fossil_vault/catalogue.sqlite"
    older = path.read_bytes()
    vault = Vault.open(Drive.open(tmp_path / "drive"))
    vault.ingest(lines(tmp_path / "b.ndjson", ["b"]), ANY)
    vault.dataset()
    before, count = shards(vault), vault.count()
    vault.close()
    path.write_bytes(older)
    vault = Vault.open(Drive.open(tmp_path / "drive"))
    with pytest.raises(CatalogueError, match="does not know the shard") as caught:
        ingest(vault, lines(tmp_path / "c.ndjson", ["c"]))
    assert "made again" in (caught.value.hint or "")
    assert shards(vault) == before
    vault.close()
    path.unlink()
    vault = Vault.open(Drive.open(tmp_path / "drive"))
    assert vault.count() == count
    ingest(vault, lines(tmp_path / "c.ndjson", ["c"]))
    assert vault.count() == count + 1
    vault.close()


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.zst"])
def test_of_a_file_that_grows_what_was_there_is_read(tmp_path: Path, name: str) -> None:
    plain = b"".join(b'{"n":%d}\n' % number for number in range(100_000)) + b"1"
    path = tmp_path / name
    pack = zstandard.compress if name.endswith("zst") else bytes
    path.write_bytes(pack(plain))
    items = Ndjson(path).read(None)
    next(items)
    with path.open("ab") as file:
        file.write(pack(b'2\n{"n":-1}\n'))
    assert sum(1 for _ in items) == 99_999  # the line that was not whole is of what came later


@pytest.mark.parametrize("name", [b"odd\xff.ndjson", b"odd\xff", b"odd\xff.parquet"])
def test_a_name_that_is_no_text_is_refused_unless_another_is_given(
    tmp_path: Path, name: bytes
) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"1\n")
    with pytest.raises(SourceError, match="not UTF-8"):
        source_of(path)
    assert source_of(path, name="even").name.endswith(":even")
