"""EXPERIMENTAL AND UNAUDITED: that a metric reaches a threshold, without saying what it is.

Nothing that is released rests on it. The metric is an integer in fixed point, below 2**32, in a Pedersen
commitment (T. Pedersen, CRYPTO '91) that a signed statement carries. The proof commits to each bit of
metric - threshold, shows of each that it is 0 or 1 by a proof of one of two (R. Cramer, I. Damgård,
B. Schoenmakers, CRYPTO '94), and that the bits add up to the commitment; their sum is then not
negative. One challenge for all is the hash of everything that is public (A. Fiat, A. Shamir, CRYPTO
'86; strong, as in D. Bernhard, O. Pereira, B. Warinschi, ASIACRYPT 2012), the statement among it.

It does not show that the number in the commitment is the metric that was measured: for that there is
the signature of the statement, and nothing else.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from secrets import randbelow
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import Field, JsonValue, StringConstraints

from scf.attest.errors import ProofError, RangeProofError
from scf.attest.modp import G, H, P, Q, element, member, power, power_of_h
from scf.attest.statement import Hash, Label, Statement, Subject, encoded, exact
from scf.cid import Cid
from scf.contracts.base import Document

BITS = 32
KIND = "sealed-metric"
"""The kind of the statements that carry a commitment."""

_TYPE = "application/vnd.scf.experimental-range-proof+json"
_MAX_PROOF = 1 << 18
_CHALLENGES = 1 << 256

Wide = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{512}$")]
"""A number of 2048 bits in hexadecimal."""

Fixed = Annotated[int, Field(ge=0, lt=1 << BITS)]


class _Sealed(Document):
    """The predicate of a statement that carries a commitment; the metric is `scale` times as large."""

    metric: Label
    scale: Annotated[int, Field(ge=1, lt=1 << BITS)]
    commitment: Wide


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment hides: keep it secret, and to prove with."""

    value: int = field(repr=False)
    blinding: int = field(repr=False)

    @classmethod
    def of(cls, value: int) -> Self:
        """A value in [0, 2**32) with new randomness. Raises RangeProofError."""
        if not 0 <= value < 1 << BITS:
            raise RangeProofError(f"a metric in fixed point is in [0, 2**{BITS})")
        return cls(value, randbelow(Q))

    def commitment(self) -> int:
        """g**value * h**blinding."""
        return _commit(self.value, self.blinding)

    def sealed(self, subject: Subject, metric: str, *, scale: int, at: int) -> Statement:
        """The statement that carries the commitment, to be appended to the log."""
        sealed = _Sealed(metric=metric, scale=scale, commitment=_wide(self.commitment()))
        return Statement(kind=KIND, subjects=(subject,), predicate=sealed.model_dump(), at=at)


class Bit(Document):
    """A commitment to a bit, and the proof that it is one: the share of the challenge for 0, answers."""

    commitment: Wide
    share: Hash
    zero: Wide
    one: Wide


class RangeProof(Document):
    """That the metric that a statement seals is at least `threshold`."""

    v: Literal[1] = 1
    warning: Literal["experimental and unaudited"] = "experimental and unaudited"
    statement: Cid
    threshold: Fixed
    challenge: Hash
    bits: Annotated[tuple[Bit, ...], Field(min_length=BITS, max_length=BITS)]


