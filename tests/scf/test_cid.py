"""CIDs: the ones that everybody else computes, and nothing that only looks like one."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scf.cid import cid_of, cid_of_digest, cid_of_file, digest_of

HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


def test_hello_world() -> None:
    assert cid_of(b"hello world") == HELLO


@given(st.binary(max_size=200))
def test_the_same_as_multiformats(data: bytes) -> None:
    multiformats = pytest.importorskip("multiformats")
    theirs = multiformats.CID("base32", 1, "raw", ("sha2-256", sha256(data).digest()))
    assert cid_of(data) == theirs.encode()


@given(st.binary(min_size=32, max_size=32))
def test_a_cid_names_its_digest(digest: bytes) -> None:
    assert digest_of(cid_of_digest(digest)) == digest


def test_a_file_has_the_cid_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "file").write_bytes(data)
    assert cid_of_file(tmp_path / "file") == cid_of(data)


BAD = {
    "nothing": "",
    "capitals": HELLO.upper(),
    "another base": "z" + HELLO[1:],
    "another codec": "bafybei" + HELLO[7:],
    "cut": HELLO[:-1],
    "longer": HELLO + "a",
    "loose bits at the end": HELLO[:-1] + "f",
    "no base32": HELLO[:-1] + "1",
    "a line feed": HELLO + "\n",
    "no ASCII": "ü" + HELLO[1:],
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_is_no_cid(text: str) -> None:
    with pytest.raises(ValueError, match="expected a CIDv1"):
        digest_of(text)
