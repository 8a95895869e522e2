"""The vault on a drive: what is in it, and the ways in and out."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scf.cid import cid_of_digest, digest_of
from scf.contracts.dataset import Dataset
from scf.contracts.fossil import Fossil
from scf.drive import Drive, Partition, guarded
from scf.turns import turn
from scf.vault.candidate import Adapter
from scf.vault.catalogue import Catalogue
from scf.vault.check import Checked, check
from scf.vault.errors import REBUILD, BusyError, CatalogueError, VaultError
from scf.vault.ingest import SHARDS, Beat, Cut, PrimordialSoupIngestor, Report, shard_name
from scf.vault.reading import fossils
from scf.vault.rebuild import SHARD, rebuild
from scf.vault.verifiers import Verifier

CATALOGUE = "catalogue.sqlite"
_LOCK = "ingest.lock"
_DATASETS = "datasets"


class Vault:
    """Fossils in shards, numbered from 1, that are only ever added to."""

    def __init__(self, drive: Drive, catalogue: Catalogue) -> None:
        self.drive = drive
        self.catalogue = catalogue

    @classmethod
    def open(cls, drive: Drive) -> "Vault":
        """The vault of a drive, made when there is none; a catalogue that is lost or empty is made again.

        Raises DriveError, CatalogueError, and what `rebuild` does.
        """
        drive.check()
        shards = drive.folder(Partition.FOSSIL_VAULT, SHARDS)
        path = drive.root / Partition.FOSSIL_VAULT / CATALOGUE
        with guarded(drive.root):
            lost = not path.exists() or path.stat().st_size == 0
        if lost and _shards(drive, shards):
            return cls.rebuild(drive)
        return cls(drive, Catalogue(drive, path, make=True))

    @classmethod
    def rebuild(cls, drive: Drive) -> "Vault":
        """A catalogue from the shards, in the place of one that is lost or damaged.

        What only the catalogue knew is gone: counts of refusals, and how far sources were read; read
        again, they add what is missing. Raises BusyError, DriveError, and RefusedError when a shard is
        damaged; nothing is changed then.
        """
        drive.check()
        path = drive.root / Partition.FOSSIL_VAULT / CATALOGUE
        with locked(drive):
            rebuild(drive, drive.folder(Partition.FOSSIL_VAULT, SHARDS), path)
        return cls(drive, Catalogue(drive, path, make=False))

    def check(self) -> Checked:
        """Read all of it, and compare it with what it says of itself. Raises DriveError."""
        return check(self.drive, self.shards, self.catalogue)

    @property
    def shards(self) -> Path:
        """The folder of the shards."""
        return self.drive.root / Partition.FOSSIL_VAULT / SHARDS

    def close(self) -> None:
        """Close the catalogue."""
        self.catalogue.close()

    def ingest(
        self,
        source: Adapter,
        verifier: Verifier,
        *,
        beat: Beat | None = None,
        cut: Cut | None = None,
    ) -> Report:
        """Take in a source, from where that was left off.

        Raises SourceError, BusyError, DriveError and QuotaError, and what the beat raises; nothing is
        lost then, and the same call goes on.
        """
        with locked(self.drive):
            self._sweep()
            ingestor = PrimordialSoupIngestor(
                self.drive, self.catalogue, source, verifier, cut=cut, beat=beat
            )
            return ingestor.run()

    def pulse(self) -> int:
        """How many shards there are; one step in an index, however many they are."""
        return self.catalogue.last()

    def count(self) -> int:
        """How many fossils there are."""
        return self.catalogue.records()

    def refusals(self) -> Mapping[str, Mapping[str, int]]:
        """Of each source, how many records were refused for which reason when it was last read."""
        return self.catalogue.refusals()

    def dataset(self, *, limit_shards: int | None = None) -> Dataset:
        """All shards, or the first of them, in order; also written to the drive. Raises VaultError."""
        shards = tuple(ref for _, ref in self.catalogue.shards(limit_shards))
        if not shards:
            raise VaultError("the vault is empty", hint="take something in: scf ingest SOURCE")
        dataset = Dataset(shards=shards)
        path = self.drive.folder(Partition.FOSSIL_VAULT, _DATASETS) / f"{dataset.id}.json"
        if not path.exists():
            self.drive.write(path, dataset.canonical())
        return dataset

    def fossil(self, cid: str) -> Fossil:
        """The fossil of these bytes. Raises VaultError when it is not held, ShardError when damaged."""
        (found,) = self._fossils([cid])
        return found

    def lineage(self, cid: str) -> Iterator[Fossil]:
        """The fossil, its parents, theirs, and so on to the roots, each once. Raises as `fossil`."""
        seen = {cid}
        level = [cid]
        while level:
            above: dict[str, None] = {}
            for fossil in self._fossils(level):
                above |= dict.fromkeys(parent for parent in fossil.parents if parent not in seen)
                yield fossil
            level = list(above)
            seen.update(level)

    def digest(self) -> str:
        """A CID of everything that the catalogue says: two vaults of the same contents have the same."""
        hashed = hashlib.sha256()
        for row in self.catalogue.dump():
            hashed.update(row.encode() + b"\n")
        return cid_of_digest(hashed.digest())

    def _fossils(self, cids: list[str]) -> Iterator[Fossil]:
        places = []
        for cid in cids:
            try:
                place = self.catalogue.place(digest_of(cid))
            except ValueError as error:
                raise VaultError(f"{cid!r} is no CID: {error}") from None
            if place is None:
                raise VaultError(f"the vault holds no fossil {cid}")
            places.append(place)
        return fossils(self.shards, self.catalogue, places)

    def _sweep(self) -> None:
        """Remove what an ingest that was killed left behind."""
        known = {ref.name for _, ref in self.catalogue.shards()}
        torn = shard_name(self.catalogue.last() + 1)
        for name in _shards(self.drive, self.shards) - known - {torn}:
            raise _unknown(name)
        if (self.shards / torn).exists() and self._is_named(torn):
            raise _unknown(torn)  # an older catalogue was put in the place of the one that knew it
        with guarded(self.drive.root):
            for folder in (self.shards, self._datasets()):
                for path in folder.glob(".emily-*.part"):
                    path.unlink()
            (self.shards / torn).unlink(missing_ok=True)

    def _is_named(self, shard: str) -> bool:
        """Whether a dataset names a shard: then it was in the catalogue once."""
        with guarded(self.drive.root):
            datasets = [Dataset.read(path) for path in self._datasets().glob("*.json")]
        return any(ref.name == shard for dataset in datasets for ref in dataset.shards)

    def _datasets(self) -> Path:
        return self.shards.parent / _DATASETS


@contextmanager
def locked(drive: Drive) -> Iterator[None]:
    """Be the only one that writes to the vault. Raises BusyError, DriveError."""
    path = drive.root / Partition.FOSSIL_VAULT / _LOCK
    busy = BusyError("another ingest writes to the vault", hint="wait for its end")
    with ExitStack() as stack:
        with guarded(drive.root):
            stack.enter_context(turn(path, busy, patience_s=0, make=0o666))
        yield


def subset(dataset: Dataset, shards: int) -> Dataset:
    """The first shards of a dataset. Raises VaultError when that is none, or more than it has."""
    if not 1 <= shards <= len(dataset.shards):
        raise VaultError(f"a dataset of {len(dataset.shards)} shards has no subset of {shards}")
    return Dataset(shards=dataset.shards[:shards])


def _unknown(shard: str) -> CatalogueError:
    return CatalogueError(f"the catalogue does not know the shard {shard}", hint=REBUILD)


def _shards(drive: Drive, folder: Path) -> set[str]:
    with guarded(drive.root):
        return {path.name for path in folder.iterdir() if SHARD.fullmatch(path.name)}
