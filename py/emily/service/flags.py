"""Feature flags: a kill switch, and a rollout by a bucket that is the same in every process.

[enable_gflownet_v2]
enabled = true
rollout_percentage = 10
"""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from emily.contracts.base import Name
from emily.contracts.messages import Check

BUCKETS = 10_000
"""One bucket is .01 % of the entities."""


class FlagsError(ValueError):
    """A file of flags that cannot be used: which, where, and what is expected."""


class Flag(BaseModel):
    """A flag: off for everybody unless `enabled`, then on for a percentage, in steps of .01."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: Annotated[bool, Field(strict=True)] = False
    rollout_percentage: Annotated[float, Field(strict=True, ge=0, le=100)] = 100.0

    @field_validator("rollout_percentage")
    @classmethod
    def _in_steps(cls, percentage: float) -> float:
        if abs(percentage * 100 - round(percentage * 100)) > 1e-6:
            msg = "expected a percentage in steps of .01"
            raise ValueError(msg)
        return percentage

    @property
    def buckets(self) -> int:
        """How many of the buckets are on."""
        return round(self.rollout_percentage * BUCKETS / 100) if self.enabled else 0


_FLAGS = TypeAdapter(dict[Name, Flag])
_Stamp = tuple[int, int, int]


def bucket(flag: str, entity: str) -> int:
    """Return the bucket, from 0 to 9999, of an entity: another one for every flag.

    The first 8 bytes of SHA-256(flag NUL entity), a big-endian fraction of 2^64, times 10,000.
    """
    digest = hashlib.sha256(f"{flag}\0{entity}".encode()).digest()
    return int.from_bytes(digest[:8]) * BUCKETS >> 64


def read(path: Path) -> dict[str, Flag]:
    """Return the flags of a TOML file. FlagsError: it cannot be used."""
    try:
        return _FLAGS.validate_python(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        msg = f"{path}: expected UTF-8"
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: expected TOML: {error}"
    except ValidationError as error:
        first = error.errors()[0]
        msg = f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise FlagsError(msg)


class Flags:
    """The flags of a file, read again when it changes; without a file, every flag is off.

    FlagsError: the file cannot be used. One that goes bad later is refused: the flags before it stay
    in force, and `check` says so.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()
        self._stamp = _stamp(path) if path else None
        self._flags: Mapping[str, Flag] = MappingProxyType(read(path) if path else {})
        self._check = Check(ok=True, detail=f"{len(self._flags)} flags")

    def enabled(self, flag: str, entity: str | None = None) -> bool:
        """Tell whether a flag is on for an entity; without one, whether it is on for everybody."""
        found = self.current().get(flag)
        if found is None:
            return False
        if entity is None:
            return found.buckets == BUCKETS
        return bucket(flag, entity) < found.buckets

    def current(self) -> Mapping[str, Flag]:
        """Return the flags in force, after a look at the file."""
        if self._path is not None:
            with self._lock:
                self._refresh(self._path)
        return self._flags

    def check(self) -> Check:
        """Tell whether the flags in force are those of the file."""
        self.current()
        return self._check

    def _refresh(self, path: Path) -> None:
        stamp = _stamp(path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._flags = MappingProxyType(read(path))
        except FlagsError as error:
            self._check = Check(ok=False, detail=f"{error}; the flags before it stay in force")
        else:
            self._check = Check(ok=True, detail=f"{len(self._flags)} flags")


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
