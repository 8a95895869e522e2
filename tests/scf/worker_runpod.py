"""A stub of RunPod's REST API, version 2, on loopback: it keeps pods as the real one does, and misbehaves on order.

Its pods are in the shape of the published examples (`tests/scf/worker/runpod/*.json`); fields that the
published schema does not know are refused.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

RECORDED = Path(__file__).parent / "worker" / "runpod"
KEY = "rpa_a-secret-of-the-account"


@dataclass
class Account:
    """What is rented, was asked for, and goes wrong next; of the GPUs in `none` there is none.

    `trouble` is taken one a request: `429`, `500`, `drop` before anything is done, `lost` after it
    was, `slow` so that nobody waits for the answer, `garbage`, or `` for a request that goes well.
    """

    pods: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    created: list[dict[str, object]] = field(default_factory=list)
    trouble: deque[str] = field(default_factory=deque)
    trouble_creating: deque[str] = field(default_factory=deque)
    none: set[str] = field(default_factory=set)
    price: object = 0.74
    hides: int = 0
    """So many lists come without what was rented last."""
    endpoint: str = ""

    def create(self, wanted: dict[str, object]) -> tuple[int, object]:
        known = json.loads((RECORDED / "create-fields.json").read_text())
        gpu = wanted.get("gpu")
        assert isinstance(gpu, dict)
        errors = [
            f"$: additional properties '{name}' not allowed"
            for name in [*(set(wanted) - set(known["fields"])), *(set(gpu) - set(known["gpu"]))]
        ]
        errors += [
            f"$: missing property '{name}'" for name in ("name", "image") if name not in wanted
        ]
        if errors:
            return problem(422, "Request validation failed.", errors)
        if gpu["id"] in self.none:
            return problem(400, "There are no longer any instances available.")
        pod = json.loads((RECORDED / "pod-starting.json").read_text())
        number = len(self.created) + 1
        pod |= wanted | {
            "id": f"pod{number:04d}",
            "cost": self.price,
            "createdAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        self.created.append(wanted)
        self.pods[pod["id"]] = pod
        return 201, pod

    def list(self) -> tuple[int, object]:
        if self.hides > 0:
            self.hides -= 1
            return 200, {"pods": []}
        return 200, {"pods": list(self.pods.values())}

    def delete(self, pod: str) -> tuple[int, object]:
        return (204, None) if self.pods.pop(pod, None) else problem(404, "pod not found")

    def run(self, port: int | None = None) -> None:
        """Let the pods run, where 2222 is found at `port`, or nowhere yet."""
        mapped = {"private": 2222, "public": port, "type": "tcp", "ip": "127.0.0.1"}
        for pod in self.pods.values():
            ports = [] if port is None else [mapped]
            pod |= {"status": "RUNNING", "runtime": {"uptime": 1, "ports": ports}}

    def give_address(self, port: int = 2222) -> None:
        self.run(port)


def problem(status: int, detail: str, errors: Sequence[str] = ()) -> tuple[int, object]:
    """What is wrong, as RFC 9457 has it."""
    said = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return status, said | ({"errors": list(errors)} if errors else {})


@contextmanager
def serving() -> Iterator[Account]:
    account = Account()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            path = urlsplit(
                self.path
            ).path  # as the real one does: what is asked beyond it is ignored
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            account.asked.append(f"{self.command} {path}")
            troubles = account.trouble_creating if self.command == "POST" else account.trouble
            trouble = troubles.popleft() if troubles else ""
            if trouble == "drop":
                return self._hang_up()
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self._say(*problem(401, f"no such key: {self.headers['Authorization']}"))
            if trouble in ("429", "500"):
                return self._say(*problem(int(trouble), "not now"))
            status, said = self._do(path, body)
            if trouble == "slow":
                time.sleep(1.5)
            if trouble in ("lost", "slow"):
                return self._hang_up()
            if trouble == "garbage":
                said = "<html>"
            return self._say(status, said)

        def _do(self, path: str, body: bytes) -> tuple[int, object]:
            if self.command == "POST" and path == "/v2/pods":
                return account.create(json.loads(body))
            if self.command == "GET" and path == "/v2/pods":
                return account.list()
            if self.command == "DELETE" and path.startswith("/v2/pods/"):
                return account.delete(path.removeprefix("/v2/pods/"))
            return problem(404, "no such path")

        def _say(self, status: int, said: object) -> None:
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            if status == 429:
                self.send_header("Retry-After", "3")
            self.end_headers()
            self.wfile.write(text)

        def _hang_up(self) -> None:
            self.close_connection = True

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names are http.server's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    account.endpoint = f"http://127.0.0.1:{server.server_address[1]}/v2"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
