"""A catalogue that was lost, made again from the shards."""

import re
from pathlib import Path

from emily.files import sync_folder
from scf.batcher import zstd
from scf.batcher.shards import Shard
from scf.cid import cid_of_file, digest_of
from scf.contracts.dataset import ShardRef
from scf.contracts.fossil import Fossil
from scf.drive import Drive, guarded
from scf.errors import RefusedError
from scf.vault.catalogue import Catalogue

SHARD = re.compile(r"shard-(\d{8})\.ndjson\.zst")


def rebuild(drive: Drive, folder: Path, path: Path) -> None:
    """Write a catalogue of the shards in `folder` to `path`. Raises DriveError, RefusedError."""
    fresh = path.with_suffix(".rebuild")
    with guarded(drive.root):
        _remove(fresh)
        names = sorted(each.name for each in folder.iterdir() if SHARD.fullmatch(each.name))
    catalogue = Catalogue(drive, fresh, make=True)
    try:
        for name in names:
            ref, digests = _read(drive, folder / name)
            catalogue.add(int(name.split("-")[1].split(".")[0]), ref, digests)
    finally:
        catalogue.close()
    with guarded(drive.root):
        path.with_name(f"{path.name}-journal").unlink(
            missing_ok=True
        )  # of the lost one: it must not be replayed
        fresh.replace(path)
        sync_folder(path.parent)


def _read(drive: Drive, path: Path) -> tuple[ShardRef, list[bytes]]:
    with guarded(drive.root):
        cid, size = cid_of_file(path), path.stat().st_size
        with path.open("rb") as file:
            try:
                extents = list(zstd.extents(file.fileno(), 0, size))
            except zstd.MalformedError as error:
                raise RefusedError(f"{path.name}: {error}", hint="restore it from a copy") from None
    raw = sum(extent.raw for extent in extents)
    draft = ShardRef(name=path.name, cid=cid, records=1, bytes=size, raw_bytes=raw)
    digests: dict[bytes, None] = {}
    lines = 0
    with Shard.open(path, draft) as shard:
        for extent in extents:
            for line in shard.read(extent)[:-1].split(b"\n"):
                lines += 1
                fossil = Fossil.parse(line, source=f"{path.name}, line {lines}")
                digests[digest_of(fossil.cid)] = None
    if len(digests) < lines:
        raise RefusedError(f"{path.name}: a fossil is in it twice", hint="restore it from a copy")
    return draft.model_copy(update={"records": lines}), list(digests)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
