"""Ways to machines: what a transport is made of, told to another process without anything secret."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from scf.worker.rsync import Login, RsyncTransport
from scf.worker.s3 import S3Transport
from scf.worker.transport import Transport


@dataclass(frozen=True, slots=True)
class ByRsync:
    """By rsync over ssh, to the folder `base` there."""

    login: Login
    base: str
    kind: Literal["rsync"] = "rsync"

    def open(self) -> Transport:
        """Raises TransportError."""
        return RsyncTransport(self.login, self.base)


@dataclass(frozen=True, slots=True)
class ByBucket:
    """By a bucket of S3, in the place `at` there; `credentials` is a file."""

    bucket: str
    prefix: str
    at: str
    credentials: Path
    endpoint: str | None = None
    region: str = "us-east-1"
    kind: Literal["bucket"] = "bucket"

    def open(self) -> S3Transport:
        """Raises TransportError, RunnerError."""
        return S3Transport(
            self.bucket,
            self.prefix,
            at=self.at,
            credentials=self.credentials,
            endpoint=self.endpoint,
            region=self.region,
        )


Way = ByRsync | ByBucket
_WAY: TypeAdapter[Way] = TypeAdapter(Way)


def written(way: Way) -> str:
    """The way as JSON: an argument of a program."""
    return _WAY.dump_json(way).decode()


def read(text: str) -> Way:
    """The way that `written` wrote."""
    return _WAY.validate_json(text)
