"""A stub of RunPod's REST API on loopback: it keeps pods as the real one does, and misbehaves on order.

Its pods are in the shape of the published examples (`tests/scf/worker/runpod/*.json`); fields that the
published schema does not know are refused.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

RECORDED = Path(__file__).parent / "worker" / "runpod"
KEY = "rpa_a-secret-of-the-account"


@dataclass
class Account:
    """What is rented, was asked for, and goes wrong next.

    `trouble` is taken one a request: `429`, `500`, `drop` before anything is done, `lost` after it
    was, `slow` so that nobody waits for the answer, `garbage`, or `` for a request that goes well.
    """

    pods: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    created: list[dict[str, object]] = field(default_factory=list)
    trouble: deque[str] = field(default_factory=deque)
    trouble_creating: deque[str] = field(default_factory=deque)
    price: object = "0.74"
    hides: int = 0
    """So many lists come without what was rented last."""
    endpoint: str = ""

    def create(self, wanted: dict[str, object]) -> tuple[int, object]:
        known = set(json.loads((RECORDED / "create-fields.json").read_text())["fields"])
        if unknown := set(wanted) - known:
            return 400, {"error": f"unknown fields: {sorted(unknown)}"}
        if not wanted.get("imageName") or not wanted.get("gpuTypeIds"):
            return 400, {"error": "imageName and gpuTypeIds are needed"}
        pod = json.loads((RECORDED / "pod-starting.json").read_text())
        number = len(self.created) + 1
        pod |= {
            "id": f"pod{number:04d}",
            "name": wanted["name"],
            "image": wanted["imageName"],
            "env": wanted["env"],
            "ports": wanted["ports"],
            "costPerHr": self.price,
            "lastStartedAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        self.created.append(wanted)
        self.pods[pod["id"]] = pod
        return 201, pod

    def list(self, name: str | None) -> tuple[int, object]:
        if self.hides > 0:
            self.hides -= 1
            return 200, []
        return 200, [pod for pod in self.pods.values() if name in (None, pod["name"])]

    def delete(self, pod: str) -> tuple[int, object]:
        return (204, None) if self.pods.pop(pod, None) else (404, {"error": "pod not found"})

    def give_address(self, port: int = 2222) -> None:
        for pod in self.pods.values():
            pod |= {"publicIp": "127.0.0.1", "portMappings": {"2222": port}}


@contextmanager
def serving() -> Iterator[Account]:
    account = Account()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            account.asked.append(f"{self.command} {parts.path}")
            troubles = account.trouble_creating if self.command == "POST" else account.trouble
            trouble = troubles.popleft() if troubles else ""
            if trouble == "drop":
                return self._hang_up()
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self._say(401, {"message": f"no such key: {self.headers['Authorization']}"})
            if trouble in ("429", "500"):
                return self._say(int(trouble), {"error": "not now"})
            status, said = self._do(parts.path, parse_qs(parts.query), body)
            if trouble == "slow":
                time.sleep(1.5)
            if trouble in ("lost", "slow"):
                return self._hang_up()
            if trouble == "garbage":
                said = "<html>"
            return self._say(status, said)

        def _do(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, object]:
            if self.command == "POST" and path == "/v1/pods":
                return account.create(json.loads(body))
            if self.command == "GET" and path == "/v1/pods":
                return account.list(query.get("name", [None])[0])
            if self.command == "DELETE" and path.startswith("/v1/pods/"):
                return account.delete(path.removeprefix("/v1/pods/"))
            return 404, {"error": "no such path"}

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
    account.endpoint = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
