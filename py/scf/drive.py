"""The drive: six partitions, as folders with quotas, that only `Drive.make` ever makes.

An unmounted drive leaves an empty mount point. Because nothing but `make` makes a partition, whatever
is written then fails instead of filling the disk below.
"""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from io import BufferedWriter
from pathlib import Path

from emily.files import replacing, sync_folder
from scf.errors import DriveError, QuotaError

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE)
_AGAIN_S = 300.0
"""Others write too: what a partition holds is looked at again after this long."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Partition(StrEnum):
    """The folders of a drive."""

    FOSSIL_VAULT = "fossil_vault"
    ENERGY_ATLAS = "energy_atlas"
    MODEL_ZOO = "model_zoo"
    RELEASE_HISTORY = "release_history"
    ATTESTATIONS = "attestations"
    SYSTEM_CACHE = "system_cache"


SHARES = {
    Partition.FOSSIL_VAULT: 47.5,
    Partition.ENERGY_ATLAS: 19.0,
    Partition.MODEL_ZOO: 9.5,
    Partition.RELEASE_HISTORY: 6.5,
    Partition.ATTESTATIONS: 6.5,
    Partition.SYSTEM_CACHE: 6.0,
}
"""Per cent of the drive's size; the rest is the file system's reserve."""


class Drive:
    """A drive that is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._used: dict[Partition, int] = {}
        self._looked: dict[Partition, float] = {}

    @classmethod
    def make(cls, root: Path) -> "Drive":
        """Make the partitions that are missing. Raises DriveError."""
        with guarded(root):
            for partition in Partition:
                (root / partition).mkdir(parents=True, exist_ok=True)
            sync_folder(root)
        return cls(root)

    @classmethod
    def open(cls, root: Path) -> "Drive":
        """The drive at `root`. Raises DriveError when a partition is missing there."""
        drive = cls(root)
        drive.check()
        return drive

    def check(self) -> None:
        """Raise DriveError when the drive is gone."""
        missing = [partition for partition in Partition if not (self.root / partition).is_dir()]
        if missing:
            raise DriveError(
                f"{self.root} is no drive of SCF's: {', '.join(missing)} missing there",
                hint="mount it; a partition that is lost for good is a folder to make by hand",
            )

    def folder(self, partition: Partition, *names: str) -> Path:
        """A folder below a partition, made when it is missing. Raises DriveError."""
        path = self.root / partition
        with guarded(self.root):
            for name in names:
                path /= name
                if not path.is_dir():
                    path.mkdir(exist_ok=True)  # not its parents: the partition must be there
                    sync_folder(path.parent)
        if not names and not path.is_dir():
            self.check()
        return path

    def quota(self, partition: Partition) -> int:
        """The bytes that a partition may hold."""
        with guarded(self.root):
            return int(shutil.disk_usage(self.root).total * SHARES[partition] / 100)

    def used(self, partition: Partition) -> int:
        """The bytes of the files in a partition: as of a look some minutes ago, and what was admitted since."""
        now = time.monotonic()
        if partition not in self._used or now - self._looked[partition] > _AGAIN_S:
            with guarded(self.root):
                self._used[partition] = _size(self.root / partition)
            self._looked[partition] = now
        return self._used[partition]

    def admit(self, partition: Partition, size: int) -> None:
        """Count `size` bytes that are about to be written. Raises QuotaError, DriveError."""
        quota, used = self.quota(partition), self.used(partition)
        if used + size > quota:  # unless what others removed meanwhile makes room
            del self._used[partition]
            used = self.used(partition)
        if used + size > quota:
            raise QuotaError(
                f"{partition} holds {used} of its {quota} bytes; {size} more do not fit",
                hint="remove what is no longer needed, or use a larger drive",
            )
        self._used[partition] = used + size

    @contextmanager
    def replacing(self, path: Path) -> Iterator[BufferedWriter]:
        """A file that takes the place of `path` at the end, on the disk then, or leaves all as it was.

        Raises DriveError.
        """
        with guarded(self.root), replacing(path) as file:
            yield file

    def write(self, path: Path, data: bytes) -> None:
        """Replace a file as a whole, on the disk when this returns. Raises QuotaError, DriveError."""
        with guarded(self.root):
            replaced = path.stat().st_size if path.exists() else 0
        self.admit(self._partition(path), len(data) - replaced)
        with self.replacing(path) as file:
            file.write(data)

    def _partition(self, path: Path) -> Partition:
        return Partition(path.relative_to(self.root).parts[0])


@contextmanager
def guarded(root: Path) -> Iterator[None]:
    """Turn the errors of a drive that is gone, full or read-only into DriveError.

    Others, a permission for instance, become DriveError too: the message is the system's.
    """
    try:
        yield
    except OSError as error:
        name = Path(os.fsdecode(error.filename)).name if error.filename else ""
        if error.errno in _FULL:
            raise DriveError(f"the drive at {root} is full", hint="make room there") from error
        if error.errno in _GONE and not all((root / each).is_dir() for each in Partition):
            raise DriveError(f"the drive at {root} is gone", hint="mount it again") from error
        detail = f"{name}: {error.strerror}" if name else str(error.strerror)
        raise DriveError(f"the drive at {root}: {detail}") from error


def _size(folder: Path) -> int:
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(path) / name).lstat().st_size
            except FileNotFoundError:  # replaced meanwhile
                continue
    return total
