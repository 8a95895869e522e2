"""The program that stands in for ssh in a pod that is reached by a bucket.

It brings what a job needs into the folders of the image, and shows in the bucket what the worker says
and makes.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from emily.files import replacing
from scf.contracts.dataset import Dataset
from scf.contracts.job import CHECKPOINT, Failure, FileRef, Job, Result
from scf.errors import RefusedError
from scf.worker.bucket import WAY, place_of
from scf.worker.errors import TransportError
from scf.worker.far import PARENT, RUN, SHARDS
from scf.worker.folder import DATASET, HEARTBEAT, JOB, RESULT
from scf.worker.s3 import S3Transport
from scf.worker.way import ByBucket, read
from sovereign.errors import Exit, SovereignError

_SAID = (HEARTBEAT, "usage-*.json", "failure-*.json", "refused-*.json")
"""In this order, and the result last: who hears of it finds the rest there."""


class Porter:
    """Between a bucket and the folders `run`, `shards` and `parent` below `base`."""

    def __init__(self, files: S3Transport, base: Path) -> None:
        self._files = files
        self._base = base
        self._run = base / RUN
        self._shown: dict[str, bytes] = {}

    def bring(self) -> bool:
        """Bring what the job needs, and last its own file, which starts the worker; whether it is there.

        Raises ContractError, TransportError, OSError.
        """
        if (self._run / JOB).exists():
            return True
        text = self._files.peek(JOB, RUN)
        if text is None:
            return False
        job = Job.parse(text, source=JOB)
        try:
            self._pull(RUN, [self._object(job.dataset, DATASET)])
            self._pull(SHARDS, _shards(Dataset.read(self._run / DATASET)))
            if job.parent is not None:
                self._pull(PARENT, [self._object(job.parent, CHECKPOINT)])
        except RefusedError as error:
            note = Failure(job=job.id, attempt=1, reason=error.message)
            self._files.put("refused-1.json", RUN, note.canonical())
            raise
        with replacing(self._run / JOB) as file:
            file.write(text)
        return True

    def show(self) -> bool:
        """Show what has changed; whether the result was shown. Raises TransportError, OSError."""
        for pattern in _SAID:
            for path in sorted(self._run.glob(pattern)):
                self._put(path.name, path.read_bytes())
        try:
            result = Result.read(self._run / RESULT)
        except FileNotFoundError:
            return False
        self._files.push([(self._run / file.name, file) for file in result.files], RUN)
        self._put(RESULT, result.canonical())
        return True

    def _put(self, name: str, data: bytes) -> None:
        if self._shown.get(name) != data:
            self._files.put(name, RUN, data)
            self._shown[name] = data

    def _object(self, cid: str, name: str) -> FileRef:
        found = self._files.find(cid, name)
        if found is None:
            raise RefusedError(f"{name} is missing")
        return found

    def _pull(self, place: str, files: Iterable[FileRef]) -> None:
        self._files.pull(list(files), place, self._base / place)


def _shards(dataset: Dataset) -> Iterator[FileRef]:
    for shard in dataset.shards:
        yield FileRef(name=shard.name, cid=shard.cid, bytes=shard.bytes)


def serve(porter: Porter, poll: float) -> None:
    """Bring the job, and show what is said until there is a result. Raises RefusedError, ContractError."""
    done = False
    while not done:
        try:
            done = porter.bring() and porter.show()
        except TransportError as error:  # it may pass; who rents the pod has less patience
            print(error.message, file=sys.stderr, flush=True)
        if not done:
            time.sleep(poll)


def main() -> int:
    """Serve the job of this pod."""
    words = argparse.ArgumentParser(prog="scf.worker.porter", description=__doc__)
    words.add_argument("--base", required=True, type=Path, help="the folder with run and shards")
    words.add_argument("--credentials", required=True, type=Path, help="the keys of the bucket")
    words.add_argument("--poll", type=float, default=2.0, help="seconds between two looks")
    given = words.parse_args()
    way = read(os.environ[WAY])
    if not isinstance(way, ByBucket):
        words.error(f"{WAY} names no bucket")
    at = place_of(os.environ["RUNPOD_POD_ID"])
    try:
        files = replace(way, at=at, credentials=given.credentials).open()
        serve(Porter(files, given.base), given.poll)
    except (SovereignError, OSError) as error:
        print(error, file=sys.stderr)
        return Exit.FAILED
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
