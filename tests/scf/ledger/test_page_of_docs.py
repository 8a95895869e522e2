"""What the documentation says of the ledger is what it is."""

import re
from pathlib import Path

from scf.ledger import Reason, landauer_text
from scf.ledger.chain import Entry

PAGE = (Path(__file__).parents[3] / "docs" / "scf" / "ledger.md").read_text()


def test_every_kind_and_every_reason_is_told() -> None:
    told = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    bodies = Entry.model_json_schema()["properties"]["body"]["discriminator"]["mapping"]
    assert told == {*bodies, *Reason, "rapl", "nvml", "estimate"}


def test_the_example_prints_what_it_says() -> None:
    assert landauer_text(1.0) in PAGE
