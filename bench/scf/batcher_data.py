"""Shards of fossils as the vault writes them: points on a plane, with what proves their origin."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import rfc8785

from scf.batcher.shards import write_shard
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil

RECORDS = 400_000
_SHARD = 1 << 16
_SOURCE = 1000


def write(folder: Path) -> Dataset:
    """Write RECORDS fossils in shards as long as the vault's."""
    lines = _lines()
    refs = []
    for number, begin in enumerate(range(0, RECORDS, _SHARD)):
        name = f"shard-{number:08}.ndjson.zst"
        size = min(_SHARD, RECORDS - begin)
        with (folder / name).open("wb") as file:
            done = write_shard(file, (next(lines) for _ in range(size)))
        refs.append(
            ShardRef(
                name=name,
                cid=done.cid,
                records=done.records,
                bytes=done.bytes,
                raw_bytes=done.raw_bytes,
            )
        )
    return Dataset(shards=tuple(refs))


def repeated(dataset: Dataset, folder: Path, raw_bytes: int) -> Dataset:
    """The same shards under more and more names, until they hold `raw_bytes`; no more of the disk."""
    refs: list[ShardRef] = []
    held = 0
    while held < raw_bytes:
        ref = dataset.shards[len(refs) % len(dataset.shards)]
        name = f"again-{len(refs):06}.ndjson.zst"
        (folder / name).hardlink_to(folder / ref.name)
        refs.append(ref.model_copy(update={"name": name}))
        held += ref.raw_bytes
    return Dataset(shards=tuple(refs))


def _lines() -> Iterator[bytes]:
    random = Random(1)
    for number in range(RECORDS):
        content = {"point": [random.gauss(0, 1), random.gauss(0, 1)]}
        source = number // _SOURCE
        line = rfc8785.dumps(
            {
                "cid": cid_of(rfc8785.dumps(content)),
                "content": content,
                "encoding": "json",
                "media": "application/json",
                "parents": [cid_of(b"%d" % source)],
                "source": f"soup/moons-{source:05}.ndjson",
                "verdict": {"detail": "", "passed": True, "verifier": "canonical"},
            }
        )
        if number == 0 and Fossil.parse(line, source="the first line").canonical() != line:
            raise AssertionError("the vault would write another line")
        yield line
