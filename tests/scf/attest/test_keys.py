import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from scf.attest.errors import KeyringError, ProofError
from scf.attest.keys import Keyring
from scf.attest.public import Keys, PublicKey
from scf.attest.statement import STATEMENT, encoded
from scf.cid import cid_of


def private_file(folder: Path) -> Path:
    (path,) = folder.glob("*.key")
    return path


def test_a_keyring_is_made_once(tmp_path: Path) -> None:
    first = Keyring.make(tmp_path / "keys")
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert Keyring.make(tmp_path / "keys").keys == first.keys
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before
    assert sorted(before) == [f"{first.keys.last.key}.key", "keys.json"]
    assert first.keys.last.key == cid_of(bytes.fromhex(first.keys.last.public))


def test_only_the_owner_reads_a_private_key(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Keyring.make(tmp_path / "keys")
    finally:
        os.umask(old)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert private_file(tmp_path / "keys").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_private_key_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    Keyring.make(tmp_path / "keys")
    private_file(tmp_path / "keys").chmod(mode)
    with pytest.raises(KeyringError, match="may be read by others") as caught:
        Keyring.open(tmp_path / "keys")
    assert "chmod 600" in (caught.value.hint or "")


def test_a_signature_is_that_of_the_public_key_over_dsse_encoding(tmp_path: Path) -> None:
    ring = Keyring.make(tmp_path / "keys")
    signature = bytes.fromhex(ring.sign(STATEMENT, b"body"))
    message = b"DSSEv1 34 application/vnd.scf.statement+json 4 body"
    assert encoded(STATEMENT, b"body") == message
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(ring.keys.last.public))
    public.verify(signature, message)


def made(folder: Path) -> str:
    return Keyring.make(folder).keys.last.key


def test_many_that_make_it_make_one(tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / f"{number}"
        with ProcessPoolExecutor(6, mp_context=get_context("fork")) as pool:
            assert len(set(pool.map(made, [folder] * 6))) == 1
        assert len(list(folder.iterdir())) == 2


def test_a_key_that_cannot_follow_is_refused(tmp_path: Path) -> None:
    ring = Keyring.make(tmp_path / "keys")
    with pytest.raises(ProofError, match="cannot follow"):
        ring.keys.extended(ring.keys.last)


def test_an_end_between_the_two_files_is_mended(tmp_path: Path) -> None:
    """The private key is written first; the public list then takes it up."""
    ring = Keyring.make(tmp_path / "keys")
    (tmp_path / "keys/keys.json").unlink()
    with pytest.raises(KeyringError, match=r"holds no keys\.json"):
        Keyring.open(tmp_path / "keys")
    assert Keyring.make(tmp_path / "keys").keys == ring.keys


def test_the_next_key_is_made_once_until_it_is_put_to_use(tmp_path: Path) -> None:
    ring = Keyring.make(tmp_path / "keys")
    assert ring.next(7) == Keyring.open(tmp_path / "keys").next(7)
    new = ring.next(7)
    ring.follow(new)
    first, second = Keyring.open(tmp_path / "keys").keys.keys
    assert (first.since, first.until, second.since, second.until) == (0, 7, 7, None)
    assert ring.next(9).key not in (first.key, second.key)


def test_two_unused_keys_are_one_too_many(tmp_path: Path) -> None:
    ring = Keyring.make(tmp_path / "keys")
    Keyring.make(tmp_path / "other")
    source = private_file(tmp_path / "other")
    ring.next(3)
    (tmp_path / "keys" / source.name).write_bytes(source.read_bytes())
    (tmp_path / "keys" / source.name).chmod(0o600)
    with pytest.raises(KeyringError, match="2 private keys"):
        ring.next(3)


@pytest.mark.parametrize("credential", [False, True])
def test_a_key_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credential: bool
) -> None:
    Keyring.make(tmp_path / "given")
    given = private_file(tmp_path / "given")
    if credential:
        (tmp_path / "credentials").mkdir()
        given = given.rename(tmp_path / "credentials/scf-key")
        given.chmod(0o440)  # how systemd shows an access list for one user
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    else:
        monkeypatch.setenv("SCF_KEY_FILE", str(given))
    ring = Keyring.make(tmp_path / "keys")
    assert ring.keys == Keys.read(tmp_path / "given/keys.json")
    assert not list((tmp_path / "keys").glob("*.key"))
    assert len(bytes.fromhex(ring.sign(STATEMENT, b"x"))) == 64
    given.chmod(0o444)
    with pytest.raises(KeyringError, match="may be read by others"):
        ring.sign(STATEMENT, b"x")


