"""JSON from strangers: read strictly, written in the one form that is hashed."""

import json
import math
from typing import Never

import rfc8785
from pydantic import JsonValue

from scf.vault.candidate import Reason

MAX_LINE = 4 << 20
"""Bytes of a line, of a source as of a shard."""
MAX_DEPTH = 64
"""Arrays and objects in each other."""
MAX_INTEGER = (1 << 53) - 1
"""Beyond this, what others read as doubles is not what was written (RFC 7493, section 2.2)."""


class Refused(Exception):  # noqa: N818 - no error of the program: it is counted
    """Something that is no fossil."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def read_json(line: bytes) -> JsonValue:
    """The value of a line of JSON.

    Raises Refused: for what is not I-JSON (RFC 7493), and for what is nested deeper than MAX_DEPTH.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(line) > MAX_DEPTH:
        raise Refused(Reason.TOO_DEEP)
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise Refused(Reason.NOT_JSON) from None
    return value


def canonical(value: JsonValue) -> bytes:
    """The RFC 8785 form of a value; read again, it is the same. Raises Refused."""
    try:
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError:
        raise Refused(Reason.INTEGER_RANGE) from None
    except rfc8785.FloatDomainError:
        raise Refused(Reason.NOT_FINITE) from None
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):  # half of a surrogate pair
        raise Refused(Reason.NOT_UTF8) from None


def real(number: float) -> float:
    """A number that its canonical form brings back. Raises Refused."""
    if not math.isfinite(number):
        raise Refused(Reason.NOT_FINITE)
    # written without an exponent, it would be read as an integer out of range
    if MAX_INTEGER < abs(number) < 1e21:
        raise Refused(Reason.INTEGER_RANGE)
    return number


def _float(digits: str) -> float:
    return real(float(digits))


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise Refused(Reason.INTEGER_RANGE)
    return int(digits)


def _constant(_name: str) -> Never:
    raise Refused(Reason.NOT_FINITE)


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused(Reason.DUPLICATE_KEY)
    return found


def _depth(line: bytes) -> int:
    deepest = depth = 0
    quoted = escaped = False
    for byte in line:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif byte in b"]}":
            depth -= 1
    return deepest


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_float, parse_int=_integer, parse_constant=_constant
)
