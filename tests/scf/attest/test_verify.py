"""What a verifier believes, who has a proof and public keys, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scf.attest.world import AT, World, make, statement

from scf.attest.errors import (
    MerkleError,
    ProofError,
    RotatedKeyError,
    SignatureError,
    SplitViewError,
    UnknownKeyError,
)
from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.attest.merkle import Edge, leaf_hash
from scf.attest.proof import Proof
from scf.attest.public import Keys
from scf.attest.statement import HEAD, STATEMENT, Attestation, TreeHead
from scf.attest.verify import check_consistency, verify
from scf.drive import Drive
from scf.errors import RefusedError


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Eight entries: 0 … 2, a change of keys, 4 … 5, another, 7."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(AT))
        world = make(tmp_path_factory.mktemp("world"), entries=3)
        world.log().rotate()
        world.log().extend([statement(4), statement(5)])
        world.log().rotate()
        world.log().append(statement(7))
    return world


def signed(ring: Keyring, key: str, **fields: object) -> TreeHead:
    head = TreeHead.model_validate({"at": AT, "key": key, "signature": "0" * 128, **fields})
    return head.model_copy(update={"signature": ring.sign(HEAD, head.signed(), key=key)})


def test_the_first_key_is_enough(world: World) -> None:
    log = world.log()
    for index in range(8):
        for size in range(index + 1, 9):
            proof = Proof.of(log, index, size=size)
            assert verify(proof.canonical(), world.first) == proof.attestation.statement
            assert verify(proof.canonical(), world.ring.keys) == proof.attestation.statement
            assert len(proof.chain) == (size >= 4) + (size >= 7)


def test_old_and_new_heads_are_compared_with_the_first_key(world: World) -> None:
    log = world.log()
    for first in range(9):
        for second in range(first, 9):
            check_consistency(
                log.head(first),
                log.head(second),
                log.consistency(first, second),
                world.first,
                log.chain(second),
            )


def test_any_byte_of_a_proof_counts(world: World) -> None:
    proof = world.proof(1, 8).canonical()
    for place in range(len(proof)):
        wrong = bytearray(proof)
        wrong[place] ^= 1 << place % 8
        with pytest.raises(ProofError):
            verify(bytes(wrong), world.first)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_edit_of_a_proof_is_believed(world: World, data: st.DataObject) -> None:
    proof = world.proof(5, 8).canonical()
    start = data.draw(st.integers(0, len(proof)))
    end = data.draw(st.integers(start, len(proof)))
    edited = proof[:start] + data.draw(st.binary(max_size=40)) + proof[end:]
    if edited != proof:
        with pytest.raises(ProofError):
            verify(edited, world.first)


@given(junk=st.binary() | st.text().map(str.encode) | st.just(b"[" * 100_000))
def test_junk_is_no_proof(world: World, junk: bytes) -> None:
    with pytest.raises(ProofError):
        verify(junk, world.first)


def test_each_part_of_a_proof_is_of_that_proof_only(world: World) -> None:
    """Parts of other proofs of the same log, all of them true, do not make a proof."""
    whole, other = world.proof(1, 8), world.proof(2, 7)
    for field in ("attestation", "inclusion", "head"):
        mixed = whole.model_copy(update={field: getattr(other, field)})
        with pytest.raises(ProofError):
            verify(mixed.canonical(), world.first)


def test_a_verifier_names_what_does_not_hold(world: World, tmp_path: Path) -> None:
    proof = world.proof(1, 8)
    stranger = Keyring.make(tmp_path / "keys")
    with pytest.raises(UnknownKeyError):
        verify(proof.canonical(), Keys.only(stranger.keys.last.public))
    with pytest.raises(UnknownKeyError):
        verify(proof.model_copy(update={"chain": ()}).canonical(), world.first)
    with pytest.raises(UnknownKeyError):
        verify(proof.model_copy(update={"chain": proof.chain[1:]}).canonical(), world.first)
    wrong = proof.head.model_copy(update={"at": AT + 1})
    with pytest.raises(SignatureError):
        verify(proof.model_copy(update={"head": wrong}).canonical(), world.first)
    wrong = proof.inclusion.model_copy(update={"index": 2})
    with pytest.raises(MerkleError):
        verify(proof.model_copy(update={"inclusion": wrong}).canonical(), world.first)
    with pytest.raises(ProofError, match="larger than"):
        verify(b" " * (5 << 20), world.first)
    assert issubclass(ProofError, RefusedError)


def test_a_rotated_key_signs_no_newer_head(world: World) -> None:
    proof = world.proof(1, 8)
    old = world.first.last.key
    forged = signed(world.ring, old, size=8, root=proof.head.root)
    for keys in (world.first, world.ring.keys):
        with pytest.raises(RotatedKeyError):
            verify(proof.model_copy(update={"head": forged}).canonical(), keys)
    # who was told of no change of keys cannot know; who has the list of keys does
    silent = proof.model_copy(update={"head": forged, "chain": ()}).canonical()
    assert verify(silent, world.first)
    with pytest.raises(RotatedKeyError):
        verify(silent, world.ring.keys)


def test_a_rotated_key_signs_no_newer_statement(world: World) -> None:
    """Even in a log whose heads the new key signs."""
    ring, log = world.ring, world.log()
    old = world.first.last.key
    said = statement(99)
    attestation = Attestation(
        statement=said, key=old, signature=ring.sign(STATEMENT, said.canonical(), key=old)
    )
    edge = Edge.empty()
    for entry in log.entries():
        edge.push(bytes.fromhex(entry.leaf))
    nodes = {size: log.head(size) for size in range(1, 9)}
    assert nodes[8].root == edge.root().hex()
    place = edge.size
    before = edge.root()
    edge.push(leaf_hash(attestation.canonical()))
    head = signed(ring, ring.keys.last.key, size=place + 1, root=edge.root().hex())
    proof = Proof.model_validate(
        {
            "attestation": attestation,
            "inclusion": {"index": place, "size": place + 1, "path": (before.hex(),)},
            "head": head,
            "chain": (),
        }
    )
    with pytest.raises(RotatedKeyError):
        verify(proof.canonical(), ring.keys)


def test_a_stolen_old_key_names_no_other_successor(world: World, tmp_path: Path) -> None:
    """To who knows the true one: its chain contradicts the list of keys."""
    thief = tmp_path / "keys"
    ring = Keyring.make(thief)
    for path in thief.iterdir():
        path.unlink()
    first = world.first.last
    stolen = world.folder / f"keys/{first.key}.key"
    (thief / stolen.name).write_bytes(stolen.read_bytes())
    (thief / stolen.name).chmod(0o600)
    ring = Keyring.make(thief)
    assert ring.keys.last == first
    log = Log.open(Drive.make(tmp_path / "drive"), ring)
    log.extend([statement(50), statement(51)])
    log.rotate()
    log.append(statement(52))
    proof = Proof.of(log, 3).canonical()
    assert verify(proof, world.first)  # the first key did sign all that
    with pytest.raises(UnknownKeyError):
        verify(proof, world.ring.keys)


def test_two_views_of_a_log_are_noticed(world: World) -> None:
    log, ring, keys = world.log(), world.ring, world.ring.keys
    true = log.head(8)
    other = signed(ring, true.key, size=8, root="00" * 32)
    with pytest.raises(SplitViewError):
        check_consistency(true, other, log.consistency(8), keys)
    forged = other.model_copy(update={"signature": true.signature})
    with pytest.raises(SignatureError):
        check_consistency(true, forged, log.consistency(8), keys)
    changed = signed(ring, keys.keys[0].key, size=2, root="00" * 32)
    with pytest.raises(MerkleError):
        check_consistency(changed, true, log.consistency(2), keys)
    with pytest.raises(MerkleError):
        check_consistency(log.head(2), true, log.consistency(3), keys)
    with pytest.raises(MerkleError):  # a log does not become shorter
        check_consistency(true, log.head(2), log.consistency(2), keys)


def test_no_altered_consistency_proof_is_believed(world: World) -> None:
    log = world.log()
    proof = log.consistency(3, 8)
    for place, each in enumerate(proof.path):
        for digit in range(0, 64, 7):
            wrong = each[:digit] + ("0" if each[digit] != "0" else "1") + each[digit + 1 :]
            path = (*proof.path[:place], wrong, *proof.path[place + 1 :])
            with pytest.raises(MerkleError):
                check_consistency(
                    log.head(3),
                    log.head(8),
                    proof.model_copy(update={"path": path}),
                    world.ring.keys,
                )


def test_a_signature_of_one_kind_is_none_of_another(world: World) -> None:
    """A head and a statement are signed under different names."""
    head = world.log().head(2)
    ring = world.ring
    crossed = head.model_copy(
        update={"signature": ring.sign(STATEMENT, head.signed(), key=head.key)}
    )
    with pytest.raises(SignatureError):
        world.first.check_head(crossed)


def test_verification_loads_neither_log_nor_drive(world: World) -> None:
    proof, keys = world.folder / "proof.json", world.folder / "public.json"
    proof.write_bytes(world.proof(1).canonical())
    keys.write_bytes(world.first.canonical())
    program = (
        "import sys, pathlib\n"
        "from scf.attest.verify import verify\n"
        "from scf.attest.public import Keys\n"
        "said = verify(pathlib.Path(sys.argv[1]).read_bytes(), Keys.read(pathlib.Path(sys.argv[2])))\n"
        "assert not {'scf.drive', 'scf.attest.log', 'scf.attest.keys', 'sqlite3', 'numpy'} & set(sys.modules)\n"
        "print(said.canonical().decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, proof, keys],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(statement(1).canonical())