BAD_FILES = {
    "empty": b"",
    "no PEM": b"attack at dawn",
    "zeros": bytes(5000),
    "a public key": None,
    "another kind": None,
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_key_is_refused_without_its_content(tmp_path: Path, name: str) -> None:
    ring = Keyring.make(tmp_path / "keys")
    data = BAD_FILES[name]
    if name == "a public key":
        data = Ed25519PublicKey.from_public_bytes(
            bytes.fromhex(ring.keys.last.public)
        ).public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if name == "another kind":
        data = generate_private_key(SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    assert data is not None
    private_file(tmp_path / "keys").write_bytes(data)
    with pytest.raises(KeyringError, match="no Ed25519 private key") as caught:
        Keyring.open(tmp_path / "keys")
    if data.strip(b"\0"):
        assert data.decode() not in str(caught.value)


def test_a_pipe_is_no_key(tmp_path: Path) -> None:
    Keyring.make(tmp_path / "keys")
    os.mkfifo(tmp_path / "keys/x.key", 0o600)
    with pytest.raises(KeyringError, match="no Ed25519 private key"):
        Keyring.open(tmp_path / "keys")


def test_nothing_private_shows(tmp_path: Path) -> None:
    ring = Keyring.make(tmp_path / "keys")
    secret = private_file(tmp_path / "keys").read_text().splitlines()[1]
    assert (
        secret not in repr(vars(ring)) + str(ring.keys) + (tmp_path / "keys/keys.json").read_text()
    )


def test_a_keyring_without_its_private_key_reads_but_does_not_sign(tmp_path: Path) -> None:
    ring = Keyring.make(tmp_path / "keys")
    private_file(tmp_path / "keys").unlink()
    assert Keyring.open(tmp_path / "keys").keys == ring.keys
    with pytest.raises(KeyringError, match="is not in"):
        ring.sign(STATEMENT, b"x")


def test_the_folder_above_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="No such file"):
        Keyring.make(tmp_path / "not mounted/keys")
    assert list(tmp_path.iterdir()) == []


def key(number: int, since: int, until: int | None) -> dict[str, object]:
    public = bytes([number]) * 32
    return {"key": cid_of(public), "public": public.hex(), "since": since, "until": until}


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (key(1, 0, 5), key(2, 6, None)),
        (key(1, 0, None), key(2, 5, None)),
        (key(1, 0, 5), key(1, 5, None)),
        (key(1, 5, 5),),
        ({**key(1, 0, None), "key": cid_of(b"another")},),
        ({**key(1, 0, None), "public": "00"},),
    ],
)
def test_keys_that_do_not_follow_each_other_are_none(keys: tuple[dict[str, object], ...]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Keys.model_validate({"keys": keys})


def test_a_list_of_keys_that_was_cut_is_refused(tmp_path: Path) -> None:
    Keyring.make(tmp_path / "keys")
    path = tmp_path / "keys/keys.json"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(KeyringError, match=r"keys\.json"):
        Keyring.open(tmp_path / "keys")


def test_a_key_speaks_for_its_places() -> None:
    public = PublicKey.model_validate(key(1, 3, 6))
    assert [place for place in range(9) if public.speaks(place)] == [3, 4, 5]
