"""The experiment: that a metric reaches a threshold, without the metric."""

import pytest
from tests.scf.attest.world import AT, statement

from scf.attest.errors import RangeProofError
from scf.attest.modp import G, H, P, Q, derived, element, member, power, power_of_h
from scf.attest.range_proof import KIND, Opening, RangeProof, prove, verify_range
from scf.attest.statement import Statement, Subject
from scf.cid import cid_of

METRIC = 9731
THRESHOLD = 9700
SUBJECT = Subject(name="model", cid=cid_of(b"model"))


@pytest.fixture(scope="module")
def opening() -> Opening:
    return Opening.of(METRIC)


@pytest.fixture(scope="module")
def sealed(opening: Opening) -> Statement:
    return opening.sealed(SUBJECT, "accuracy", scale=10_000, at=AT)


@pytest.fixture(scope="module")
def proof(opening: Opening, sealed: Statement) -> RangeProof:
    return prove(opening, sealed, THRESHOLD)


def probably_prime(number: int) -> bool:
    """Miller and Rabin's test with the first primes as bases."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11):
        power = pow(base, odd, number)
        powers = [power := power if step == 0 else power * power % number for step in range(twos)]
        if powers[0] != 1 and number - 1 not in powers:
            return False
    return True


def test_the_prime_is_that_of_rfc_3526_and_safe() -> None:
    """p = 2**2048 - 2**1984 - 1 + 2**64 * (floor(2**1918 * pi) + 124476)."""
    guard = 64

    def arctan_of_inverse(number: int) -> int:
        term = total = (1 << 1918 + guard) // number
        divisor = 1
        while term:
            term //= -number * number
            divisor += 2
            total += term // divisor
        return total

    pi = 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)) >> guard
    assert (1 << 2048) - (1 << 1984) - 1 + (pi + 124476 << 64) == P
    assert probably_prime(P)
    assert probably_prime(Q)
    assert not probably_prime(Q - 2)


def test_the_group() -> None:
    assert member(G)
    assert member(H)
    assert H != G
    assert derived("another") != H
    assert [member(number) for number in (0, 1, 2, Q, Q + 1, P - 2, P)] == [
        False,
        False,
        True,
        True,
        False,
        False,
        False,
    ]
    for exponent in (0, 1, 2, 15, 16, 12345, Q - 1):
        assert power_of_h(exponent) == power(H, exponent)
    assert power(H, Q) == 1
    assert element(power(H, 5) * power(H, -5)) == 1


def test_a_proof_holds_and_tells_the_statement_and_threshold(
    sealed: Statement, proof: RangeProof
) -> None:
    assert verify_range(proof.canonical(), sealed, THRESHOLD) == proof
    assert proof.warning == "experimental and unaudited"
    assert (proof.statement, proof.threshold) == (sealed.id, THRESHOLD)


def test_neither_the_metric_nor_its_blinding_is_told(
    opening: Opening, sealed: Statement, proof: RangeProof
) -> None:
    told = proof.canonical() + sealed.canonical() + repr(opening).encode()
    assert str(METRIC).encode() not in told.replace(proof.challenge.encode(), b"")[:200]
    assert f"{opening.blinding:0512x}".encode() not in told
    assert repr(opening) == "Opening()"
    again = prove(opening, sealed, THRESHOLD)
    assert not {bit.commitment for bit in again.bits} & {bit.commitment for bit in proof.bits}


@pytest.mark.parametrize(("value", "threshold"), [(5, 5), ((1 << 32) - 1, 0)])
def test_the_bounds_are_within(value: int, threshold: int) -> None:
    opening = Opening.of(value)
    sealed = opening.sealed(SUBJECT, "loss", scale=1, at=AT)
    assert verify_range(prove(opening, sealed, threshold).canonical(), sealed, threshold)


@pytest.mark.parametrize("value", [-1, 1 << 32])
def test_a_metric_beyond_the_bounds_is_not_sealed(value: int) -> None:
    with pytest.raises(RangeProofError):
        Opening.of(value)


@pytest.mark.parametrize("threshold", [METRIC + 1, 1 << 32, -1])
def test_what_the_metric_does_not_reach_is_not_proven(
    opening: Opening, sealed: Statement, threshold: int
) -> None:
    with pytest.raises(RangeProofError, match="does not reach"):
        prove(opening, sealed, threshold)


def test_an_opening_is_of_its_statement(sealed: Statement) -> None:
    with pytest.raises(RangeProofError, match="another metric"):
        prove(Opening.of(METRIC), sealed, THRESHOLD)
    with pytest.raises(RangeProofError, match=KIND):
        prove(Opening.of(METRIC), statement(1), THRESHOLD)


@pytest.mark.parametrize("threshold", [THRESHOLD - 1, THRESHOLD + 1, METRIC])
def test_a_proof_is_for_one_threshold(sealed: Statement, proof: RangeProof, threshold: int) -> None:
    with pytest.raises(RangeProofError, match="is for 9700"):
        verify_range(proof.canonical(), sealed, threshold)
    claimed = proof.model_copy(update={"threshold": threshold})
    with pytest.raises(RangeProofError, match="do not add up"):
        verify_range(claimed.canonical(), sealed, threshold)


def test_a_proof_is_for_one_statement(opening: Opening, proof: RangeProof) -> None:
    """Also where another statement seals the same commitment."""
    other = opening.sealed(SUBJECT, "another metric", scale=10_000, at=AT)
    with pytest.raises(RangeProofError, match="another statement"):
        verify_range(proof.canonical(), other, THRESHOLD)
    claimed = proof.model_copy(update={"statement": other.id})
    with pytest.raises(RangeProofError, match="challenge"):
        verify_range(claimed.canonical(), other, THRESHOLD)


def changed(number: str, *, by: int = 1) -> str:
    return f"{(int(number, 16) ^ by):0{len(number)}x}"


@pytest.mark.parametrize("field", ["commitment", "share", "zero", "one"])
@pytest.mark.parametrize("place", [0, 31])
def test_every_field_of_every_bit_counts(
    sealed: Statement, proof: RangeProof, field: str, place: int
) -> None:
    bit = proof.bits[place]
    wrong = bit.model_copy(update={field: changed(getattr(bit, field))})
    bits = (*proof.bits[:place], wrong, *proof.bits[place + 1 :])
    with pytest.raises(RangeProofError):
        verify_range(proof.model_copy(update={"bits": bits}).canonical(), sealed, THRESHOLD)


FORGED = {
    "another challenge": lambda proof: {"challenge": changed(proof.challenge)},
    "a bit less": lambda proof: {"bits": proof.bits[1:]},
    "a bit more": lambda proof: {"bits": (*proof.bits, proof.bits[0])},
    "two bits exchanged": lambda proof: {"bits": (*proof.bits[1::-1], *proof.bits[2:])},
    "no warning": lambda _proof: {"warning": ""},
    "another version": lambda _proof: {"v": 2},
    "a commitment that is the other of the pair": lambda proof: {
        "bits": (
            proof.bits[0].model_copy(
                update={"commitment": f"{P - int(proof.bits[0].commitment, 16):0512x}"}
            ),
            *proof.bits[1:],
        )
    },
    "a commitment to nothing": lambda proof: {
        "bits": (proof.bits[0].model_copy(update={"commitment": f"{0:0512x}"}), *proof.bits[1:])
    },
    "an answer that is not reduced": lambda proof: {
        "bits": (
            proof.bits[0].model_copy(update={"zero": f"{int(proof.bits[0].zero, 16) + Q:0512x}"}),
            *proof.bits[1:],
        )
    },
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_proof_is_refused(sealed: Statement, proof: RangeProof, name: str) -> None:
    forged = proof.model_copy(update=FORGED[name](proof))
    with pytest.raises(RangeProofError):
        verify_range(forged.canonical(), sealed, THRESHOLD)


def test_a_bit_of_two_is_refused(opening: Opening) -> None:
    """The bits add up when one of them is 2 and its neighbour none: its own proof does not hold."""
    low = Opening(value=2, blinding=opening.blinding)
    sealed = low.sealed(SUBJECT, "accuracy", scale=1, at=AT)
    true = prove(low, sealed, 0)
    first, second = true.bits[:2]
    moved = element(int(first.commitment, 16) * power(G, 2))
    lifted = element(int(second.commitment, 16) * power(G, -1))
    bits = (
        first.model_copy(update={"commitment": f"{moved:0512x}"}),
        second.model_copy(update={"commitment": f"{lifted:0512x}"}),
        *true.bits[2:],
    )
    with pytest.raises(RangeProofError, match="challenge"):
        verify_range(true.model_copy(update={"bits": bits}).canonical(), sealed, 0)


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"\xff", b"[]", b"{" * 9999, b" " * (1 << 19)], ids=range(6)
)
def test_junk_is_no_range_proof(sealed: Statement, junk: bytes) -> None:
    with pytest.raises(RangeProofError):
        verify_range(junk, sealed, THRESHOLD)


@pytest.mark.parametrize("commitment", ["0" * 512, "0" * 511 + "1", "f" * 512, "0"])
def test_a_statement_that_seals_nothing_is_refused(
    sealed: Statement, proof: RangeProof, commitment: str
) -> None:
    wrong = Statement.model_validate(
        {
            **sealed.model_dump(),
            "subjects": sealed.subjects,
            "predicate": {**sealed.predicate, "commitment": commitment},
        }
    )
    claimed = proof.model_copy(update={"statement": wrong.id})
    with pytest.raises(RangeProofError):
        verify_range(claimed.canonical(), wrong, THRESHOLD)
