"""Sources: adapters that turn files, lines of JSON, Parquet and other vaults' fossils into candidates."""

import re
from pathlib import Path

from scf.vault.candidate import Adapter
from scf.vault.sources.files import Files
from scf.vault.sources.fossils import Fossils
from scf.vault.sources.ndjson import Ndjson
from scf.vault.sources.parquet import Parquet

__all__ = ["Files", "Fossils", "Ndjson", "Parquet", "source_of"]

_LINES = re.compile(r".*\.(ndjson|jsonl)(\.gz|\.zst)?")
_FOSSILS = re.compile(r".*\.fossils\.ndjson(\.gz|\.zst)?|shard-\d{8}\.ndjson\.zst")


def source_of(path: Path) -> Adapter:
    """The adapter for a path, by its name: what has no name of another is files. Raises SourceError."""
    if path.is_dir():
        return Files(path)
    if _FOSSILS.fullmatch(path.name):
        return Fossils(path)
    if _LINES.fullmatch(path.name):
        return Ndjson(path)
    if path.suffix == ".parquet":
        return Parquet(path)
    return Files(path)
