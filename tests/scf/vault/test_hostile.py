"""Hostile sources: refused with a reason, counted, without harm to memory or to what else there is."""

import gzip
import json
import os
import resource
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from tests.scf.vault_world import contents, ingest, lines, new_vault

from scf.contracts.fossil import Fossil, Verdict
from scf.vault import Cut
from scf.vault.canonical import MAX_LINE
from scf.vault.errors import SourceError
from scf.vault.sources import Files, Fossils, Ndjson
from scf.vault.sources.lines import lines as read_lines

GOOD = b'{"good": 1}'
LINES = {
    "an oversize line": (b'"' + b"x" * MAX_LINE + b'"', {"oversize": 1}),
    "a line that is oversize as a fossil": (b'"' + b"x" * (MAX_LINE - 100) + b'"', {"oversize": 1}),
    "no number": (b'{"a": NaN}', {"not-finite": 1}),
    "no end": (b'{"a": -Infinity}', {"not-finite": 1}),
    "nested too deep": (b"[" * 100_000, {"too-deep": 1}),
    "an integer that others would change": (b"9007199254740993", {"integer-range": 1}),
    "a key twice": (b'{"a": 1, "a": 2}', {"duplicate-key": 1}),
    "no UTF-8": (b'"\xff"', {"not-utf-8": 1}),
    "nothing but rubbish": (b"\x00\x01\x02", {"not-json": 1}),
}


@pytest.mark.parametrize("name", LINES)
def test_a_hostile_line_is_counted_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    line, refused = LINES[name]
    vault = new_vault(tmp_path / "drive")
    report = ingest(vault, lines(tmp_path / "a.ndjson", [GOOD, line, b'{"good": 2}']))
    assert (report.added, report.refused) == (2, refused)
    assert not vault.check().damage


