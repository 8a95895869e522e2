"""RunPod's REST API for pods, version 1: list, create, delete (https://rest.runpod.io/v1/docs)."""

import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from scf.worker.runner import RunnerError
from scf.worker.secret import read_secret

_MOST = 16 << 20
_TRIES = 4
_LONGEST_PAUSE = 10.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RunPodError(RunnerError):
    """RunPod did not do what it was asked for."""

    code = "SCF035"


class UnclearError(RunPodError):
    """RunPod may have done it, or do it yet: it did not say."""

    code = "SCF036"


class Pod(BaseModel):
    """A rented machine, as far as it matters here."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    name: str = ""
    status: str = Field(alias="desiredStatus", default="")
    dollars_an_hour: float = Field(alias="costPerHr", ge=0)
    started: str | None = Field(alias="lastStartedAt", default=None)
    address: str | None = Field(alias="publicIp", default=None)
    ports: dict[str, int] | None = Field(alias="portMappings", default=None)

    def since(self, now: float) -> float:
        """When it was started, seconds since 1970; not later than `now`."""
        try:
            return min(now, datetime.fromisoformat(self.started or "").timestamp())
        except ValueError:
            return now


_PODS = TypeAdapter(list[Pod])


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    after: float | None


def one_gpu(
    image: str, gpus: Iterable[str], *, gigabytes: int, port: int, env: Mapping[str, str]
) -> dict[str, JsonValue]:
    """What is asked for: a pod with one GPU of these kinds, entered at `port`, and nobody else's."""
    return {
        "imageName": image,
        "computeType": "GPU",
        "cloudType": "SECURE",
        "gpuTypeIds": list(gpus),
        "gpuCount": 1,
        "containerDiskInGb": gigabytes,
        "volumeInGb": 0,
        "ports": [f"{port}/tcp"],
        "supportPublicIp": True,
        "interruptible": False,
        "env": dict(env),
    }


class RunPodApi:
    """An account; its key is in `key_file`. `pause` waits, by seconds, before a request is repeated."""

    def __init__(
        self,
        key_file: Path,
        *,
        endpoint: str = "https://rest.runpod.io/v1",
        timeout: float = 20.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(endpoint)
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.hostname is None or not (
            parts.scheme == "https" or (parts.scheme == "http" and local)
        ):
            raise RunPodError(f"{endpoint}: not an https address; the key would go unencrypted")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._key_file = key_file
        self._timeout = timeout
        self._pause = pause

    def pods(self, name: str | None = None) -> list[Pod]:
        """The pods of this name, or all, by id. Raises RunPodError."""
        query = f"?name={quote(name, safe='')}" if name else ""
        answer = self._repeat("GET", f"/pods{query}")
        try:
            found = _PODS.validate_json(self._whole(answer, HTTPStatus.OK).body)
        except ValidationError:
            raise RunPodError("RunPod's list of pods cannot be read") from None
        gone = ("TERMINATED",)
        listed = [pod for pod in found if pod.status not in gone and name in (None, pod.name)]
        return sorted(listed, key=lambda pod: pod.id)

    def create(self, name: str, wanted: dict[str, JsonValue]) -> Pod:
        """The pod of this name, rented when there is none.

        Raises UnclearError when one may have been rented all the same, RunPodError.
        """
        for number in range(_TRIES):
            if pods := self.pods(name):
                return pods[0]
            try:
                answer = self._ask("POST", "/pods", {"name": name, **wanted})
            except (OSError, http.client.HTTPException):
                return self._found(name)
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:  # so nothing was rented
                self._wait(number, answer.after)
                continue
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return self._found(name)
            try:
                return Pod.model_validate_json(self._whole(answer, HTTPStatus.CREATED).body)
            except ValidationError:
                return self._found(name)
        raise RunPodError("RunPod is asked too often")

    def delete(self, pod: str) -> None:
        """Give a pod back; one that is gone already is no error. Raises RunPodError."""
        if not _ID.fullmatch(pod):
            raise RunPodError(f"no pod's id: {pod!r}")
        answer = self._repeat("DELETE", f"/pods/{pod}")
        if answer.status != HTTPStatus.NOT_FOUND:
            self._whole(answer, HTTPStatus.NO_CONTENT, HTTPStatus.OK)

    def _found(self, name: str) -> Pod:
        """Look whether a pod was rented though nobody said so."""
        for number in range(_TRIES):
            self._wait(number, None)
            if pods := self.pods(name):
                return pods[0]
        raise UnclearError(f"RunPod did not say whether it rented {name}")

    def _repeat(self, method: str, path: str) -> _Answer:
        """Ask, more than once where the trouble may pass: these requests may be repeated."""
        reason = "no answer"
        for number in range(_TRIES):
            after = None
            try:
                answer = self._ask(method, path)
            except (OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
            else:
                passing = answer.status == HTTPStatus.TOO_MANY_REQUESTS
                if not passing and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return answer
                reason, after = f"status {answer.status}", answer.after
            if number + 1 < _TRIES:
                self._wait(number, after)
        raise RunPodError(f"RunPod cannot be reached: {reason}")

    def _wait(self, number: int, after: float | None) -> None:
        self._pause(min(_LONGEST_PAUSE, max(0.5 * 2**number, after or 0.0)))

    def _ask(self, method: str, path: str, body: dict[str, JsonValue] | None = None) -> _Answer:
        headers = {"Authorization": f"Bearer {read_secret(self._key_file)}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        link = self._link()
        try:
            link.request(method, f"{self._path}{path}", data, headers)
            response = link.getresponse()
            text = response.read(_MOST)
            after = response.headers.get("Retry-After", "")
            seconds = float(after) if after.isascii() and after.isdigit() else None
            return _Answer(response.status, text, seconds)
        finally:
            link.close()

    def _link(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout, context=context
        )

    def _whole(self, answer: _Answer, *expected: int) -> _Answer:
        """The answer, if it has an expected status; what the server says otherwise, without the key."""
        if answer.status in expected:
            return answer
        said = (
            answer.body[:300].decode("utf-8", "replace").replace(read_secret(self._key_file), "…")
        )
        line = "".join(each for each in said if each.isprintable())
        raise RunPodError(f"RunPod answered {answer.status}: {line}")
