"""The group that the experimental range proof works in: numbers modulo the prime of RFC 3526, group 14.

That prime p, of 2048 bits, is safe: q = (p - 1) / 2 is prime too. With x and -x taken for the same, the
numbers modulo p are then a group of prime order q, of which every number in 1 … q is an element (D.
Hofheinz, E. Kiltz, The Group of Signed Quadratic Residues, CRYPTO 2009; as hard as that of squares,
which has the same order), and all its arithmetic is Python's own. Ristretto255 (RFC 9496) would be
eight times smaller, but takes a curve, an encoding and a map by hand: more to get wrong. About 112 bits
of security. Not constant-time: to be used where nobody measures how long it takes.
"""

from functools import cache
from hashlib import shake_256

P = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
"""RFC 3526, section 3 (group 14)."""

Q = (P - 1) // 2
"""The order of the group."""

G = 2
"""A generator: any element but 1 is one."""

_WINDOW = 4


def element(number: int) -> int:
    """The element that a number not divisible by p stands for: it, or p less it, modulo p."""
    rest = number % P
    return min(rest, P - rest)


def derived(label: str) -> int:
    """An element that nobody knows a logarithm of, to any base: a hash."""
    # 128 bits more than p has: the remainder is as good as uniform
    return element(int.from_bytes(shake_256(label.encode()).digest(256 + 16), "big"))


H = derived("scf attest: the second generator of Pedersen commitments, 1")
"""Another generator, independent of the first."""


def member(number: int) -> bool:
    """Whether a number is an element of the group other than 1."""
    return 1 < number <= Q


def power(base: int, exponent: int) -> int:
    """An element to a power, which may be negative."""
    return element(pow(base, exponent, P))


def power_of_h(exponent: int) -> int:
    """H to a power in [0, q): from a table, ten times as fast."""
    result = 1
    for row in _powers_of_h():
        result = result * row[exponent & (1 << _WINDOW) - 1] % P
        exponent >>= _WINDOW
    return element(result)


@cache
def _powers_of_h() -> list[list[int]]:
    """To each digit of an exponent, H to what the digit may stand for; 8 192 numbers, 2 MB."""
    rows: list[list[int]] = []
    base = H
    for _ in range(0, Q.bit_length(), _WINDOW):
        row = [1]
        for _ in range(1, 1 << _WINDOW):
            row.append(row[-1] * base % P)
        rows.append(row)
        base = row[-1] * base % P
    return rows