def prove(opening: Opening, statement: Statement, threshold: int) -> RangeProof:
    """The proof that a sealed metric is at least `threshold`, in the same fixed point.

    Raises RangeProofError when it is not, or the opening is not that of the statement.
    """
    if _commitment(statement) != opening.commitment():
        raise RangeProofError("the statement seals another metric")
    if not 0 <= threshold <= opening.value:
        raise RangeProofError(f"the metric does not reach {threshold}: there is no such proof")
    excess = opening.value - threshold
    blindings = [randbelow(Q) for _ in range(BITS)]
    weighted = sum(blinding << place for place, blinding in enumerate(blindings[1:], 1))
    blindings[0] = (opening.blinding - weighted) % Q
    nonces = [randbelow(Q) for _ in range(BITS)]
    shares = [randbelow(_CHALLENGES) for _ in range(BITS)]
    answers = [randbelow(Q) for _ in range(BITS)]
    values = [excess >> place & 1 for place in range(BITS)]
    commitments, first = list[int](), list[tuple[int, int]]()
    for value, blinding, nonce, share, answer in zip(
        values, blindings, nonces, shares, answers, strict=True
    ):
        commitment = _commit(value, blinding)
        honest = power_of_h(nonce)
        # of the other case, which does not hold, an answer is made up first, and then its question
        made_up = _first(_shifted(commitment, 1 - value), share, answer)
        commitments.append(commitment)
        first.append((honest, made_up) if value == 0 else (made_up, honest))
    challenge = _challenge(statement, threshold, commitments, first)
    bits: list[Bit] = []
    for place, value in enumerate(values):
        own = (challenge - shares[place]) % _CHALLENGES
        answer = (nonces[place] + own * blindings[place]) % Q
        zero, one = (answer, answers[place]) if value == 0 else (answers[place], answer)
        bits.append(
            Bit(
                commitment=_wide(commitments[place]),
                share=f"{own if value == 0 else shares[place]:064x}",
                zero=_wide(zero),
                one=_wide(one),
            )
        )
    return RangeProof(
        statement=statement.id,
        threshold=threshold,
        challenge=f"{challenge:064x}",
        bits=tuple(bits),
    )


def verify_range(proof: bytes, statement: Statement, threshold: int) -> RangeProof:
    """The proof, when it shows that the metric the statement seals is at least `threshold`.

    The statement is to be one that `scf.attest.verify.verify` gave. Raises RangeProofError.
    """
    if len(proof) > _MAX_PROOF:
        raise RangeProofError(f"range proof: larger than {_MAX_PROOF >> 10} KiB")
    try:
        found = exact(RangeProof, proof, source="range proof")
    except ProofError as error:
        raise RangeProofError(error.message) from None
    if found.statement != statement.id:
        raise RangeProofError("the range proof is for another statement")
    if found.threshold != threshold:
        raise RangeProofError(f"the range proof is for {found.threshold}, not {threshold}")
    sealed = _commitment(statement)
    commitments = [int(bit.commitment, 16) for bit in found.bits]
    if not all(map(member, (sealed, *commitments))):
        raise RangeProofError("the range proof has a commitment that is not in the group")
    total = power(G, threshold)
    for place, each in enumerate(commitments):
        total = element(total * power(each, 1 << place))
    if total != sealed:
        raise RangeProofError("the bits of the range proof do not add up to the sealed metric")
    challenge = int(found.challenge, 16)
    first: list[tuple[int, int]] = []
    for bit, commitment in zip(found.bits, commitments, strict=True):
        share, zero, one = int(bit.share, 16), int(bit.zero, 16), int(bit.one, 16)
        if zero >= Q or one >= Q:
            raise RangeProofError("the range proof has an answer that is not reduced")
        other = (challenge - share) % _CHALLENGES
        first.append((_first(commitment, share, zero), _first(_shifted(commitment, 1), other, one)))
    if _challenge(statement, threshold, commitments, first) != challenge:
        raise RangeProofError("the range proof does not answer its challenge")
    return found


def _commit(value: int, blinding: int) -> int:
    return element(power(G, value) * power_of_h(blinding))


def _first(commitment: int, challenge: int, answer: int) -> int:
    """What a prover who gives this answer must have begun with (Schnorr): h**answer / commitment**c."""
    return element(power_of_h(answer) * power(commitment, -challenge))


def _shifted(commitment: int, value: int) -> int:
    """The commitment less a value: a power of h when that is what it hides."""
    return element(commitment * power(G, -value))


def _challenge(
    statement: Statement, threshold: int, bits: list[int], first: list[tuple[int, int]]
) -> int:
    body: dict[str, JsonValue] = {
        "statement": statement.id,
        "commitment": _wide(_commitment(statement)),
        "threshold": threshold,
        "g": _wide(G),
        "h": _wide(H),
        "p": _wide(P),
        "bits": [_wide(bit) for bit in bits],
        "first": [[_wide(zero), _wide(one)] for zero, one in first],
    }
    return int.from_bytes(sha256(encoded(_TYPE, rfc8785.dumps(body))).digest(), "big")


def _commitment(statement: Statement) -> int:
    try:
        sealed = _Sealed.model_validate(statement.predicate)
    except ValueError:
        sealed = None
    if sealed is None or statement.kind != KIND:
        raise RangeProofError(f"not a statement of kind {KIND}")
    return int(sealed.commitment, 16)


def _wide(number: int) -> str:
    return f"{number:0512x}"
