"""Codebooks: symbols and their hypervectors there and back, and files that are not what they seem."""

import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emily.instinct.hdc.codebook import Codebook
from emily.instinct.hdc.errors import HdcError, MemoryFileError
from emily.instinct.hdc.packing import DIM
from emily.instinct.hdc.vector import Hypervector
from emily.instinct.hdc.vectors import Hypervectors

LETTERS = Codebook.random("abcdefghijklmnopqrstuvwxyz ", 256, seed=1)
SYMBOLS = st.lists(st.text(max_size=4), min_size=1, max_size=8, unique=True)


@given(SYMBOLS, st.data())
def test_encoding_takes_each_symbols_vector_and_decoding_finds_it(
    symbols: list[str], data: st.DataObject
) -> None:
    codebook = Codebook.random(symbols, 256, seed=1)
    text = data.draw(st.lists(st.sampled_from(symbols)))
    encoded = codebook.encode(text)
    assert [vector.to_wire() for vector in encoded] == [codebook[s].to_wire() for s in text]
    assert codebook.decode(encoded) == text


@given(st.text("abc😀\u0000\ud800", max_size=30))
def test_a_string_is_a_sequence_of_its_characters(text: str) -> None:
    codebook = Codebook.random("cab😀\u0000\ud800", 64, seed=1)
    rows = codebook.indices(text)
    assert rows.dtype == np.int32
    assert [codebook.symbols[row] for row in rows] == list(text)
    assert np.array_equal(rows, codebook.indices(list(text)))


def test_the_same_symbols_and_seed_give_the_same_vectors_on_every_machine() -> None:
    assert Codebook.random("ab", 64, seed=7)["b"].to_wire().hex() == "956a26afbccdafe5"
    assert Codebook.random("ab", 64, seed=7).vectors == Codebook.random("ab", 64, seed=7).vectors
    assert Codebook.random("ab", 64, seed=7).vectors != Codebook.random("ab", 64, seed=8).vectors


def test_a_codebook_is_a_collection_of_its_symbols() -> None:
    assert (len(LETTERS), LETTERS.dim) == (27, 256)
    assert "".join(LETTERS) == "abcdefghijklmnopqrstuvwxyz "
    assert "a" in LETTERS
    assert "A" not in LETTERS


def test_cleanup_sees_through_noise_and_refuses_what_is_only_noise() -> None:
    codebook = Codebook.random("abc", DIM, seed=1)
    generator = np.random.default_rng(2)
    for share, answer in ((0.0, "b"), (0.3, "b"), (0.45, "b"), (0.5, None)):
        noise = Hypervector.from_bits(generator.random(DIM) < share)
        assert codebook.cleanup(codebook["b"] ^ noise) == answer


@pytest.mark.parametrize(
    ("symbols", "words"),
    [
        (["ab", "c"], "symbols[0] is 'ab'"),
        ("abcé", "symbols[3] is 'é'"),
        ("ab\U0010ffff", r"symbols[2] is '\U0010ffff'"),
    ],
)
def test_an_unknown_symbol_is_named_with_its_place(symbols: list[str] | str, words: str) -> None:
    with pytest.raises(HdcError) as caught:
        LETTERS.indices(symbols)
    assert words in str(caught.value)


def test_symbols_are_distinct_and_as_many_as_vectors() -> None:
    with pytest.raises(HdcError, match="symbols holds 'a' twice"):
        Codebook.random("aba", 64, seed=1)
    with pytest.raises(HdcError, match="symbols has 3 and vectors 2 entries"):
        Codebook("abc", Hypervectors.random(2, 64, seed=1))


@given(SYMBOLS, st.sampled_from([64, 100, 1000]))
def test_what_is_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, symbols: list[str], dim: int
) -> None:
    path = tmp_path_factory.mktemp("codebook") / "symbols"
    codebook = Codebook.random(symbols, dim, seed=1)
    codebook.save(path)
    loaded = Codebook.load(path)
    assert loaded.symbols == codebook.symbols
    assert loaded.vectors == codebook.vectors


def test_saving_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "symbols"
    Codebook.random("abc", 64, seed=1).save(path)
    LETTERS.save(path)
    assert Codebook.load(path).symbols == LETTERS.symbols
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_cut_or_changed_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "symbols"
    Codebook.random("ab", 100, seed=1).save(path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        for damaged in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :],
        ):
            path.write_bytes(damaged)
            with pytest.raises(HdcError, match=r"is no codebook|is damaged"):
                Codebook.load(path)


@pytest.mark.parametrize("head", [b"{}", b"[]", b"?", b'{"dim": 64, "symbols": [1]}', b"\xff"])
def test_a_file_whose_checksum_fits_may_still_hold_no_codebook(tmp_path: Path, head: bytes) -> None:
    from hashlib import sha256

    rest = head + b"\n" + bytes(8)
    path = tmp_path / "symbols"
    path.write_bytes(b"emily-codebook-1 " + sha256(rest).hexdigest().encode() + b"\n" + rest)
    with pytest.raises(HdcError, match="holds no codebook"):
        Codebook.load(path)


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match=r"missing cannot be read: No such file"):
        Codebook.load(tmp_path / "missing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(MemoryFileError, match=r"folder cannot be written: Is a directory"):
        LETTERS.save(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    "head", ["[" * 100_000, '{"dim": 64, "symbols": "a"}', '{"dim": 64}', "[1]"]
)
def test_a_file_with_a_fitting_checksum_and_another_content_is_refused(
    tmp_path: Path, head: str
) -> None:
    rest = head.encode() + b"\n" + Hypervectors.random(1, 64, seed=1).to_wire()
    path = tmp_path / "codebook"
    path.write_bytes(b"emily-codebook-1 %s\n%s" % (sha256(rest).hexdigest().encode(), rest))
    with pytest.raises(MemoryFileError, match="holds no codebook"):
        Codebook.load(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MemoryFileError, match="is not a file"):
        Codebook.load(tmp_path / "pipe")
