"""The vault's own check: every shard and every fossil against its CID, and the catalogue against them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scf.batcher.errors import ShardError, UnreadableError
from scf.batcher.shards import verify
from scf.cid import cid_of, digest_of
from scf.contracts.dataset import ShardRef
from scf.contracts.fossil import Fossil
from scf.drive import Drive
from scf.errors import ContractError
from scf.vault.catalogue import Catalogue
from scf.vault.reading import lines

_MOST = 100


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it was taken in; `line` counts from 1, 0 is the shard as a whole."""

    shard: str
    line: int
    problem: str

    def __str__(self) -> str:
        place = f", line {self.line}" if self.line else ""
        return f"{self.shard}{place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read, and the first hundred damages."""

    shards: int
    fossils: int
    damage: tuple[Damage, ...]


def check(drive: Drive, folder: Path, catalogue: Catalogue) -> Checked:
    """Read all shards in a folder and compare them with the catalogue. Raises DriveError."""
    fossils = shards = 0
    damage: list[Damage] = []
    for seq, ref in catalogue.shards():
        shards += 1
        damage += _shard(folder / ref.name, catalogue, seq, ref)
        fossils += ref.records
        drive.check()  # shards of a drive that is gone are not damaged
    held = catalogue.fossils()
    if held != fossils:
        problem = f"{held} fossils in the catalogue, {fossils} in the shards"
        damage.append(Damage("the catalogue", 0, problem))
    return Checked(shards, fossils, tuple(damage[:_MOST]))


def _shard(path: Path, catalogue: Catalogue, seq: int, ref: ShardRef) -> Iterator[Damage]:
    try:
        verify(path, ref)
        for number, line in enumerate(lines(path, ref), 1):
            problem = _problem(catalogue, (seq, number - 1), line)
            if problem:
                yield Damage(ref.name, number, problem)
    except (ShardError, UnreadableError) as error:
        problem = error.message.removeprefix(ref.name).lstrip(",: ")
        yield Damage(ref.name, 0, problem)


def _problem(catalogue: Catalogue, place: tuple[int, int], line: bytes) -> str:
    try:
        fossil = Fossil.parse(line, source="the line")
        raw = fossil.raw()
        if fossil.canonical() != line:
            return "it is not in its canonical form"
    except (ContractError, ValueError) as error:
        return f"no fossil: {error}"
    if cid_of(raw) != fossil.cid:
        return f"its bytes have the CID {cid_of(raw)}, not {fossil.cid}"
    if not fossil.verdict.passed:
        return "its verdict did not pass"
    if catalogue.place(digest_of(fossil.cid)) != place:
        return f"the catalogue has {fossil.cid} elsewhere"
    for parent in fossil.parents:
        if catalogue.place(digest_of(parent)) is None:
            return f"its parent {parent} is not held"
    return ""
