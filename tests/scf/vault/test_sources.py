"""Each kind of source: what becomes of it, from wherever it is gone on with."""

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet
from tests.scf.vault_world import ANY, Cut, cids, contents, ingest, lines, new_vault

from scf.cid import cid_of
from scf.vault.candidate import Adapter, Candidate, Item
from scf.vault.errors import SourceError
from scf.vault.sources import Files, Fossils, Ndjson, Parquet, label, source_of
from scf.vault.sources.files import CHUNK, MANIFEST

BIG = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(80_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of all sizes, one of them of three pieces."""
    root = tmp_path / "soup"
    for name, data in {
        "a/b.txt": b"b",
        "a.txt": "ä\n".encode(),
        "a/big": BIG,
        "a-z": b"",
        "z/y/x": b"\x00\x01",
        "z/exact": BIG[:CHUNK],
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def rows(path: Path) -> Path:
    """A Parquet file of several row groups."""
    table = pa.table(
        {
            "n": list(range(300)),
            "point": [[number / 4, 1.0] for number in range(300)],
            "at": [datetime(2026, 1, 1, tzinfo=UTC)] * 300,
            "price": [Decimal("1.50")] * 300,
            "raw": [b"\x00"] * 300,
            "none": pa.nulls(300),
        }
    )
    parquet.write_table(table, path, row_group_size=110)
    return path


def every_kind(tmp_path: Path, folder: Path) -> dict[str, Adapter]:
    values = [{"n": number} if number % 7 else b"{" for number in range(40)]
    plain = lines(tmp_path / "a.ndjson", values)
    packed = tmp_path / "b.ndjson.zst"
    packed.write_bytes(zstandard.compress((tmp_path / "a.ndjson").read_bytes()))
    return {
        "ndjson": plain,
        "zst": Ndjson(packed),
        "files": Files(folder),
        "one file": Files(folder / "a" / "big"),
        "parquet": Parquet(rows(tmp_path / "c.parquet")),
    }


@pytest.mark.parametrize("kind", ["ndjson", "zst", "files", "one file", "parquet"])
def test_a_source_goes_on_after_any_of_its_items(tmp_path: Path, folder: Path, kind: str) -> None:
    source = every_kind(tmp_path, folder)[kind]
    items = list(source.read(None))
    assert len(items) > 3
    assert items[-1].done == source.size()
    assert [item.done for item in items] == sorted(item.done for item in items)
    step = max(1, len(items) // 12)
    for index in range(0, len(items), step):
        assert list(islice(source.read(items[index].cursor), 5)) == items[index + 1 : index + 6]
    with pytest.raises(SourceError, match="is no place in it"):
        list(source.read("?"))


def test_files_come_sorted_and_large_ones_in_pieces(folder: Path) -> None:
    items = list(Files(folder).read(None))
    assert [found(item).source for item in items] == [
        "soup/a/b.txt",
        "soup/a/big#0",
        "soup/a/big#1",
        "soup/a/big#2",
        "soup/a/big",
        "soup/a-z",
        "soup/a.txt",
        "soup/z/exact",
        "soup/z/y/x",
    ]
    manifest = found(items[4])
    pieces = [BIG[at : at + CHUNK] for at in range(0, len(BIG), CHUNK)]
    assert (manifest.media, manifest.parents) == (MANIFEST, tuple(map(cid_of, pieces)))
    assert json.loads(manifest.raw) == {
        "bytes": len(BIG),
        "chunk": CHUNK,
        "chunks": list(map(cid_of, pieces)),
        "cid": cid_of(BIG),
    }
    assert b"".join(found(item).raw for item in items[1:4]) == BIG


def found(item: Item) -> Candidate:
    assert isinstance(item.found, Candidate)
    return item.found


def test_the_lineage_of_a_file_is_its_pieces(tmp_path: Path, folder: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    report = ingest(vault, Files(folder), cut=Cut(records=2))
    assert (report.added, report.known, report.refused) == (8, 1, {})
    assert not vault.check().damage
    manifest = next(each for each in Files(folder).read(None) if found(each).media == MANIFEST)
    first, *parents = vault.lineage(cid_of(found(manifest).raw))
    assert first.media == MANIFEST
    assert b"".join(each.raw() for each in sorted(parents, key=lambda f: f.source)) == BIG


def test_a_manifest_without_all_its_pieces_is_refused(tmp_path: Path, folder: Path) -> None:
    from scf.vault.verifiers import JsonShape

    report = ingest(new_vault(tmp_path / "drive"), Files(folder), JsonShape.parse("bytes: integer"))
    assert (report.added, report.refused) == (0, {"not-passed": 8, "unknown-parent": 1})


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / "soup" / ("d" * 200)
    deep.mkdir(parents=True)
    (deep / ("f" * 100)).write_text("1")
    assert ingest(new_vault(tmp_path / "drive"), Files(tmp_path / "soup")).refused == {
        "long-name": 1
    }


def test_rows_become_objects(tmp_path: Path) -> None:
    items = list(Parquet(rows(tmp_path / "a.parquet")).read(None))
    assert len(items) == 300
    assert (found(items[5]).source, found(items[5]).content) == (
        "a.parquet#6",
        {
            "n": 5,
            "point": [1.25, 1.0],
            "at": "2026-01-01T00:00:00+00:00",
            "price": "1.50",
            "raw": "AA==",
            "none": None,
        },
    )


def test_rows_that_json_has_no_word_for_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    values = [1.0, float("nan"), float("inf"), 2.0**60, 2.0]
    parquet.write_table(pa.table({"a": values}), path)
    report = ingest(new_vault(tmp_path / "drive"), Parquet(path))
    assert (report.added, report.refused) == (2, {"integer-range": 1, "not-finite": 2})


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1", b"x" * 1000])
def test_a_damaged_parquet_file_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(SourceError, match=r"a\.parquet"):
        ingest(new_vault(tmp_path / "drive"), Parquet(tmp_path / "a.parquet"))


def test_a_vault_is_copied_shard_by_shard(tmp_path: Path, folder: Path) -> None:
    vault, copy = new_vault(tmp_path / "a"), new_vault(tmp_path / "b")
    ingest(vault, Files(folder))
    for shard in vault.dataset().shards:
        vault_shard = source_of(vault.shards / shard.name)
        assert isinstance(vault_shard, Fossils)
        copy.ingest(vault_shard, ANY)
    assert cids(copy) == cids(vault)
    files = [contents(each)[0]["shards/shard-00000001.ndjson.zst"] for each in (vault, copy)]
    assert files[0] == files[1]


KINDS = {
    "a.ndjson": Ndjson,
    "a.jsonl.gz": Ndjson,
    "a.ndjson.zst": Ndjson,
    "a.fossils.ndjson": Fossils,
    "a.fossils.ndjson.zst": Fossils,
    "a.parquet": Parquet,
    "a.json": Files,
    "a.zst": Files,
}


@pytest.mark.parametrize("name", KINDS)
def test_a_source_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert type(source_of(tmp_path / name)) is KINDS[name]
    assert f":{name}@" in source_of(tmp_path / name).name
    assert type(source_of(tmp_path)) is Files


def test_integers_of_a_table_that_others_would_change_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": [2**53, 2**53 - 1], "b": [None, timedelta(1)]}), path)
    report = ingest(new_vault(tmp_path / "drive"), Parquet(path))
    assert (report.added, report.refused) == (0, {"integer-range": 1, "not-json": 1})


def test_two_columns_of_one_name_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), path)
    with pytest.raises(SourceError, match="two columns have the same name"):
        ingest(new_vault(tmp_path / "drive"), Parquet(path))


def test_two_files_of_one_name_are_two_sources(tmp_path: Path) -> None:
    same, other = [{"n": 1}, b"{"], [{"n": 2}, {"n": 3}, b"{", b"["]
    vault = new_vault(tmp_path / "drive")
    for folder in "abc":
        lines(tmp_path / folder / "a.ndjson", other if folder == "b" else same)
        ingest(vault, source_of(tmp_path / folder / "a.ndjson"))
    first, second, copy = (source_of(tmp_path / folder / "a.ndjson").name for folder in "abc")
    assert first == copy != second
    assert vault.refusals() == {first: {"not-json": 1}, second: {"not-json": 2}}
    fossil = vault.fossil(cid_of(b'{"n":3}'))
    assert fossil.source == f"{second.removeprefix('ndjson:')}#2"


def test_a_name_that_is_given_stands(tmp_path: Path) -> None:
    lines(tmp_path / "a.ndjson", [{"n": 1}])
    vault = new_vault(tmp_path / "drive")
    ingest(vault, source_of(tmp_path / "a.ndjson", name="Sensor 7"))
    assert vault.fossil(cid_of(b'{"n":1}')).source == "Sensor 7#1"
    for name in ("", "a\nb", "a" * 201):
        with pytest.raises(SourceError, match="is no name of a source"):
            source_of(tmp_path / "a.ndjson", name=name)


CHANGES = {
    "the beginning": (0, b"?"),
    "the end": (len(BIG) - 1, b"?"),
    "one byte more": (len(BIG), b"?"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digits_of_a_name_are_those_of_the_bytes(tmp_path: Path, change: str) -> None:
    at, data = CHANGES[change]
    for place in ("a", "b", "c"):
        (tmp_path / place / "soup").mkdir(parents=True)
        (tmp_path / place / "soup" / "big").write_bytes(BIG)
    with (tmp_path / "c" / "soup" / "big").open("r+b") as file:
        file.seek(at)
        file.write(data)
    for path in ("soup", "soup/big"):
        first, copy, changed = (label(tmp_path / place / path) for place in "abc")
        assert first == copy != changed
        assert first.startswith(f"{Path(path).name}@")


def test_a_folder_with_what_cannot_be_read_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "soup").mkdir()
    (tmp_path / "soup" / "gone").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "soup" / "pipe")
    assert label(tmp_path / "soup").startswith("soup@")
    with pytest.raises(SourceError, match="nothing: No such file"):
        label(tmp_path / "nothing")
