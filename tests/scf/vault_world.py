"""Vaults, sources and what they come to, for the tests of the vault."""

import json
from collections.abc import Iterable
from pathlib import Path

from scf.drive import Drive, Partition
from scf.vault import Cut, Report, Vault
from scf.vault.candidate import Adapter
from scf.vault.sources import Ndjson
from scf.vault.verifiers import AnyBytes, Verifier

SMALL = Cut(records=10)
ANY = AnyBytes()


def new_vault(root: Path) -> Vault:
    """An empty vault on a new drive."""
    root.parent.mkdir(parents=True, exist_ok=True)
    return Vault.open(Drive.make(root))


def lines(path: Path, values: Iterable[object]) -> Ndjson:
    """A source of JSON lines in a file that is written here; bytes stand as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in values)
    path.write_bytes(b"".join(row + b"\n" for row in rows))
    return Ndjson(path)


def ingest(vault: Vault, source: Adapter, verifier: Verifier = ANY, cut: Cut = SMALL) -> Report:
    """Take a source in, in small shards."""
    return vault.ingest(source, verifier, cut=cut)


def contents(vault: Vault) -> tuple[dict[str, bytes], list[str]]:
    """The bytes of every file but the catalogue's, and everything that the catalogue says."""
    folder = vault.drive.root / Partition.FOSSIL_VAULT
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("catalogue.sqlite")
    }
    return files, list(vault.catalogue.dump())


def cids(vault: Vault) -> set[bytes]:
    """The digests of all fossils."""
    rows = (row for row in vault.catalogue.dump() if row.startswith("fossils "))
    return {bytes.fromhex(json.loads(row.removeprefix("fossils "))[0]) for row in rows}
