"""Content identifiers: CIDv1, codec raw, SHA2-256, in base32 (https://github.com/multiformats/cid)."""

import hashlib
from base64 import b32decode, b32encode
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# version 1, codec raw, hash function sha2-256, 32 bytes of digest
_PREFIX = bytes((0x01, 0x55, 0x12, 0x20))
_BLOCK = 1 << 20


def cid_of(data: bytes) -> str:
    """The CID of these bytes."""
    return cid_of_digest(hashlib.sha256(data).digest())


def cid_of_digest(digest: bytes) -> str:
    """The CID of the bytes with this SHA-256 digest, 32 bytes."""
    return "b" + b32encode(_PREFIX + digest).decode("ascii").lower().rstrip("=")


def cid_of_file(path: Path) -> str:
    """The CID of a file's bytes, read in blocks. Raises OSError."""
    with path.open("rb") as file:
        return cid_of_digest(hashlib.file_digest(file, "sha256", _bufsize=_BLOCK).digest())


def digest_of(cid: str) -> bytes:
    """The SHA-256 digest that a CID names, 32 bytes. Raises ValueError for any other string."""
    try:
        raw = b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))
    except ValueError:
        raw = b""
    # the comparison refuses capitals and loose trailing bits, which decode to the same digest
    if len(raw) != len(_PREFIX) + 32 or cid != cid_of_digest(raw[len(_PREFIX) :]):
        raise ValueError("expected a CIDv1, raw, sha2-256, in base32: bafkrei…")
    return raw[len(_PREFIX) :]


def _checked(cid: str) -> str:
    digest_of(cid)
    return cid


Cid = Annotated[str, StringConstraints(pattern=r"^b[a-z2-7]{58}$"), AfterValidator(_checked)]
"""A CID that was checked."""
