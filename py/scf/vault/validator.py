"""The validator: nothing without provenance becomes a fossil, and what is refused is told why."""

import hashlib
from collections.abc import Callable
from functools import lru_cache

import rfc8785

from scf.cid import cid_of_digest, digest_of
from scf.contracts.fossil import Verdict
from scf.vault.candidate import Candidate, Reason
from scf.vault.canonical import MAX_LINE, Refused, canonical
from scf.vault.verifiers import Verifier

Holds = Callable[[bytes], bool]
"""Whether the vault holds the fossil of a digest."""
_MOST_TEXT = 256


def validate(candidate: Candidate, verifier: Verifier, holds: Holds) -> tuple[bytes, bytes]:
    """The digest of the bytes, and the fossil's line: its canonical document. Raises Refused."""
    if not candidate.source:
        raise Refused(Reason.NO_SOURCE)
    if len(candidate.source) > _MOST_TEXT or len(candidate.media) > _MOST_TEXT:
        raise Refused(Reason.LONG_NAME)
    digest = hashlib.sha256(candidate.raw).digest()
    cid = cid_of_digest(digest)
    if candidate.cid not in (None, cid):
        raise Refused(Reason.WRONG_CID)
    verdict = verifier.verify(candidate)
    if not verdict.passed:
        raise Refused(Reason.NOT_PASSED)
    # what another vault's verifier said stays what was said
    verdict = candidate.verdict or verdict
    if not verdict.passed:
        raise Refused(Reason.NOT_PASSED)
    if not all(holds(digest_of(parent)) for parent in candidate.parents):
        raise Refused(Reason.UNKNOWN_PARENT)
    line = line_of(candidate, cid, verdict)
    if len(line) > MAX_LINE:
        raise Refused(Reason.OVERSIZE)
    return digest, line


def line_of(candidate: Candidate, cid: str, verdict: Verdict) -> bytes:
    """What `Fossil.canonical` gives, put together from parts that are canonical already."""
    content = candidate.raw if candidate.encoding == "json" else canonical(candidate.content)
    return (
        b'{"cid":"%b","content":%b,"encoding":"%b","media":%b,"parents":%b,"source":%b,"verdict":%b}'
        % (
            cid.encode(),
            content,
            candidate.encoding.encode(),
            _text(candidate.media),
            rfc8785.dumps(candidate.parents),
            canonical(candidate.source),
            _verdict(verdict),
        )
    )


@lru_cache(maxsize=64)
def _text(text: str) -> bytes:
    return rfc8785.dumps(text)


@lru_cache(maxsize=64)
def _verdict(verdict: Verdict) -> bytes:
    return verdict.canonical()