def test_where_all_is_refused_nothing_is_written(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    before, _ = contents(vault)
    report = ingest(vault, lines(tmp_path / "a.ndjson", [b"{"] * 25))
    assert (report.added, report.shards, report.refused) == (0, 0, {"not-json": 25})
    after, rows = contents(vault)
    assert set(after) - set(before) == {"ingest.lock"}
    assert vault.refusals() == {"ndjson:a.ndjson": {"not-json": 25}}
    assert not [row for row in rows if row.startswith(("shards", "fossils", "progress"))]


def zeros(path: Path, size: int) -> Ndjson:
    """A file that expands to a good line, and then to `size` MiB of one line of zeros."""
    block = b"0" * (1 << 20)
    with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as packed:
        packed.write(GOOD + b"\n")
        for _ in range(size):
            packed.write(block)
    return Ndjson(path)


def test_a_bomb_is_left_before_memory_is_spent(tmp_path: Path) -> None:
    source = zeros(tmp_path / "bomb.ndjson.zst", 1024)
    assert source.size() < 200_000
    vault = new_vault(tmp_path / "drive")
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = ingest(vault, source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (report.added, report.refused) == (1, {"expands-too-much": 1})
    assert peak < 48 << 20
    assert grown < 128 << 10  # KiB


PACKED = {
    ".zst": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    ".gz": lambda data: gzip.compress(data, mtime=0),
}


@pytest.mark.parametrize("suffix", PACKED)
def test_compressed_sources_of_several_frames_are_read(tmp_path: Path, suffix: str) -> None:
    pack = PACKED[suffix]
    path = tmp_path / f"a.ndjson{suffix}"
    path.write_bytes(pack(b"1\n2") + pack(b"3\n\n \n") + pack(b"") + pack(b"4"))
    found = [(line.found, line.number, line.end) for line in read_lines(path)]
    assert found == [(b"1", 1, 2), (b"23", 2, 5), (b"4", 5, 9)]
    for line, number, end in found[:-1]:
        rest = [(each.found, each.number, each.end) for each in read_lines(path, end, number)]
        assert rest == found[found.index((line, number, end)) + 1 :]


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("damage", ["cut", "flipped", "rubbish", "empty"])
def test_a_damaged_source_ends_with_a_reason(tmp_path: Path, suffix: str, damage: str) -> None:
    data = b"".join(b"%d\n" % number for number in range(3000))
    frame, tail = PACKED[suffix](b"1\n2\n"), bytearray(PACKED[suffix](data))
    tail[len(tail) // 2] ^= 0x40 if damage == "flipped" else 0
    whole = {"cut": bytes(tail[:-20]), "flipped": bytes(tail), "rubbish": b"rubbish", "empty": b""}
    path = tmp_path / f"a.ndjson{suffix}"
    path.write_bytes(frame + whole[damage] if damage != "empty" else b"")
    vault = new_vault(tmp_path / "drive")
    report = ingest(vault, Ndjson(path), cut=Cut())
    assert report.refused["damaged"] == 1
    assert report.added >= (0 if damage == "empty" else 2)
    assert not vault.check().damage


FOSSIL = Fossil(
    cid="bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
    encoding="utf-8",
    content="hello world",
    media="text/plain",
    source="elsewhere",
    verdict=Verdict(verifier="eyes", passed=True),
).model_dump(mode="json")
FORGED = {
    "no source": ({"source": ""}, "no-source"),
    "a source that is missing": ({"source": ...}, "no-source"),
    "no verdict": ({"verdict": ...}, "no-verdict"),
    "an empty verdict": ({"verdict": None}, "no-verdict"),
    "a verdict that did not pass": (
        {"verdict": {"verifier": "eyes", "passed": False, "detail": ""}},
        "not-passed",
    ),
    "the CID of other bytes": ({"content": "hello world!"}, "wrong-cid"),
    "the bytes of another CID": ({"cid": f"bafkrei{'a' * 51}q"}, "wrong-cid"),
    "no CID": ({"cid": "x"}, "not-a-fossil"),
    "a parent that is not held": ({"parents": [f"bafkrei{'a' * 51}q"]}, "unknown-parent"),
    "itself as parent": ({"parents": [FOSSIL["cid"]]}, "unknown-parent"),
    "no base64": ({"encoding": "base64", "content": "?"}, "not-a-fossil"),
    "content of another kind": ({"content": 1}, "not-a-fossil"),
    "a field more": ({"more": 1}, "not-a-fossil"),
    "a passed that is no boolean": (
        {"verdict": {"verifier": "eyes", "passed": 1, "detail": ""}},
        "not-a-fossil",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_fossil_is_refused(tmp_path: Path, name: str) -> None:
    changes, reason = FORGED[name]
    forged = {key: value for key, value in {**FOSSIL, **changes}.items() if value is not ...}
    path = tmp_path / "a.fossils.ndjson"
    path.write_text(json.dumps(forged) + "\n[]\n")
    report = ingest(new_vault(tmp_path / "drive"), Fossils(path))
    assert report.added == 0
    assert report.refused == Counter([reason, "not-a-fossil"])


def test_a_fossil_of_another_vault_keeps_its_verdict_and_its_source(tmp_path: Path) -> None:
    path = tmp_path / "a.fossils.ndjson"
    path.write_text(json.dumps(FOSSIL) + "\n")
    vault = new_vault(tmp_path / "drive")
    assert ingest(vault, Fossils(path)).added == 1
    assert vault.fossil(FOSSIL["cid"]).model_dump(mode="json") == FOSSIL


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "plain").write_text("plain")
    (folder / "inner" / "up").symlink_to("../plain")
    (folder / "inner" / "out").symlink_to("../../secret")
    (folder / "absolute").symlink_to(secret)
    (folder / "outer").symlink_to("..")
    (folder / "round").symlink_to("round")
    (folder / "nowhere").symlink_to("missing")
    (folder / "device").symlink_to("/dev/zero")
    (folder / "again").symlink_to("inner")
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"\xff")).write_text("named badly")
    vault = new_vault(tmp_path / "drive")
    report = ingest(vault, Files(folder))
    assert (report.added, report.known) == (1, 1)
    assert report.refused == {
        "link-leads-outside": 4,
        "not-a-regular-file": 2,
        "not-utf-8": 1,
        "unreadable": 2,
    }


@pytest.mark.parametrize("kind", ["missing", "pipe", "folder"])
def test_a_source_that_is_no_file_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.ndjson"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(SourceError, match=r"a\.ndjson"):
        ingest(new_vault(tmp_path / "drive"), Ndjson(path))
