"""Datasets of points for the tests of energy models: shards of fossils, as the vault writes them."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import rfc8785

from scf.batcher.shards import write_shard
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil, Verdict
from scf.contracts.job import Budget, Job
from scf.training.task import Task

PASSED = Verdict(verifier="test", passed=True)


def fossil(point: list[float]) -> bytes:
    """The line of a fossil that holds a point."""
    content = {"point": point}
    return Fossil(
        cid=cid_of(rfc8785.dumps(content)),
        encoding="json",
        content=content,
        media="application/json",
        source="test",
        verdict=PASSED,
    ).canonical()


def dataset(folder: Path, points: np.ndarray, *, shards: int = 1) -> Dataset:
    """Points as a dataset whose shards are in `folder`."""
    parts = np.array_split(points, shards)
    refs = [_shard(folder, f"points-{k}.zst", map(fossil, p.tolist())) for k, p in enumerate(parts)]
    return Dataset(shards=tuple(refs))


def write(folder: Path, lines: Iterable[bytes]) -> Dataset:
    """Lines as a dataset of one shard."""
    return Dataset(shards=(_shard(folder, "lines.zst", lines),))


def _shard(folder: Path, name: str, lines: Iterable[bytes]) -> ShardRef:
    with (folder / name).open("wb") as file:
        written = write_shard(file, lines)
    return ShardRef(name=name, **asdict(written))


def task(shards: Path, out: Path, data: Dataset, *, seed: int = 0, **config: object) -> Task:
    """A first training of these points with this config."""
    job = Job(
        model="toy",
        recipe="ebdm",
        generation=1,
        dataset=data.id,
        config=config,
        seed=seed,
        code="test",
        budget=Budget(seconds=60.0),
    )
    out.mkdir()
    return Task(job=job, dataset=data, shards=shards, out=out)
