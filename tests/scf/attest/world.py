"""A drive, a keyring and statements to try the log with."""

from dataclasses import dataclass
from pathlib import Path

from scf.attest.keys import Keyring
from scf.attest.log import Log
from scf.attest.proof import Proof
from scf.attest.public import Keys
from scf.attest.statement import Statement, Subject
from scf.cid import cid_of
from scf.drive import Drive

AT = 1_700_000_000


def statement(number: int, *, at: int = AT, kind: str = "release") -> Statement:
    subject = Subject(name=f"model {number}", cid=cid_of(b"model %d" % number))
    return Statement(kind=kind, subjects=(subject,), predicate={"n": number, "x": 0.5}, at=at)


@dataclass(frozen=True)
class World:
    folder: Path

    @property
    def drive(self) -> Drive:
        return Drive.open(self.folder / "drive")

    @property
    def ring(self) -> Keyring:
        return Keyring.open(self.folder / "keys")

    @property
    def first(self) -> Keys:
        """What a verifier is given: the log's first public key, no more."""
        return Keys.only(self.ring.keys.keys[0].public)

    @property
    def file(self) -> Path:
        return self.folder / "drive/attestations/log/log.ndjson"

    @property
    def hashes(self) -> Path:
        return self.file.with_name("hashes")

    def log(self, *, audit: bool = True) -> Log:
        return Log.open(self.drive, self.ring, audit=audit)

    def proof(self, index: int, size: int | None = None) -> Proof:
        return Proof.of(self.log(), index, size=size)


def make(folder: Path, *, entries: int = 0) -> World:
    Drive.make(folder / "drive")
    Keyring.make(folder / "keys")
    world = World(folder)
    world.log().extend(statement(number) for number in range(entries))
    return world
