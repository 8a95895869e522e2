"""Verification, with public keys alone: no drive, no log, no private key."""

from collections.abc import Sequence

from scf.attest import merkle
from scf.attest.errors import MerkleError, ProofError, SplitViewError, UnknownKeyError
from scf.attest.proof import MAX_PROOF, Consistency, Inclusion, Link, Proof
from scf.attest.public import Keys, successor
from scf.attest.statement import Attestation, Statement, TreeHead, exact


def verify(proof: bytes, keys: Keys, *, source: str = "proof") -> Statement:
    """The statement that a proof shows to be signed, and in the log of these keys.

    `keys` are the log's as far as they are known; the first is enough. Raises a ProofError that
    names what does not hold.
    """
    if len(proof) > MAX_PROOF:
        raise ProofError(f"{source}: larger than {MAX_PROOF >> 20} MiB")
    found = exact(Proof, proof, source=source)
    keys = check_chain(found.chain, found.head, keys)
    keys.check_head(found.head)
    keys.check_attestation(found.attestation, found.inclusion.index)
    check_inclusion(found.attestation, found.inclusion, found.head)
    return found.attestation.statement


def check_chain(chain: Sequence[Link], head: TreeHead, keys: Keys) -> Keys:
    """The keys that the known ones vouch for, one after another, in the log that `head` signs.

    Raises a ProofError for a change of keys that is not in that log, or contradicts the known keys.
    """
    for link in chain:
        key = successor(link.attestation)
        if link.inclusion.index != key.since - 1:
            raise MerkleError(f"the change to key {key.key} is not at its place in the log")
        check_inclusion(link.attestation, link.inclusion, head)
        known = keys.get(key.key)
        if known is None:
            if link.attestation.key != keys.last.key or key.since <= keys.last.since:
                raise UnknownKeyError(
                    f"the key {key.key} is said to follow {link.attestation.key}, "
                    f"but {keys.last.key} is the last that is known"
                )
            keys.check_attestation(link.attestation, link.inclusion.index)
            keys = keys.extended(key)
        elif known.since != key.since:
            raise ProofError(f"the key {key.key} is in use from {known.since}, not {key.since}")
        else:
            keys.check_attestation(link.attestation, link.inclusion.index)
    return keys


def check_inclusion(attestation: Attestation, inclusion: Inclusion, head: TreeHead) -> None:
    """Raise MerkleError unless the attestation is in the log that the head stands for."""
    leaf = merkle.leaf_hash(attestation.canonical())
    path = [bytes.fromhex(each) for each in inclusion.path]
    root = bytes.fromhex(head.root)
    if inclusion.size != head.size or not merkle.includes(
        leaf, inclusion.index, inclusion.size, path, root
    ):
        raise MerkleError(f"not entry {inclusion.index} of the log that was signed at {head.size}")


def check_consistency(
    old: TreeHead,
    new: TreeHead,
    consistency: Consistency,
    keys: Keys,
    chain: Sequence[Link] = (),
) -> None:
    """Raise a ProofError unless the log of the new head begins with that of the old one.

    `chain` are the changes of keys up to the new head, for who knows only the first key. Two heads of
    one size with different roots, both signed, are a SplitViewError: keep both, they prove it.
    """
    keys = check_chain(chain, new, keys)
    keys.check_head(old)
    keys.check_head(new)
    if old.size == new.size and old.root != new.root:
        raise SplitViewError(f"two logs of {old.size} entries were signed: {old.root}, {new.root}")
    if (consistency.first, consistency.second) != (old.size, new.size):
        raise MerkleError(
            f"a proof from {consistency.first} to {consistency.second} entries, "
            f"not from {old.size} to {new.size}"
        )
    path = [bytes.fromhex(each) for each in consistency.path]
    roots = bytes.fromhex(old.root), bytes.fromhex(new.root)
    if not merkle.extends(old.size, new.size, path, *roots):
        raise MerkleError(
            f"the log of {new.size} entries does not begin with that of {old.size} entries"
        )
