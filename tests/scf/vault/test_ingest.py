"""An ingest adds each fossil once, whatever comes twice, in whichever order, and wherever it is ended."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scf.vault_world import ANY, SMALL, cids, contents, ingest, lines, new_vault

from scf.cid import cid_of, digest_of
from scf.drive import Drive
from scf.vault import Cut, Vault, subset
from scf.vault.errors import BusyError, VaultError
from scf.vault.vault import locked
from scf.vault.verifiers import JsonShape

POINTS = [{"point": [number / 8, -number]} for number in range(35)]
VALUES = st.lists(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
        max_leaves=4,
    ),
    max_size=30,
)


def test_a_source_becomes_shards_of_fossils_that_can_be_read_back(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    report = ingest(vault, lines(tmp_path / "points.ndjson", POINTS))
    assert (report.added, report.known, report.refused, report.shards) == (35, 0, {}, 4)
    assert (vault.pulse(), vault.count()) == (4, 35)
    dataset = vault.dataset()
    assert [shard.records for shard in dataset.shards] == [10, 10, 10, 5]
    assert dataset == vault.dataset()
    assert vault.dataset(limit_shards=2) == subset(dataset, 2)
    found = vault.fossil(cid_of(rfc8785.dumps(POINTS[12])))
    assert (found.content, found.source) == (POINTS[12], "points.ndjson#13")
    with pytest.raises(VaultError, match="holds no fossil"):
        vault.fossil(cid_of(b"another"))
    with pytest.raises(VaultError, match="is no CID"):
        vault.fossil("bafkrei")


def test_an_empty_vault_has_no_dataset(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    assert (vault.pulse(), vault.count()) == (0, 0)
    with pytest.raises(VaultError, match="empty"):
        vault.dataset()


def test_the_same_source_twice_adds_nothing_and_changes_nothing(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    source = lines(tmp_path / "points.ndjson", [*POINTS, b"{", b"NaN", b"NaN"])
    refused = {"not-finite": 2, "not-json": 1}
    assert ingest(vault, source).refused == refused
    before = contents(vault)
    again = ingest(vault, source)
    assert (again.added, again.known, again.refused, again.shards) == (0, 35, refused, 0)
    assert contents(vault) == before
    assert vault.refusals() == {"ndjson:points.ndjson": refused}


def test_what_another_source_brought_is_known(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    ingest(vault, lines(tmp_path / "a.ndjson", POINTS[:20]))
    report = ingest(vault, lines(tmp_path / "b.ndjson", [*POINTS[15:], *POINTS[30:]]))
    assert (report.added, report.known) == (15, 10)


def test_a_source_that_grew_adds_what_is_new(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    ingest(vault, lines(tmp_path / "a.ndjson", POINTS[:20]))
    report = ingest(vault, lines(tmp_path / "a.ndjson", POINTS))
    assert (report.added, report.known) == (15, 20)


def test_what_does_not_have_the_shape_is_refused(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    bad = [{"point": [1]}, {"point": [1, "2"]}, {"points": [1, 2]}, [1, 2], {"point": [True, 1]}]
    report = ingest(
        vault, lines(tmp_path / "a.ndjson", [*POINTS, *bad]), JsonShape.parse("point: number[2]")
    )
    assert (report.added, report.refused) == (35, {"not-passed": 5})
    fossil = vault.fossil(cid_of(rfc8785.dumps(POINTS[0])))
    assert fossil.verdict.verifier == "json-shape point: number[2]"


class Stopped(Exception):  # noqa: N818 - no error
    """The beat's end of an ingest."""


@pytest.mark.parametrize("stops", [2, 3, 5])
def test_an_ingest_that_was_ended_goes_on_to_the_same_vault(tmp_path: Path, stops: int) -> None:
    source = lines(tmp_path / "points.ndjson", [*POINTS, b"[", *POINTS])
    whole = new_vault(tmp_path / "whole")
    expected = ingest(whole, source)
    ended = new_vault(tmp_path / "ended")
    ends = 0
    while True:
        beats = 0

        def beat(done: int, of: int) -> None:
            nonlocal beats
            assert 0 <= done <= of
            beats += 1
            if beats > stops:
                raise Stopped

        try:
            report = ended.ingest(source, ANY, cut=SMALL, beat=beat)
            break
        except Stopped:
            ends += 1
    assert ends > 2
    assert contents(ended) == contents(whole)
    assert report == expected


def test_only_one_writes(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    source = lines(tmp_path / "a.ndjson", POINTS)
    with locked(vault.drive), pytest.raises(BusyError, match="another ingest"):
        ingest(vault, source)
    assert ingest(vault, source).added == 35


def test_others_see_whole_shards_while_one_writes(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    other = Vault.open(Drive.open(tmp_path / "drive"))
    seen: list[tuple[int, int]] = []
    vault.ingest(
        lines(tmp_path / "a.ndjson", POINTS),
        ANY,
        cut=SMALL,
        beat=lambda _done, _of: seen.append((other.pulse(), other.count())),
    )
    assert {(0, 0), (1, 10), (2, 20), (3, 30)} <= set(seen)
    assert all(count == 10 * pulse for pulse, count in seen if pulse < 4)


def totals(parts: list[list[object]], cut: Cut) -> tuple[int, int, set[bytes]]:
    with TemporaryDirectory() as folder:
        vault = new_vault(Path(folder) / "drive")
        reports = [
            ingest(vault, lines(Path(folder) / f"{index}.ndjson", part), cut=cut)
            for index, part in enumerate(parts)
        ]
        held = cids(vault)
        assert vault.count() == len(held)
        assert not vault.check().damage
        vault.close()
        return sum(r.added for r in reports), sum(r.known for r in reports), held


@settings(max_examples=12, deadline=None)
@given(
    st.lists(VALUES, min_size=1, max_size=3), st.randoms(use_true_random=False), st.integers(1, 9)
)
def test_neither_order_nor_cut_changes_what_is_held(parts, random, cut) -> None:
    shuffled = [random.sample(part, len(part)) for part in random.sample(parts, len(parts))]
    assert totals(parts, Cut(records=cut)) == totals(shuffled, Cut(records=10, bytes=40))


def test_a_cut_by_bytes_is_of_the_source(tmp_path: Path) -> None:
    vault = new_vault(tmp_path / "drive")
    source = lines(tmp_path / "a.ndjson", [b"%9d" % number for number in range(10)])
    vault.ingest(source, ANY, cut=Cut(bytes=25))
    assert [shard.records for shard in vault.dataset().shards] == [3, 3, 3, 1]


def test_a_digest_is_of_the_contents(tmp_path: Path) -> None:
    vaults = [new_vault(tmp_path / name) for name in ("a", "b", "c")]
    source = lines(tmp_path / "a.ndjson", POINTS)
    for vault in vaults[:2]:
        ingest(vault, source)
    first, second, empty = (vault.digest() for vault in vaults)
    assert first == second != empty
    assert len(digest_of(first)) == 32
