"""RunPod's REST API for pods, version 2: list, create, delete.

As published: https://docs.runpod.io/api-reference-v2/overview, its OpenAPI schema 2.0.0 at
https://api.runpod.io/v2/openapi.json, and what tells it from version 1, which ends in 2026, at
https://docs.runpod.io/api-reference-v2/migrate-from-v1.
"""

import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from scf.worker.plain import plain
from scf.worker.runner import RunnerError
from scf.worker.secret import read_secret

_MOST = 16 << 20
_TRIES = 4
_LONGEST_PAUSE = 10.0
ENDPOINT = "https://api.runpod.io/v2"
PREFIX = "scf-"
"""What the names of our pods begin with."""
_NONE_OF_THIS_KIND = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN)
"""Of RunPod's answers, those that another kind of GPU may not meet: none is free, or not for us."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RunPodError(RunnerError):
    """RunPod did not do what it was asked for."""

    code = "SCF035"


class UnclearError(RunPodError):
    """RunPod may have done it, or do it yet: it did not say."""

    code = "SCF036"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Mapped(_Part):
    """A port of a pod, and where it is found from outside."""

    private: int | None = None
    public: int | None = Field(default=None, gt=0, lt=1 << 16)
    type: str = ""
    ip: str | None = None


class Runtime(_Part):
    """What a pod has while it runs."""

    ports: tuple[Mapped, ...] | None = None


class Pod(_Part):
    """A rented machine, as far as it matters here."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    name: str
    status: str
    dollars_an_hour: float = Field(alias="cost", ge=0)
    created: str = Field(alias="createdAt")
    started: str | None = Field(alias="startedAt", default=None)
    runtime: Runtime | None = None

    @property
    def coming(self) -> bool:
        """Whether it is on its way to run."""
        return self.status in ("PROVISIONING", "STARTING")

    def since(self, now: float) -> float:
        """When it was started, or else rented, seconds since 1970; not later than `now`."""
        try:
            return min(now, datetime.fromisoformat(self.started or self.created).timestamp())
        except ValueError:
            return now

    def place(self, port: int) -> tuple[str, int] | None:
        """The address and the port where this TCP port of the pod is found, None while it is nowhere."""
        for each in (self.runtime and self.runtime.ports) or ():
            if each.private == port and each.type == "tcp" and each.ip and each.public:
                return each.ip, each.public
        return None


class _Pods(_Part):
    pods: tuple[dict[str, JsonValue], ...]

    def ours(self) -> list[Pod]:
        """Those of ours; what else the account rents may be of any kind."""
        return [Pod.model_validate(pod) for pod in self.pods if _is_ours(pod.get("name"))]


class _Problem(_Part):
    """What went wrong (RFC 9457)."""

    detail: str
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    after: float | None


def one_pod(
    image: str, *, gigabytes: int, ports: Iterable[int], env: Mapping[str, str]
) -> dict[str, JsonValue]:
    """What is asked for: a pod in a data centre of RunPod's own, where pods have public addresses."""
    return {
        "image": image,
        "cloud": "SECURE",
        "disk": gigabytes,
        "ports": [f"{port}/tcp" for port in ports],
        "env": dict(env),
    }


class RunPodApi:
    """An account; its key is in `key_file`. `pause` waits, by seconds, before a request is repeated."""

    def __init__(
        self,
        key_file: Path,
        *,
        endpoint: str = ENDPOINT,
        timeout: float = 20.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(endpoint)
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.hostname is None or not (
            parts.scheme == "https" or (parts.scheme == "http" and local)
        ):
            raise RunPodError(f"{endpoint}: not an https address; the key would go unencrypted")
        if parts.path.rstrip("/").endswith("/v1"):
            raise RunPodError(
                f"{endpoint}: version 1 of the API, which RunPod ends", hint=f"use {ENDPOINT}"
            )
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._key_file = key_file
        self._timeout = timeout
        self._pause = pause

    def pods(self, name: str | None = None) -> list[Pod]:
        """The pods of this name, or all that are ours, by id. Raises RunPodError."""
        answer = self._repeat("GET", "/pods")
        try:
            found = _Pods.model_validate_json(self._whole(answer, HTTPStatus.OK).body).ours()
        except ValidationError:
            raise RunPodError("RunPod's list of pods cannot be read") from None
        there = (pod for pod in found if pod.status != "TERMINATED")
        return sorted((pod for pod in there if name in (None, pod.name)), key=lambda pod: pod.id)

    def create(self, name: str, wanted: Mapping[str, JsonValue], gpus: Sequence[str]) -> Pod:
        """The pod of this name, rented when there is none, with the first of these GPUs to be had.

        Raises UnclearError when one may have been rented all the same, RunPodError.
        """
        reason = "no kind of GPU is named"
        for gpu in gpus:
            body: dict[str, JsonValue] = {"name": name, **wanted, "gpu": {"id": gpu, "count": 1}}
            made = self._create(name, body)
            if isinstance(made, Pod):
                return made
            reason = f"{gpu}: {self._said(made)}"
        raise RunPodError(f"RunPod has no machine for {name}: {reason}")

    def _create(self, name: str, body: dict[str, JsonValue]) -> "Pod | _Answer":
        """The pod, or why there is none of this kind."""
        for number in range(_TRIES):
            if pods := self.pods(name):
                return pods[0]
            try:
                answer = self._ask("POST", "/pods", body)
            except (OSError, http.client.HTTPException):
                return self._found(name)
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:  # so nothing was rented
                self._wait(number, answer.after)
                continue
            if answer.status in _NONE_OF_THIS_KIND:
                return answer
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
        """The answer, if it has an expected status. Raises RunPodError with what is said otherwise."""
        if answer.status in expected:
            return answer
        raise RunPodError(f"RunPod answered {self._said(answer)}")

    def _said(self, answer: _Answer) -> str:
        """What the server says is wrong, without the key."""
        try:
            problem = _Problem.model_validate_json(answer.body)
            text = " ".join((problem.detail, *problem.errors))
        except ValidationError:
            text = answer.body.decode("utf-8", "replace")
        text = text.replace(read_secret(self._key_file), "…")
        return f"{answer.status}: {plain(text, 300)}"


def _is_ours(name: JsonValue) -> bool:
    return isinstance(name, str) and name.startswith(PREFIX)
