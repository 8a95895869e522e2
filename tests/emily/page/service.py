"""What serves the page in its tests: its files, a stream of snapshots, and answers to what it posts."""

import json
import mimetypes
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from emily import service as floor
from emily.contracts.snapshot import Snapshot

FOLDER = Path(floor.__path__[0]) / "page"
POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "base-uri 'none'",
        "form-action 'none'",
    )
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    token: str | None
    body: object


@dataclass
class Answer:
    status: int
    body: object


@dataclass
class Service:
    """Stopping it cuts every stream; starting it again takes the same port."""

    port: int = 0
    streams: bool = True
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    _state: str = ""
    _version: int = 0
    _running: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        service = self

        class Bound(_Handler):
            of = service

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Bound)
        self._server.daemon_threads = True
        self._server.block_on_close = True
        self.port = self._server.server_port
        self._running = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._running = False
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def send(self, state: Snapshot | Mapping[str, object] | str) -> None:
        """Let the page see a snapshot, a JSON object, or a text that is none."""
        if isinstance(state, Snapshot):
            state = state.model_dump_json()
        with self._changed:
            self._state = state if isinstance(state, str) else json.dumps(state)
            self._version += 1
            self._changed.notify_all()

    def posted(self, path: str) -> list[object]:
        return [each.body for each in self.requests if each.method == "POST" and each.path == path]

    def follow(self, write: Callable[[bytes], None]) -> None:
        """Write every state there is to come, until the service stops or the reader goes."""
        seen = -1
        while True:
            with self._changed:
                while self._running and self._version == seen:
                    self._changed.wait()
                if not self._running:
                    return
                seen, state = self._version, self._state
            if state:
                write(b"event: state\ndata: " + state.encode() + b"\n\n")


class _Handler(BaseHTTPRequestHandler):
    of: ClassVar[Service]
    timeout = 5

    def log_message(self, *_args: object) -> None:
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        self._note(None)
        answer = self.of.answers.get(self.path)
        if answer is not None:
            self._json(answer.status, answer.body)
        elif self.path == "/api/v1/events" and self.of.streams:
            self._head(200, "text/event-stream")
            with suppress(ConnectionError, TimeoutError):
                self.of.follow(self._write)
        elif self.path == "/api/v1/state":
            self._reply(200, "application/json", self.of._state.encode())
        else:
            self._file(self.path.removeprefix("/") or "index.html")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._note(json.loads(self.rfile.read(length)))
        answer = self.of.answers.get(self.path, Answer(404, {"detail": "Not Found"}))
        self._json(answer.status, answer.body)

    def _note(self, body: object) -> None:
        token = self.headers["Authorization"]
        self.of.requests.append(Request(self.command, self.path, token, body))

    def _file(self, name: str) -> None:
        known = {file.name: file for file in FOLDER.iterdir()}
        if name not in known:
            self._json(404, {"detail": "Not Found"})
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._reply(200, kind, known[name].read_bytes())

    def _json(self, status: int, body: object) -> None:
        self._reply(status, "application/json", json.dumps(body).encode())

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        with suppress(ConnectionError):
            self._head(status, kind)
            self._write(body)

    def _head(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Connection", "close")
        self.end_headers()

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()


def wait_until(true: Callable[[], bool], timeout_s: float = 10) -> None:
    """Wait for what another thread does. Raises TimeoutError."""
    end = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
