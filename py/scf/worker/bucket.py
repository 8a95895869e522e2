"""Pods that are reached by a bucket of S3: nothing enters them, and they prove themselves by its keys."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from scf.worker.errors import TransportError
from scf.worker.runner import RunnerError
from scf.worker.runpod_api import Pod
from scf.worker.s3 import keys
from scf.worker.way import ByBucket, written

WAY = "SCF_WAY"
_NOWHERE = Path("credentials")
"""A pod has a file of its own."""


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """A bucket; `credentials` is the file with the keys used here, `pod_credentials` with those of pods."""

    bucket: str
    prefix: str
    credentials: Path
    pod_credentials: Path
    endpoint: str | None = None
    region: str = "us-east-1"
    ports: ClassVar[tuple[int, ...]] = ()

    def environment(self, name: str) -> dict[str, str]:
        """What the image needs to reach the bucket. Raises RunnerError."""
        del name
        if find_spec("pyarrow") is None:
            raise RunnerError(
                "files go by a bucket with pyarrow, which is not installed",
                hint="install the extra parquet, or name an ssh_key_file",
            )
        try:
            access, secret = keys(self.pod_credentials)
        except TransportError as error:
            raise RunnerError(error.message) from None
        return {
            WAY: written(self._way("", _NOWHERE)),
            "AWS_ACCESS_KEY_ID": access,
            "AWS_SECRET_ACCESS_KEY": secret,
        }

    def way(self, pod: Pod) -> ByBucket:
        """How files go to and from a pod."""
        return self._way(place_of(pod.id), self.credentials.absolute())

    def forget(self, name: str) -> None:
        """Nothing is kept for a pod."""

    def _way(self, at: str, credentials: Path) -> ByBucket:
        return ByBucket(self.bucket, self.prefix, at, credentials, self.endpoint, self.region)


def place_of(pod: str) -> str:
    """Where the small files of the pod with this id are."""
    return f"pods/{pod}"
