"""An outbox: episodes that a store could not take, kept in a file until it can.

Each record is a line of ASCII that begins with the character RS (RFC 7464) and the CRC-32 of the JSON
that follows. RS occurs nowhere else, so that after a damaged record the next one is found again.
"""

import base64
import errno
import fcntl
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from emily.cognition.memory.errors import EpisodeError, StoreError, StoreUnavailable
from emily.cognition.memory.record import Affect, Episode, from_microseconds, microseconds
from emily.files import replacing, sync_folder

_START = b"\x1e"
_MODE = 0o600
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}


class Outbox:
    """Episodes in the order in which they were appended, each on the disk before `append` returns.

    One process owns the file. A record that a crash cut short was never acknowledged and is dropped; so
    is one whose checksum is wrong, which `damaged` counts.
    """

    def __init__(self, path: str | os.PathLike[str], *, limit_bytes: int = 64 << 20) -> None:
        """Open or make the file, of `limit_bytes` at most.

        Raises StoreUnavailable when the disk cannot, StoreError when another process has it.
        """
        self._path = Path(path)
        self._limit_bytes = limit_bytes
        self._pending: dict[str, Episode] = {}
        self._written: set[str] = set()
        """Ids in the file, delivered or not."""
        self.damaged = 0
        """Records that were dropped at opening because of a wrong checksum."""
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be opened: {error.strerror}") from error
        try:
            self._own()
            self._end = self._read()
        except BaseException:
            os.close(self._file)
            raise

    def __len__(self) -> int:
        return len(self._pending)

    def __contains__(self, episode_id: object) -> bool:
        return episode_id in self._pending

    def pending(self) -> list[Episode]:
        """The episodes that wait, the oldest first."""
        return list(self._pending.values())

    def get(self, episode_id: str) -> Episode | None:
        """The episode with this id, if it waits."""
        return self._pending.get(episode_id)

    def append(self, episode: Episode) -> None:
        """Keep an episode. Raises StoreUnavailable, and keeps nothing of it, when there is no room."""
        self._write({"put": _to_json(episode)})
        self._written.add(episode.id)
        self._pending[episode.id] = episode

    def delivered(self, episode_id: str) -> None:
        """No longer wait for this one. When none is left, the file is emptied.

        Until then it stays in the file: after a crash it waits again.
        """
        self._pending.pop(episode_id, None)
        if not self._pending and self._end:
            with self._told():
                os.ftruncate(self._file, 0)
                self._end = 0
                self._written.clear()
                os.fsync(self._file)

    def forget(self, episode_id: str) -> bool:
        """Drop an episode so that no crash brings it back; False when it did not wait."""
        if episode_id in self._written:
            self._write({"drop": episode_id})
            self._written.discard(episode_id)
        waited = episode_id in self._pending
        self.delivered(episode_id)
        return waited

    def close(self) -> None:
        """Give up the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __repr__(self) -> str:
        return f"Outbox({str(self._path)!r}, {len(self)} pending)"

    def _own(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"{self._path} is in use by another process") from None
        with self._told():
            sync_folder(self._path.parent)

    def _read(self) -> int:
        """Take what is whole; cut off what follows the last whole record; returns where that ends."""
        with self._told():
            data = self._path.read_bytes()
        end, start = 0, data.find(_START)
        while start >= 0:
            newline = data.find(b"\n", start)
            if self._take(data[start + 1 : newline + 1]):
                end = newline + 1
                start = data.find(_START, end)
            else:
                start = data.find(_START, start + 1)
                self.damaged += start >= 0  # the last one was cut short
        with self._told():
            os.ftruncate(self._file, end)
        return end

    def _take(self, record: bytes) -> bool:
        checksum, _, line = record.partition(b" ")
        if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(line):
            return False
        try:
            fields = json.loads(line)
            if "drop" in fields:
                self._pending.pop(fields["drop"], None)
                self._written.discard(fields["drop"])
            else:
                episode = _from_json(fields["put"])
                self._written.add(episode.id)
                self._pending[episode.id] = episode
        except (EpisodeError, KeyError, TypeError, ValueError):
            return False
        return True

    def _write(self, fields: dict[str, object]) -> None:
        record = _record(fields)
        if not os.fstat(self._file).st_nlink:  # somebody removed it: what is written would be lost
            self._compact()
        if self._end + len(record) > self._limit_bytes and len(self._written) > len(self._pending):
            self._compact()
        if self._end + len(record) > self._limit_bytes:
            raise StoreUnavailable(f"{self._path} is full: it may have {self._limit_bytes} bytes")
        with self._told():
            try:
                _write_all(self._file, record, self._end)
            except OSError:
                os.ftruncate(self._file, self._end)
                raise
            self._end += len(record)

    def _compact(self) -> None:
        """Replace the file by one that holds only what waits."""
        records = b"".join(_record({"put": _to_json(held)}) for held in self._pending.values())
        with self._told(), ExitStack() as unless_kept:
            with replacing(self._path, mode=_MODE) as new:
                file = os.dup(new.fileno())  # the lock is that of both, and outlives `new`
                unless_kept.callback(os.close, file)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                new.write(records)
            unless_kept.pop_all()
            os.close(self._file)
            self._file, self._end, self._written = file, len(records), set(self._pending)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _PASSING:
                raise StoreError(f"{self._path}: {error.strerror}") from error
            raise StoreUnavailable(f"{self._path} cannot be written: {error.strerror}") from error


def _record(fields: dict[str, object]) -> bytes:
    line = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
    return _START + b"%08x " % zlib.crc32(line) + line


def _write_all(file: int, data: bytes, offset: int) -> None:
    """Write and sync; raises OSError."""
    written = 0
    while written < len(data):
        written += os.pwrite(file, data[written:], offset + written)
    os.fsync(file)


def _to_json(episode: Episode) -> dict[str, object]:
    return {
        "id": episode.id,
        "timestamp_us": microseconds(episode.timestamp),
        "content": episode.content,
        "affect": list(episode.affect),
        "embedding": base64.b64encode(episode.embedding.astype("<f4").tobytes()).decode(),
        "context": episode.context,
    }


def _from_json(fields: dict[str, object]) -> Episode:
    """The episode that `_to_json` wrote; raises EpisodeError, KeyError, TypeError or ValueError."""
    time_us, affect, context = fields["timestamp_us"], fields["affect"], fields["context"]
    if not (isinstance(time_us, int) and isinstance(affect, list) and isinstance(context, dict)):
        raise TypeError("fields of other types")
    embedding = base64.b64decode(str(fields["embedding"]), validate=True)
    return Episode(
        id=str(fields["id"]),
        timestamp=from_microseconds(time_us),
        content=str(fields["content"]),
        affect=Affect(*affect),
        embedding=np.frombuffer(embedding, "<f4"),
        context=context,
    )
