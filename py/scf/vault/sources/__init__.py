"""Sources: adapters that turn files, lines of JSON, Parquet and other vaults' fossils into candidates."""

import re
from pathlib import Path

from scf.vault.candidate import Adapter
from scf.vault.errors import SourceError
from scf.vault.sources.files import Files
from scf.vault.sources.fossils import Fossils
from scf.vault.sources.label import checked_label, label
from scf.vault.sources.ndjson import Ndjson
from scf.vault.sources.parquet import Parquet

__all__ = ["Files", "Fossils", "Ndjson", "Parquet", "label", "source_of"]

_LINES = re.compile(r".*\.(ndjson|jsonl)(\.gz|\.zst)?")
_FOSSILS = re.compile(r".*\.fossils\.ndjson(\.gz|\.zst)?|shard-\d{8}\.ndjson\.zst")


def source_of(path: Path, *, name: str | None = None) -> Adapter:
    """The adapter for a path, by its name: what has no name of another is files.

    `name` is what the catalogue and the fossils call it; else that is `label(path)`, which tells it
    from others whose files have the same name. Raises SourceError.
    """
    name = label(path) if name is None else checked_label(name)
    try:
        name.encode()
    except UnicodeEncodeError:
        raise SourceError(f"{name!r}: the name is not UTF-8", hint="rename it") from None
    if path.is_dir():
        return Files(path, name=name)
    if _FOSSILS.fullmatch(path.name):
        return Fossils(path, name=name)
    if _LINES.fullmatch(path.name):
        return Ndjson(path, name=name)
    if path.suffix == ".parquet":
        return Parquet(path, name=name)
    return Files(path, name=name)
