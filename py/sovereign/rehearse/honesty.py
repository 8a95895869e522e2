"""What the fast tier does not show, and what it shows of a text that only stands in for NixOS's own."""

import re
from collections.abc import Mapping

from sovereign.expectations.document import Document
from sovereign.rehearse.concerns import CONCERNS
from sovereign.rehearse.furnish import Furnishing

_ELSEWHERE = {
    "boot": "a container has neither firmware nor a kernel of its own",
    "hardware": "only the machine itself shows its hardware",
    "storage": "the host's disks are in the vm tier",
}
_UNKNOWN = "the rehearsal does not furnish this concern"


def unproven(document: Document) -> list[dict[str, str]]:
    """Return each expectation that cannot be looked at, and why, as the suite reads it."""
    rows: list[dict[str, str]] = []
    for one in document.expectations:
        concern = CONCERNS.get(one.concern)
        if concern is None:
            rows.append(_row(one.id, _ELSEWHERE.get(one.concern, _UNKNOWN)))
            continue
        reasons = (why for pattern, why in concern.unproven if re.match(pattern, one.id))
        rows.extend(_row(one.id, why) for why in list(reasons)[:1])
    return rows


def stand_ins(document: Document, placed: Mapping[str, Furnishing]) -> list[dict[str, str]]:
    """Return each expectation whose concern stands on texts that NixOS would have rendered."""
    texts = {
        name: ", ".join(dict.fromkeys(file.stand_in for file in made.files if file.stand_in))
        for name, made in placed.items()
    }
    return [
        {"id": re.escape(one.id), "text": text}
        for one in document.expectations
        if (text := texts.get(one.concern))
    ]


def _row(identity: str, reason: str) -> dict[str, str]:
    return {"id": re.escape(identity), "reason": reason}
