"""Fossils of another vault: lines that are fossils' documents; CIDs, verdicts and parents are checked."""

from scf.contracts.fossil import Fossil
from scf.errors import ContractError
from scf.vault.candidate import Candidate, Reason
from scf.vault.canonical import Refused, read_json
from scf.vault.sources.ndjson import Ndjson


class Fossils(Ndjson):
    """A file of fossils, also a shard of another vault. A fossil's parents come before it."""

    _KIND = "fossils"

    def _candidate(self, line: bytes, number: int) -> Candidate:  # noqa: ARG002 - it says its source
        value = read_json(line)
        if not isinstance(value, dict):
            raise Refused(Reason.NOT_A_FOSSIL)
        if not value.get("source"):
            raise Refused(Reason.NO_SOURCE)
        if value.get("verdict") is None:
            raise Refused(Reason.NO_VERDICT)
        try:
            fossil = Fossil.parse(line, source=self.name)
            raw = fossil.raw()
        except (ContractError, ValueError):
            raise Refused(Reason.NOT_A_FOSSIL) from None
        return Candidate(
            raw,
            fossil.encoding,
            fossil.content,
            fossil.media,
            fossil.source,
            fossil.parents,
            fossil.cid,
            fossil.verdict,
        )
