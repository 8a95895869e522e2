"""Training on a Ray cluster beside one machine: time per step, and whether the bytes are the same.

The cluster is two nodes of one processor each on this machine, so it has no more processors than one
machine's training has left idle; what it costs to send is measured, what more machines would bring is not.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import ray
from bench.emily.rows import Row

from scf.batcher.shards import write_shard
from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil, Verdict
from scf.contracts.job import CHECKPOINT, Budget, Job
from scf.training.ebdm.recipe import train
from scf.training.task import Beat, Outcome, Task
from scf.worker.ray.trainer import Trainer

_WORKERS = 2
_WARM = 10
"""Steps that are not counted."""
SIZES = {
    "128 wide, 256 points": {"width": 128, "batch": 256, "steps": 120},
    "512 wide, 4096 points": {"width": 512, "batch": 4096, "steps": 20},
}


@dataclass(frozen=True, slots=True)
class Run:
    """One training: the median step, and the checkpoint."""

    milliseconds: float
    checkpoint: bytes


def rows() -> list[Row]:
    """Train each size here and on the cluster."""
    found: list[Row] = []
    with TemporaryDirectory(prefix="r-", dir="/tmp") as scratch, cluster(scratch) as address:
        folder = Path(scratch)
        data = dataset(folder)
        for name, size in SIZES.items():
            task = task_of(folder, data, size)
            here = trained(train, task)
            there = trained(Trainer(address, _WORKERS).recipe("ebdm"), task)
            ray.shutdown()
            found += [
                Row(f"{name}: a step on one machine", f"{here.milliseconds:.1f} ms"),
                Row(f"{name}: a step with {_WORKERS} workers", f"{there.milliseconds:.1f} ms"),
                Row(
                    f"{name}: the same bytes",
                    "yes" if here.checkpoint == there.checkpoint else "no",
                    "yes",
                    here.checkpoint == there.checkpoint,
                ),
            ]
    return found


def trained(recipe: Callable[[Task, Beat], Outcome], task: Task) -> Run:
    """Train once, from the beginning."""
    for path in task.out.iterdir():
        path.unlink()
    times: dict[int, float] = {}

    def beat(step: int, _: int) -> None:
        times.setdefault(step, time.monotonic())

    recipe(task, beat)
    ends = [times[step] for step in range(_WARM, max(times) + 1)]
    steps = [after - before for before, after in pairwise(ends)]
    return Run(1000 * statistics.median(steps), (task.out / CHECKPOINT).read_bytes())


@contextmanager
def cluster(folder: str) -> Iterator[str]:
    """Two nodes on loopback; their address."""
    os.environ |= {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
    from ray.cluster_utils import Cluster

    options: dict[str, int | str | bool] = {"num_cpus": 1, "object_store_memory": 100 << 20}
    head = {**options, "node_ip_address": "127.0.0.2", "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        made.add_node(node_ip_address="127.0.0.3", **options)  # type: ignore[arg-type]  # it has no types
        yield made.address
    finally:
        made.shutdown()  # type: ignore[no-untyped-call]  # it has no types


def dataset(folder: Path) -> Dataset:
    """Points about nine places, in one shard."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(8000, 2)) * 0.2 + rng.integers(-1, 2, size=(8000, 2)) * 2.0
    with (folder / "points.zst").open("wb") as file:
        shard = write_shard(file, map(fossil, points.tolist()))
    ref = ShardRef(
        name="points.zst",
        cid=shard.cid,
        records=shard.records,
        bytes=shard.bytes,
        raw_bytes=shard.raw_bytes,
    )
    return Dataset(shards=(ref,))


def fossil(point: list[float]) -> bytes:
    """The line of a fossil that holds a point."""
    text = repr(point).encode()
    return Fossil(
        cid=cid_of(text),
        encoding="json",
        content={"point": [*point]},
        media="application/json",
        source="bench",
        verdict=Verdict(verifier="bench", passed=True),
    ).canonical()


def task_of(folder: Path, data: Dataset, size: dict[str, int]) -> Task:
    """A training of this size in as many parts as there are workers."""
    job = Job(
        model="bench",
        recipe="ebdm",
        generation=1,
        dataset=data.id,
        config={**size, "slices": _WORKERS, "samples": 0},
        code="bench",
        budget=Budget(seconds=3600.0),
    )
    out = folder / f"run-{size['width']}"
    out.mkdir()
    return Task(job=job, dataset=data, shards=folder, out=out)
