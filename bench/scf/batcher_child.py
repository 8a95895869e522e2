"""One worker, in a process of its own: `batcher_child.py FOLDER DATASET WORKER WORKERS` prints figures."""

import json
import sys
import time
from pathlib import Path

import msgspec

from scf.batcher.batcher import Batcher
from scf.contracts.dataset import Dataset


class Pair(msgspec.Struct, array_like=True, gc=False):
    """`[x, y]`; unlike a tuple, of no concern to the garbage collector."""

    x: float
    y: float


class Point(msgspec.Struct, gc=False):
    """What a model of points is trained on."""

    point: Pair


class Sample(msgspec.Struct, gc=False):
    """A fossil, as far as a training reads it."""

    content: Point


def memory() -> int:
    """The process's resident bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


def main(folder: Path, dataset: Dataset, worker: int, workers: int) -> None:
    """Read an epoch: how many records, CPU seconds, resident bytes at first, and the most since."""
    stream = Batcher(dataset, folder, seed=1, of=Sample, worker=worker, workers=workers)
    first = most = memory()
    records = 0
    begin_s = time.process_time()
    for number, batch in enumerate(stream.batches(256)):
        records += len(batch)
        if number % 64 == 0:
            most = max(most, memory())
    seconds = time.process_time() - begin_s
    print(json.dumps({"records": records, "seconds": seconds, "first": first, "most": most}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Dataset.read(Path(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4]))
